//! The thread a loop runs on is lent: by Node, which may want it back without a word to the runtime.
//!
//! A worker thread that ends by `terminate()` or at the end of the process runs no more JavaScript; whoever ends it
//! waits for the loop to return. What is left to be noticed is its event queue, which gets a last entry.

/// What the loop needs to know about the thread's owner.
pub struct HostThread {
    /// Becomes readable when something is waiting in the thread's own event queue.
    #[cfg(unix)]
    pub queue: std::os::fd::RawFd,
    /// Whether the thread is to end.
    pub is_terminating: Box<dyn Fn() -> bool>,
}
