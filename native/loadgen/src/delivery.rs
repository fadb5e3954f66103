//! Parses the reply subject of a message from a consumer, which has its sequence numbers.

/// `$JS.ACK.[domain.account.]stream.consumer.delivered.streamSeq.consumerSeq.time.pending[.random]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delivery {
    /// The sequence number in the stream.
    pub stream_sequence: u64,
    /// The sequence number of the delivery at the consumer.
    pub consumer_sequence: u64,
}

impl Delivery {
    /// `None` when the reply is of another kind.
    pub fn parse(reply: &[u8]) -> Option<Self> {
        let rest = reply.strip_prefix(b"$JS.ACK.")?;
        // The short form has seven tokens after the prefix, the long one two or three more.
        let at = if rest.iter().filter(|b| **b == b'.').count() == 6 {
            3
        } else {
            5
        };
        let mut tokens = rest.split(|b| *b == b'.').skip(at);
        let mut number = || std::str::from_utf8(tokens.next()?).ok()?.parse().ok();
        Some(Self {
            stream_sequence: number()?,
            consumer_sequence: number()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms() {
        let told = Some(Delivery {
            stream_sequence: 44,
            consumer_sequence: 33,
        });
        assert_eq!(Delivery::parse(b"$JS.ACK.S.C.1.44.33.1700000000.5"), told);
        assert_eq!(
            Delivery::parse(b"$JS.ACK.hub.ACCHASH.S.C.1.44.33.1700000000.5.tok"),
            told
        );
        assert_eq!(Delivery::parse(b"$JS.ACK.hub.ACCHASH.S.C.1.44.33.1700000000.5"), told);
        assert_eq!(Delivery::parse(b"_INBOX.a.b"), None);
    }
}
