//! Events for the control plane: many loops write, the main thread reads.

use nt_broker::{Event, LogLevel};
use parking_lot::Mutex;

/// One event of one broker.
pub type Mail = (u32, Event);

/// Log lines kept while nobody reads; more are counted, not kept.
const LINES_MAX: usize = 64 * 1024;
/// Bytes of log lines kept meanwhile: clients have a say in how long a line is.
const LINES_BYTES_MAX: usize = 16 << 20;

pub(crate) struct Mailbox {
    inner: Mutex<Inner>,
    wake: Box<dyn Fn() + Send + Sync>,
}

#[derive(Default)]
struct Inner {
    mails: Vec<Mail>,
    line_bytes: usize,
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
                if let Event::Log { text, .. } = &event {
                    if inner.mails.len() >= LINES_MAX || inner.line_bytes >= LINES_BYTES_MAX {
                        inner.lost = Some((broker, inner.lost.map_or(0, |(_, n)| n) + 1));
                        continue;
                    }
                    inner.line_bytes += text.len();
                }
                inner.mails.push((broker, event));
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
        inner.line_bytes = 0;
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

#[cfg(test)]
mod tests {
    use super::*;

    fn line(bytes: usize) -> Mail {
        let (level, text) = (LogLevel::Error, "x".repeat(bytes));
        (1, Event::Log { level, text })
    }

    #[test]
    fn long_lines_that_nobody_reads_are_counted_not_kept() {
        let mailbox = Mailbox::new(Box::new(|| ()));
        for _ in 0..20 {
            mailbox.post(vec![line(1 << 20), (1, Event::Stopped)]);
        }
        let mails = mailbox.take();
        let lines = mails.iter().filter(|(_, e)| matches!(e, Event::Log { .. })).count();
        assert_eq!((lines, mails.len() - lines), (16 + 1, 20));
        let Some((1, Event::Log { text, .. })) = mails.last() else {
            panic!("what was lost is told last")
        };
        assert!(text.starts_with("4 log lines were dropped"), "{text}");
        mailbox.post(vec![line(1)]);
        assert_eq!(mailbox.take().len(), 1, "there is room again");
    }
}
