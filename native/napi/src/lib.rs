//! The skin of the data plane: converts, calls, converts back.
//!
//! Owns the addon's exports and its allocator. No rule of the broker lives here.

use napi_derive::napi;

#[global_allocator]
static ALLOCATOR: mimalloc_safe::MiMalloc = mimalloc_safe::MiMalloc;

/// The version of this addon; the control plane refuses to work with another one than its own.
#[napi]
pub fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}
