//! The thread a loop runs on belongs to Node, which may terminate it without notice to the runtime.
//!
//! A worker thread that is ended by `terminate()` or at the end of the process runs no more JavaScript; Node waits for
//! the loop to return. The only sign is the thread's event queue, which gets a last entry.

/// What the loop needs to notice that its thread is terminated.
pub struct HostThread {
    /// Becomes readable when something is waiting in the thread's own event queue.
    #[cfg(unix)]
    pub queue: std::os::fd::RawFd,
    /// Whether the thread is to end.
    pub is_terminating: Box<dyn Fn() -> bool>,
}
