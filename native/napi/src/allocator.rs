//! Keeps the allocator sound when the thread that loaded the addon ends before the process.
//!
//! mimalloc takes the thread that loads it for the program's main thread. When that is a worker, the end of the worker
//! frees what the main thread owns, while the system gives the thread's identity to a later one, which then is taken
//! for the main thread and works on freed state. So the end of that thread is kept from mimalloc: its state stays, and
//! is taken over whole by a thread of the same identity.

/// To be called on every thread that loads the addon.
#[cfg(target_os = "linux")]
pub(crate) fn outlive_first_thread() {
    use std::ffi::{c_int, c_uint, c_void};
    use std::ptr::{null, null_mut};
    use std::sync::atomic::{AtomicPtr, Ordering};

    // SAFETY: the key is mimalloc's, made when the addon was loaded; the functions are the system's.
    unsafe extern "C" {
        static _mi_heap_default_key: c_uint;
        fn pthread_getspecific(key: c_uint) -> *mut c_void;
        fn pthread_setspecific(key: c_uint, value: *const c_void) -> c_int;
    }
    /// The heap of what mimalloc takes for the main thread.
    static MAIN: AtomicPtr<c_void> = AtomicPtr::new(null_mut());

    // Whoever allocates has a heap.
    drop(std::hint::black_box(Box::new(0_u8)));
    // SAFETY: reads and sets a value of this thread alone; null means that nothing is to be done at its end.
    unsafe {
        let own = pthread_getspecific(_mi_heap_default_key);
        let first = MAIN.compare_exchange(null_mut(), own, Ordering::Relaxed, Ordering::Relaxed);
        if first.is_ok_and(|_| !own.is_null()) || first == Err(own) {
            pthread_setspecific(_mi_heap_default_key, null());
        }
    }
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn outlive_first_thread() {}
