//! Prevents a use of freed allocator state when the thread that loaded the addon ends before the process.
//!
//! mimalloc regards the thread that loads it as the program's main thread. If that is a worker, its end frees the state
//! of the "main thread". The system later gives the same thread identity to another thread, which mimalloc then regards
//! as the main thread, and which would use the freed state. Therefore mimalloc is not notified of the end of that
//! thread: the state stays valid, and the later thread with the same identity takes it over.

/// Must be called on every thread that loads the addon.
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
    /// The heap of the thread that mimalloc regards as the main thread.
    static MAIN: AtomicPtr<c_void> = AtomicPtr::new(null_mut());

    // A thread that has allocated has a heap.
    drop(std::hint::black_box(Box::new(0_u8)));
    // SAFETY: reads and sets a thread-local value; null means that the destructor does not run at the thread's end.
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
