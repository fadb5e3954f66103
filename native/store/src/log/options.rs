//! What can be set about a log.

/// How a log is written.
#[derive(Debug, Clone, Copy)]
pub struct LogOptions {
    /// How long its files are.
    pub file_bytes: u64,
    /// A window is closed when it has so many bytes.
    pub window_bytes: usize,
    /// When the last commit has taken so long, the next one starts beside it.
    pub overlap_after_ns: u64,
    /// So many commits run at the same time.
    pub commits_max: usize,
    /// After so long without a commit the log notes that the last one was durable.
    pub mark_after_ns: u64,
    /// How long it takes until a failed file is replaced; doubled with each failure, up to `retry_max_ns`.
    pub retry_ns: u64,
    /// The longest wait between two attempts.
    pub retry_max_ns: u64,
}

impl Default for LogOptions {
    fn default() -> Self {
        Self {
            file_bytes: 64 << 20,
            window_bytes: 4 << 20,
            overlap_after_ns: 1_000_000,
            commits_max: 4,
            mark_after_ns: 10_000_000,
            retry_ns: 10_000_000,
            retry_max_ns: 1_000_000_000,
        }
    }
}
