//! Wakes a loop at a given time, with a finer resolution than the milliseconds of the poller's timeout.
//!
//! Linux has timers that can be polled; elsewhere the timeout of the poller is used.

#[cfg(target_os = "linux")]
mod system {
    use mio::unix::SourceFd;
    use mio::{Interest, Registry, Token};
    use rustix::time::{
        Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
    };
    use std::io;
    use std::os::fd::{AsRawFd, OwnedFd};

    /// A timer that causes a readable event.
    pub struct Timer(OwnedFd);

    impl Timer {
        pub fn new(registry: &Registry, token: Token) -> io::Result<Self> {
            let fd = timerfd_create(
                TimerfdClockId::Monotonic,
                TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC,
            )?;
            registry.register(&mut SourceFd(&fd.as_raw_fd()), token, Interest::READABLE)?;
            Ok(Self(fd))
        }

        /// Fires once after the given nanoseconds; replaces an earlier setting. It need not be read: setting it again
        /// causes a new edge.
        pub fn set(&self, after_ns: u64) -> bool {
            let value = Timespec {
                tv_sec: (after_ns / 1_000_000_000) as _,
                tv_nsec: (after_ns % 1_000_000_000) as _,
            };
            let never = Timespec { tv_sec: 0, tv_nsec: 0 };
            let once = Itimerspec {
                it_interval: never,
                it_value: value,
            };
            timerfd_settime(&self.0, TimerfdTimerFlags::empty(), &once).is_ok()
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use mio::{Registry, Token};
    use std::io;

    /// This system has no such timer.
    pub struct Timer;

    impl Timer {
        pub fn new(_: &Registry, _: Token) -> io::Result<Self> {
            Ok(Self)
        }

        pub fn set(&self, _after_ns: u64) -> bool {
            false
        }
    }
}

pub use system::Timer;

/// CPU time of the calling thread in nanoseconds; 0 where the system does not report it.
pub fn thread_cpu_ns() -> u64 {
    #[cfg(target_os = "linux")]
    {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
        time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
    }
    #[cfg(not(target_os = "linux"))]
    0
}
