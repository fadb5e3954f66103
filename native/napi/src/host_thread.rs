//! Finds out whether Node is terminating the worker thread that runs a loop, while that thread runs no JavaScript.
//!
//! To terminate a worker, Node adds an entry to its event queue; from then on every call into its JavaScript fails.
//! Both are visible from inside the blocked call: the queue's descriptor becomes readable, and a harmless call fails.

use napi::Env;
use nt_reactor::HostThread;

#[cfg(unix)]
pub(crate) fn of(env: Env) -> Option<HostThread> {
    use std::ffi::{c_int, c_void};

    // SAFETY: the signature of libuv's documented function, which every Node exports to addons.
    unsafe extern "C" {
        fn uv_backend_fd(queue: *const c_void) -> c_int;
    }
    let queue = env.get_uv_event_loop().ok()?;
    // SAFETY: the pointer is the running loop of this thread and outlives the call that blocks it.
    let queue = unsafe { uv_backend_fd(queue.cast_const().cast()) };
    (queue >= 0).then(|| HostThread {
        queue,
        is_terminating: Box::new(move || is_ending(&env)),
    })
}

#[cfg(not(unix))]
pub(crate) fn of(_env: Env) -> Option<HostThread> {
    None
}

/// Makes a call that fails while JavaScript is being terminated, and that runs no code of the user.
#[cfg(unix)]
fn is_ending(env: &Env) -> bool {
    use napi::sys;
    use std::ptr::null_mut;

    let mut scope = null_mut();
    let mut number = null_mut();
    let mut text = null_mut();
    // SAFETY: called on the thread of `env`, inside the native call it belongs to; the handles live in the scope.
    unsafe {
        if sys::napi_open_handle_scope(env.raw(), &mut scope) != sys::Status::napi_ok {
            return true;
        }
        let refused = sys::napi_create_uint32(env.raw(), 0, &mut number) != sys::Status::napi_ok
            || sys::napi_coerce_to_string(env.raw(), number, &mut text) != sys::Status::napi_ok;
        sys::napi_close_handle_scope(env.raw(), scope);
        refused
    }
}
