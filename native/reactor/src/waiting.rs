//! Waiting until a socket is ready, another loop wakes this one, or a timer is due.

use crate::host_thread::HostThread;
use crate::reactor::Reactor;
use crate::tokens::Source;
use mio::{Events, Interest};
use std::io;
use std::time::Duration;

/// Idle time after which buffers that only a burst needed are freed.
const IDLE: Duration = Duration::from_secs(2);

impl Reactor {
    #[cfg(unix)]
    pub(crate) fn watch_host(&self, host: Option<&HostThread>) -> io::Result<()> {
        let Some(host) = host else { return Ok(()) };
        let mut queue = mio::unix::SourceFd(&host.queue);
        let registry = self.event_loop.io().poll.registry();
        registry.register(&mut queue, Source::Host.token(), Interest::READABLE)?;
        // The thread may have been terminated before the queue was watched.
        self.check_host(Some(host));
        Ok(())
    }

    #[cfg(not(unix))]
    pub(crate) fn watch_host(&self, _host: Option<&HostThread>) -> io::Result<()> {
        Ok(())
    }

    pub(crate) fn check_host(&self, host: Option<&HostThread>) {
        if host.is_some_and(|host| (host.is_terminating)()) {
            self.runtime().stop();
        }
    }

    pub(crate) fn wait(&mut self, events: &mut Events) -> io::Result<()> {
        let busy = self.event_loop.is_busy() || self.event_loop.io().someone_waits();
        if busy {
            return self.poll(events, Some(Duration::ZERO));
        }
        let before = self.runtime().now_ns();
        if let Some(ns) = self.event_loop.io_mut().spin.begin() {
            let found = self.spin(events, before + ns)?;
            self.event_loop.io_mut().spin.spin_ended(found);
            if found {
                return Ok(());
            }
        }
        let may_sleep = self.event_loop.fall_asleep();
        let timeout = if may_sleep {
            self.until_next_timer()
        } else {
            Some(Duration::ZERO)
        };
        let outcome = self.poll(events, timeout);
        self.event_loop.wake_up();
        let slept = self.runtime().now_ns() - before;
        self.event_loop.io_mut().spin.slept(slept);
        if self.event_loop.has_spare_buffers() && events.is_empty() && timeout.is_some_and(|t| t >= IDLE) {
            self.event_loop.release_buffers();
        }
        outcome
    }

    /// Polls for something to do until that time. Returns whether something came.
    fn spin(&mut self, events: &mut Events, until_ns: u64) -> io::Result<bool> {
        loop {
            self.poll(events, Some(Duration::ZERO))?;
            if !events.is_empty() || self.event_loop.has_inbox_items() {
                return Ok(true);
            }
            if self.runtime().now_ns() >= until_ns {
                return Ok(false);
            }
        }
    }

    fn poll(&mut self, events: &mut Events, timeout: Option<Duration>) -> io::Result<()> {
        match self.event_loop.io_mut().poll.poll(events, timeout) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(()),
            outcome => outcome,
        }
    }

    fn until_next_timer(&self) -> Option<Duration> {
        let io = self.event_loop.io();
        let timers = [
            self.event_loop.next_timer(),
            io.next_accept_retry(),
            io.next_connect_deadline(),
        ];
        let next = timers.into_iter().flatten().min();
        let timer = next.map(|at| Duration::from_nanos(at.saturating_sub(self.runtime().now_ns())));
        // Poll waits in whole milliseconds and rounds up, so a timer is due when it returns.
        if self.event_loop.has_spare_buffers() {
            Some(timer.map_or(IDLE, |t| t.min(IDLE)))
        } else {
            timer
        }
    }
}
