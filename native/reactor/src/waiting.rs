//! Waiting for something to do: until a socket, another loop or a timer calls.

use crate::host_thread::HostThread;
use crate::reactor::Reactor;
use crate::runtime::HOST;
use mio::{Events, Interest};
use std::io;
use std::time::Duration;

/// Quiet time after which buffers kept for bursts are given back.
const IDLE: Duration = Duration::from_secs(2);

impl Reactor {
    #[cfg(unix)]
    pub(crate) fn watch_host(&self, host: Option<&HostThread>) -> io::Result<()> {
        let Some(host) = host else { return Ok(()) };
        let mut queue = mio::unix::SourceFd(&host.queue);
        self.poll.registry().register(&mut queue, HOST, Interest::READABLE)?;
        // It may have been wanted back before the queue was watched.
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
        let busy =
            !self.ready.is_empty() || !self.unfinished.is_empty() || self.shard.has_waiting() || self.someone_waits();
        if busy {
            return self.poll(events, Some(Duration::ZERO));
        }
        let before = self.runtime().now_ns();
        if let Some(ns) = self.spin.begin() {
            let found = self.look(events, before + ns)?;
            self.spin.spin_ended(found);
            if found {
                return Ok(());
            }
        }
        let may_sleep = self.runtime().inboxes[self.index()].fall_asleep();
        let timeout = if may_sleep {
            self.until_next_timer()
        } else {
            Some(Duration::ZERO)
        };
        let outcome = self.poll(events, timeout);
        self.runtime().inboxes[self.index()].wake_up();
        self.spin.slept(self.runtime().now_ns() - before);
        if !self.buffers_released && events.is_empty() && timeout.is_some_and(|t| t >= IDLE) {
            self.shard.shrink();
            self.buffers_released = true;
        }
        outcome
    }

    /// Looks for something to do until that moment. Returns whether something came.
    fn look(&mut self, events: &mut Events, until_ns: u64) -> io::Result<bool> {
        loop {
            self.poll(events, Some(Duration::ZERO))?;
            if !events.is_empty() || self.runtime().inboxes[self.index()].has_items() {
                return Ok(true);
            }
            if self.runtime().now_ns() >= until_ns {
                return Ok(false);
            }
        }
    }

    fn poll(&mut self, events: &mut Events, timeout: Option<Duration>) -> io::Result<()> {
        match self.poll.poll(events, timeout) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(()),
            outcome => outcome,
        }
    }

    fn until_next_timer(&self) -> Option<Duration> {
        let next = [self.shard.next_timer(), self.next_accept_retry()]
            .into_iter()
            .flatten()
            .min();
        let timer = next.map(|at| Duration::from_nanos(at.saturating_sub(self.runtime().now_ns())));
        // Poll waits in whole milliseconds and rounds up, so a timer that is due is never missed by a hair.
        if self.buffers_released {
            timer
        } else {
            Some(timer.map_or(IDLE, |t| t.min(IDLE)))
        }
    }
}
