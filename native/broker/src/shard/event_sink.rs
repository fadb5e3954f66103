//! Events for the control plane, until the loop takes them.
//!
//! Owns the events, the budget of log lines, and what is acknowledged after those events are reported: reloads
//! and endings.
//! Never drops an event that is no log line.

use crate::plan::reload::Reload;
use crate::shard::event::{Event, LogLevel};
use crate::state::{BrokerState, Ending};
use std::sync::Arc;

/// Bytes of log lines kept until the loop takes them: one read can cause any number of traces.
const LOG_BYTES_MAX: usize = 16 << 20;

/// Events by broker, in order.
#[derive(Debug, Default)]
pub(crate) struct EventSink {
    events: Vec<(u32, Event)>,
    /// Bytes of the log lines among them.
    log_bytes: usize,
    /// Log lines that found no room, and the broker of the last one.
    lost_lines: Option<(u32, u64)>,
    reloaded: Vec<Arc<Reload>>,
    ended: Vec<(Arc<BrokerState>, Ending)>,
}

impl EventSink {
    /// Keeps an event; a log line only while there is room.
    pub fn push(&mut self, broker: u32, event: Event) {
        debug_assert!(
            self.log_bytes == 0 || !self.events.is_empty(),
            "bytes are counted of lines that are kept"
        );
        if let Event::Log { text, .. } = &event {
            if self.log_bytes >= LOG_BYTES_MAX {
                return self.count_lost_lines(broker, 1);
            }
            // An empty line takes memory, too.
            self.log_bytes += text.len() + size_of::<Event>();
        }
        self.events.push((broker, event));
    }

    /// Counts log lines that were left out, to be reported with the next events.
    #[cold]
    pub fn count_lost_lines(&mut self, broker: u32, lines: u64) {
        let before = self.lost_lines.map_or(0, |(_, lines)| lines);
        self.lost_lines = Some((broker, before + lines));
    }

    /// A reload is over here.
    pub fn push_reloaded(&mut self, reload: Arc<Reload>) {
        self.reloaded.push(reload);
    }

    /// Something ended here of a broker that shuts down.
    pub fn push_ended(&mut self, broker: Arc<BrokerState>, ending: Ending) {
        debug_assert!(broker.is_shutting_down(), "endings count once a shutdown has begun");
        self.ended.push((broker, ending));
    }

    pub fn take_events(&mut self) -> Vec<(u32, Event)> {
        self.log_bytes = 0;
        if let Some((broker, lines)) = self.lost_lines.take() {
            let text = format!("{lines} log lines were dropped: too many came at once");
            let level = LogLevel::Warn;
            self.events.push((broker, Event::Log { level, text }));
        }
        std::mem::take(&mut self.events)
    }

    pub fn take_reloaded(&mut self) -> Vec<Arc<Reload>> {
        std::mem::take(&mut self.reloaded)
    }

    pub fn take_ended(&mut self) -> Vec<(Arc<BrokerState>, Ending)> {
        std::mem::take(&mut self.ended)
    }
}
