//! Events for the control plane: many loops write, the main thread reads.

use nt_broker::{Event, LogLevel};
use parking_lot::Mutex;

/// One event of one broker.
pub type Mail = (u32, Event);

/// Log lines kept while nobody reads; more are counted, not kept.
const LINES_MAX: usize = 64 * 1024;

pub(crate) struct Mailbox {
    inner: Mutex<Inner>,
    wake: Box<dyn Fn() + Send + Sync>,
}

#[derive(Default)]
struct Inner {
    mails: Vec<Mail>,
    /// Lines that found no room, and the broker of the last one.
    lost: Option<(u32, u64)>,
}

impl Mailbox {
    /// `wake` is called when the first mail after a reading arrives, from any thread.
    pub fn new(wake: Box<dyn Fn() + Send + Sync>) -> Self {
        Self {
            inner: Mutex::default(),
            wake,
        }
    }

    pub fn post(&self, mails: Vec<Mail>) {
        if mails.is_empty() {
            return;
        }
        let was_empty = {
            let mut inner = self.inner.lock();
            let was_empty = inner.mails.is_empty();
            for (broker, event) in mails {
                if matches!(event, Event::Log { .. }) && inner.mails.len() >= LINES_MAX {
                    inner.lost = Some((broker, inner.lost.map_or(0, |(_, n)| n) + 1));
                } else {
                    inner.mails.push((broker, event));
                }
            }
            was_empty
        };
        if was_empty {
            (self.wake)();
        }
    }

    pub fn take(&self) -> Vec<Mail> {
        let mut inner = self.inner.lock();
        let mut mails = std::mem::take(&mut inner.mails);
        if let Some((broker, lines)) = inner.lost.take() {
            let text = format!("{lines} log lines were dropped: the control plane was too busy to take them");
            mails.push((
                broker,
                Event::Log {
                    level: LogLevel::Warn,
                    text,
                },
            ));
        }
        mails
    }
}
