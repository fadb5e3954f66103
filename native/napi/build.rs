//! Tells the linker that Node provides the N-API symbols, and that the addon stays.

fn main() {
    napi_build::setup();
    // Node unloads an addon when the last thread that required it ends. Threads that outlive it still call the
    // allocator's farewell when they end, so its code has to remain.
    let unix = std::env::var_os("CARGO_CFG_UNIX").is_some();
    let macos = std::env::var("CARGO_CFG_TARGET_VENDOR").is_ok_and(|vendor| vendor == "apple");
    if unix && !macos {
        println!("cargo:rustc-link-arg-cdylib=-Wl,-z,nodelete");
    }
}
