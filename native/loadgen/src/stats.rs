//! What was sent and received in the measured part: by one connection, one loop or the whole run.

/// Counts, and when the first and the last of them went or came.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Stats {
    pub published: u64,
    pub delivered: u64,
    pub published_bytes: u64,
    pub delivered_bytes: u64,
    pub first_sent: Option<u64>,
    pub last_sent: Option<u64>,
    pub first_arrived: Option<u64>,
    pub last_arrived: Option<u64>,
    /// When the server was known to have read everything that was sent.
    pub taken: Option<u64>,
}

impl Stats {
    /// Adds the figures of others.
    pub fn add(&mut self, other: &Self) {
        self.published += other.published;
        self.delivered += other.delivered;
        self.published_bytes += other.published_bytes;
        self.delivered_bytes += other.delivered_bytes;
        self.first_sent = earlier(self.first_sent, other.first_sent);
        self.last_sent = self.last_sent.max(other.last_sent);
        self.first_arrived = earlier(self.first_arrived, other.first_arrived);
        self.last_arrived = self.last_arrived.max(other.last_arrived);
        self.taken = self.taken.max(other.taken);
    }

    /// Only the times: for messages that are counted elsewhere.
    pub fn times(self) -> Self {
        Self {
            published: 0,
            delivered: 0,
            published_bytes: 0,
            delivered_bytes: 0,
            ..self
        }
    }

    /// When the last message was received; without receivers, when the server had read it.
    pub fn ended(&self) -> Option<u64> {
        self.last_arrived.or(self.taken).max(self.last_sent)
    }
}

/// The earlier of two times, of which one may be missing.
pub fn earlier(a: Option<u64>, b: Option<u64>) -> Option<u64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_span_from_the_first_to_the_last() {
        let sender = Stats {
            published: 5,
            published_bytes: 50,
            first_sent: Some(10),
            last_sent: Some(20),
            taken: Some(30),
            ..Stats::default()
        };
        let receiver = Stats {
            delivered: 4,
            delivered_bytes: 40,
            first_arrived: Some(12),
            last_arrived: Some(25),
            ..Stats::default()
        };
        assert_eq!(sender.ended(), Some(30));
        let mut sum = Stats::default();
        sum.add(&receiver);
        sum.add(&sender);
        sum.add(&receiver.times());
        assert_eq!(
            (sum.published, sum.delivered, sum.published_bytes, sum.delivered_bytes),
            (5, 4, 50, 40)
        );
        assert_eq!(
            (sum.first_sent, sum.first_arrived, sum.ended()),
            (Some(10), Some(12), Some(25))
        );
    }
}
