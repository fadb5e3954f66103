//! The clock of a run: nanoseconds since the run was created; monotonic.

use std::time::Instant;

/// Copied to every loop; all read the same zero.
#[derive(Debug, Clone, Copy)]
pub struct Clock(Instant);

impl Clock {
    /// Starts at zero.
    pub fn new() -> Self {
        Self(Instant::now())
    }

    /// Nanoseconds since [`Clock::new`].
    #[inline]
    pub fn now(&self) -> u64 {
        self.0.elapsed().as_nanos() as u64
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new()
    }
}

/// Milliseconds of a plan as nanoseconds.
pub fn ms(ms: f64) -> u64 {
    (ms.max(0.0) * 1e6) as u64
}
