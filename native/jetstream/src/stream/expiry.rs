//! Messages that end because of their age or their TTL, and the markers they leave.

use super::checks::Rollup;
use super::{Stream, header_edit};
use crate::publish::{PublishHeaders, Ttl};
use nt_store::StoredMessage;

/// What is done at a time.
pub(super) const PORTION: usize = 1024;

impl Stream {
    /// Ends messages whose time has come, a portion of them. The time at which to call again, `None` if there is none.
    pub fn expire(&mut self, now_ns: i64) -> Option<i64> {
        let now = self.tick_clock(now_ns);
        self.expire_aged(now);
        for sequence in self.deadlines.take_due(now, PORTION) {
            self.end(sequence, now);
        }
        self.next_expiry()
    }

    /// When the next message ends, or may end.
    pub fn next_expiry(&self) -> Option<i64> {
        let aged = self
            .config
            .max_age_ns
            .zip(self.first_aging())
            .map(|(max, time)| time.saturating_add(max));
        match (aged, self.deadlines.next_due()) {
            (Some(aged), Some(due)) => Some(aged.min(due)),
            (aged, due) => aged.or(due),
        }
    }

    /// The time of the oldest message that ends by its age.
    fn first_aging(&self) -> Option<i64> {
        let sequence = self.contents.index().next_from(self.aged_from)?;
        self.contents.get(sequence).map(|message| message.time_ns)
    }

    fn expire_aged(&mut self, now: i64) {
        let Some(max) = self.config.max_age_ns else {
            return;
        };
        for _ in 0..PORTION {
            let Some(sequence) = self.contents.index().next_from(self.aged_from) else {
                return;
            };
            let Some(message) = self.contents.get(sequence) else {
                return;
            };
            if message.time_ns.saturating_add(max) > now {
                return;
            }
            self.aged_from = sequence + 1;
            if !never_ends(&message) {
                self.end(sequence, now);
            }
        }
    }

    /// Removes a message, or puts a marker in its place if it is the last one of its subject (STR-60).
    fn end(&mut self, sequence: u64, now: i64) {
        let Some(message) = self.contents.get(sequence) else {
            return;
        };
        let is_last = self
            .contents
            .subject(message.subject)
            .is_some_and(|state| state.messages == 1);
        if self.config.delete_marker_ttl_s == 0 || !is_last || is_marker(&message) {
            self.contents.remove(sequence);
            return;
        }
        let subject = message.subject.to_vec();
        let seconds = self.config.delete_marker_ttl_s;
        let lifetime = go_duration(seconds);
        let lines = [
            ("Nats-Marker-Reason", "MaxAge"),
            ("Nats-TTL", &lifetime),
            ("Nats-Rollup", "sub"),
        ];
        let block = header_edit::with_lines(b"", &lines);
        let marker = StoredMessage {
            sequence: self.totals().last_sequence + 1,
            time_ns: now,
            before: 0,
            subject: &subject,
            headers: &block,
            body: b"",
        };
        self.store(&marker, Some(Ttl::Seconds(seconds)), Some(Rollup::Subject));
    }
}

fn never_ends(message: &StoredMessage<'_>) -> bool {
    if message.headers.is_empty() {
        return false;
    }
    let ttl = PublishHeaders::find(message.headers).ttl.unwrap_or_default();
    Ttl::parse(ttl) == Ok(Some(Ttl::Never))
}

/// Whether a message stands for removed ones (STR-61).
fn is_marker(message: &StoredMessage<'_>) -> bool {
    let mut lines = message.headers.split(|&byte| byte == b'\n');
    lines.any(|line| line.starts_with(b"Nats-Marker-Reason:") || line.trim_ascii_end() == b"KV-Operation: PURGE")
}

/// Seconds as Go writes a duration: `1h0m5s`.
fn go_duration(seconds: u64) -> String {
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => format!("{rest}s"),
        (0, minutes) => format!("{minutes}m{rest}s"),
        (hours, minutes) => format!("{hours}h{minutes}m{rest}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::go_duration;

    #[test]
    fn seconds_are_written_as_go_writes_durations() {
        let written = [1, 60, 90, 3600, 3661, 86_400].map(go_duration);
        assert_eq!(written, ["1s", "1m0s", "1m30s", "1h0m0s", "1h1m1s", "24h0m0s"]);
    }
}
