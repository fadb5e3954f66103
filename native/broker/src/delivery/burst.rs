//! Bursts: consecutive messages of one publisher on one subject, without replies.
//!
//! Most messages of a fast stream are of this kind. They are found first and delivered together, subscriber by
//! subscriber: each subscriber is looked up once, and its frames are copied one after the other.

use crate::connection::table::Connections;
use crate::delivery::byte_range::ByteRange;
use crate::delivery::deliver::reserve;
use crate::delivery::frame::Frame;
use crate::delivery::resolved::{Resolved, Target};
use crate::delivery::{Delivery, Sender};
use crate::interest::Interest;
use crate::internal::NO_REACTOR;

/// One message of a burst: where its `size CRLF payload CRLF` is in the input, and the payload's size.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BurstFrame {
    pub start: u32,
    pub end: u32,
    pub size: u32,
}

impl BurstFrame {
    /// Its bytes.
    #[inline]
    pub fn range(self, data: &[u8]) -> ByteRange<'_> {
        ByteRange {
            text: data,
            start: self.start as usize,
            end: self.end as usize,
        }
    }

    /// The message by itself.
    fn alone(self, data: &[u8]) -> Frame<'_> {
        let size = self.size as usize;
        Frame {
            msg_tail: &data[self.start as usize..self.end as usize],
            hmsg_tail: None,
            msg_bytes: size,
            hmsg_bytes: size,
            reply: None,
        }
    }
}

/// A burst that was found: its messages, and the input they are in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Burst<'a> {
    pub data: &'a [u8],
    pub frames: &'a [BurstFrame],
}

/// Finds the messages at the start of `data` whose lines begin with `line`, at most `count` and about `bytes` of them.
/// Returns the bytes they take and the payload bytes among them. Stops at anything unusual: that is for the parser.
pub(crate) fn find(
    data: &[u8],
    line: &[u8],
    payload_max: usize,
    count: usize,
    bytes: usize,
    frames: &mut Vec<BurstFrame>,
) -> (usize, usize) {
    frames.clear();
    let (mut at, mut payload) = (0, 0);
    // The last message's whole line: the next one is mostly the same, size and all.
    let (mut header, mut size): (&[u8], usize) = (&[], 0);
    while frames.len() < count && at < bytes {
        let rest = &data[at..];
        if header.is_empty() || !rest.starts_with(header) {
            if !starts_with(rest, line) {
                break;
            }
            let Some((digits, announced)) = size_of(&rest[line.len()..]) else {
                break;
            };
            if announced > payload_max {
                break;
            }
            header = &rest[..line.len() + digits + 2];
            size = announced;
        }
        let end = header.len() + size + 2;
        if rest.len() < end || &rest[end - 2..end] != b"\r\n" {
            break;
        }
        frames.push(BurstFrame {
            start: (at + line.len()) as u32,
            end: (at + end) as u32,
            size: size as u32,
        });
        payload += size;
        at += end;
    }
    (at, payload)
}

/// Whether `text` starts with `line`. Subjects mostly differ at their end, so that is compared first.
#[inline]
pub(crate) fn starts_with(text: &[u8], line: &[u8]) -> bool {
    let last = line.len().saturating_sub(2);
    text.get(last) == line.get(last) && text.starts_with(line)
}

/// Digits and value of a size that is followed by CRLF.
fn size_of(text: &[u8]) -> Option<(usize, usize)> {
    let digits = text.iter().take(10).take_while(|byte| byte.is_ascii_digit()).count();
    let size = nt_protocol::parse_size(&text[..digits])?;
    text[digits..].starts_with(b"\r\n").then_some((digits, size))
}

impl Delivery {
    /// Delivers a burst to all targets. Returns the number of deliveries.
    pub fn deliver_burst(
        &mut self,
        connections: &mut Connections,
        interest: &Interest,
        resolved: &mut Resolved,
        from: Sender,
        burst: Burst<'_>,
    ) -> u32 {
        let mut delivered = 0;
        for index in 0..resolved.plain {
            delivered += self.deliver_burst_to(connections, interest, resolved, index, from, burst);
        }
        if !resolved.groups.is_empty() {
            for &frame in burst.frames {
                delivered +=
                    self.deliver_groups::<false>(connections, interest, resolved, from, frame.alone(burst.data));
            }
        }
        resolved.note_deliveries(delivered);
        delivered
    }

    fn deliver_burst_to(
        &mut self,
        connections: &mut Connections,
        interest: &Interest,
        resolved: &mut Resolved,
        index: usize,
        from: Sender,
        burst: Burst<'_>,
    ) -> u32 {
        let (target, prefixes) = resolved.target_mut(interest, index);
        if !from.echo && target.cid == from.cid {
            return 0;
        }
        let frames = if target.limited {
            let sub = interest.subscription(target.sub);
            let granted = burst
                .frames
                .iter()
                .take_while(|_| reserve(sub, target.sub, &mut self.exhausted))
                .count();
            &burst.frames[..granted]
        } else {
            target.delivered += burst.frames.len() as u32;
            burst.frames
        };
        let burst = Burst { frames, ..burst };
        let prefix = prefixes.msg_range(target);
        if target.location.reactor == self.reactor {
            self.stage_burst_here(connections, target, prefix, burst);
        } else {
            self.stage_burst_elsewhere(interest, target, prefix, burst);
        }
        frames.len() as u32
    }

    fn stage_burst_here(
        &mut self,
        connections: &mut Connections,
        target: &Target,
        prefix: ByteRange<'_>,
        burst: Burst<'_>,
    ) {
        let slot = target.location.slot;
        let conn = &mut connections[slot];
        if conn.out().len() > self.cut_above {
            return self.overflow(connections, slot);
        }
        self.staged_bytes += conn.queue_burst(prefix, burst, &mut self.pool);
        self.after_staging(connections, slot);
    }

    fn stage_burst_elsewhere(&mut self, interest: &Interest, target: &Target, prefix: ByteRange<'_>, burst: Burst<'_>) {
        if burst.frames.is_empty() {
            return;
        }
        if target.location.reactor == NO_REACTOR {
            for frame in burst.frames {
                let alone = frame.alone(burst.data);
                self.stage_nowhere(interest, target, prefix.bytes(), alone.msg_tail, alone.msg_bytes, None);
            }
            return;
        }
        let stage = &mut self.stages[usize::from(target.location.reactor)];
        let batch = stage.batch_for(interest, target, self.cut_above, &mut self.pool);
        if batch.is_full() {
            return;
        }
        batch.push_burst(prefix, burst, &mut self.pool);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(data: &[u8]) -> (usize, usize, Vec<(u32, u32, u32)>) {
        let mut frames = Vec::new();
        let (used, payload) = find(data, b"PUB a ", 10, 100, 1 << 20, &mut frames);
        (used, payload, frames.iter().map(|f| (f.start, f.end, f.size)).collect())
    }

    #[test]
    fn takes_whole_messages_of_the_same_subject_only() {
        assert_eq!(
            found(b"PUB a 2\r\nhi\r\nPUB a 2\r\nho\r\nPUB a 0\r\n\r\nPUB b 1\r\nx\r\n"),
            (37, 4, vec![(6, 13, 2), (19, 26, 2), (32, 37, 0)])
        );
    }

    #[test]
    fn leaves_everything_unusual_to_the_parser() {
        for unusual in [
            &b"PUB a r 2\r\nhi\r\n"[..],
            b"PUB a 2 3\r\nhi\r\n",
            b"PUB a  2\r\nhi\r\n",
            b"PUB a 2\nhi\r\n",
            b"PUB a 2\r\nhixx",
            b"PUB a 2\r\nhi\r",
            b"PUB a 11\r\n12345678901\r\n",
            b"PUB a 0000000002\r\nhi\r\n",
            b"PUB a \r\n\r\n",
            b"pub a 2\r\nhi\r\n",
            b"PUB a 2",
        ] {
            assert_eq!(found(unusual), (0, 0, vec![]), "{unusual:?}");
        }
        // Leading zeros are allowed in a size: they are passed on as they are.
        assert_eq!(found(b"PUB a 002\r\nhi\r\n").0, 15);
    }
}
