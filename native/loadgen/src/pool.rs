//! A large send buffer of messages that are composed once; before each pass only the stamps are changed, in place.
//!
//! For senders with one payload size and subjects in turn that fit into the buffer. Other senders compose each message.

use crate::message::Composer;
use crate::stamp::{Mark, Stamp};

/// Bytes sent with one write, about; less when many senders share the memory.
const POOL_BYTES: usize = 256 * 1024;
const POOL_BYTES_MIN: usize = 8 * 1024;
/// Memory of all pools together, about.
const POOLS_BYTES: usize = 64 << 20;

/// Ready messages, and what of them is on its way.
#[derive(Debug)]
pub struct Pool {
    bytes: Vec<u8>,
    /// Where each message ends.
    ends: Vec<u32>,
    size: usize,
    /// The next message to be stamped.
    next: usize,
    /// Stamped bytes not yet written.
    unsent: std::ops::Range<usize>,
}

impl Pool {
    /// The pool of one of `senders` senders. `None` if the plan does not allow one.
    pub fn new(composer: &Composer, senders: usize) -> Option<Self> {
        let room = (POOLS_BYTES / senders.max(1)).clamp(POOL_BYTES_MIN, POOL_BYTES);
        let size = composer.fixed_size()?;
        let mut composer = composer.clone();
        let count = composer
            .subjects()
            .in_turn()
            .then(|| composer.subjects().count() as usize)?;
        let blank = Stamp {
            sequence: 0,
            sender: 0,
            mark: Mark::of_run(0),
            time: None,
        };
        let (mut bytes, mut ends) = (Vec::new(), Vec::new());
        // A multiple of the number of subjects.
        while ends.len() % count != 0 || bytes.len() < room {
            composer.push(&mut bytes, blank, None, b"");
            ends.push(bytes.len() as u32);
            if bytes.len() > room * 4 || bytes.len() / ends.len() > room / 4 {
                return None;
            }
        }
        Some(Self {
            bytes,
            ends,
            size,
            next: 0,
            unsent: 0..0,
        })
    }

    /// The most messages of the next pass.
    pub fn room(&self) -> usize {
        self.ends.len() - self.next
    }

    /// Stamps the next `count` messages, at most [`Pool::room`], in order, starting with `stamp`.
    #[inline]
    pub fn fill(&mut self, count: usize, mut stamp: impl FnMut() -> Stamp) {
        debug_assert!(self.unsent.is_empty(), "what was stamped is sent first");
        let begin = if self.next == 0 {
            0
        } else {
            self.ends[self.next - 1] as usize
        };
        for end in &self.ends[self.next..self.next + count] {
            let end = *end as usize - 2;
            stamp().write(&mut self.bytes[end - self.size..end]);
        }
        self.next += count;
        self.unsent = begin..self.ends[self.next - 1] as usize;
        if self.next == self.ends.len() {
            self.next = 0;
        }
    }

    /// The bytes to be written.
    pub fn unsent(&self) -> &[u8] {
        &self.bytes[self.unsent.clone()]
    }

    /// That many bytes were written.
    pub fn sent(&mut self, bytes: usize) {
        self.unsent.start += bytes;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::SenderPlan;
    use nt_protocol::{Limits, Op, Parsed, parse};

    fn composer(json: &str) -> Composer {
        let plan: SenderPlan = serde_json::from_str(json).expect("a sender's plan");
        Composer::new(&plan, 1)
    }

    #[test]
    fn holds_what_a_broker_understands_in_order() {
        for size in [0, 7, 8, 15, 16, 100] {
            let json = format!(
                r#"{{"subjects":{{"pattern":"a.{{}}","count":300,"order":"turn"}},"size":{{"fixed":{size}}},"headers":[["K","v"]]}}"#
            );
            let mut pool = Pool::new(&composer(&json), 1).expect("can be pooled");
            let limits = Limits {
                max_control_line: 4096,
                max_payload: 1 << 20,
                headers: true,
            };
            let (mut sequence, mut told) = (0u32, 0u32);
            for _ in 0..5 {
                let count = pool.room().min(1000);
                pool.fill(count, || {
                    sequence += 1;
                    Stamp {
                        sequence: sequence - 1,
                        sender: 3,
                        mark: Mark::of_run(8),
                        time: Some(u64::from(sequence)),
                    }
                });
                let mut buf = pool.unsent();
                while !buf.is_empty() {
                    let Parsed::Op(Op::Publish(publish), used) = parse(buf, &limits) else {
                        panic!("a message")
                    };
                    assert_eq!(publish.subject, format!("a.{}", told % 300).as_bytes());
                    let payload = &publish.body[publish.header_len..];
                    assert_eq!(payload.len(), size);
                    if let Some(stamp) = Stamp::read(payload) {
                        assert_eq!((stamp.sequence, stamp.sender), (told, 3));
                        assert_eq!(stamp.time, (size >= 16).then_some(u64::from(told) + 1));
                    }
                    told += 1;
                    buf = &buf[used..];
                }
                let all = pool.unsent().len();
                pool.sent(all);
                assert_eq!(told, sequence);
            }
        }
    }

    #[test]
    fn random_subjects_and_sizes_are_composed() {
        let random = r#"{"subjects":{"pattern":"a.{}","count":3,"order":"random"},"size":{"fixed":16}}"#;
        let range = r#"{"subjects":{"pattern":"a","count":1,"order":"turn"},"size":{"min":1,"max":9}}"#;
        let many = r#"{"subjects":{"pattern":"a.{}","count":1000000,"order":"turn"},"size":{"fixed":16}}"#;
        let large = r#"{"subjects":{"pattern":"a","count":1,"order":"turn"},"size":{"fixed":1000000}}"#;
        let one = r#"{"subjects":{"pattern":"a","count":1,"order":"turn"},"size":{"fixed":1000}}"#;
        assert!(Pool::new(&composer(one), 20_000).is_some_and(|pool| pool.bytes.len() < 2 * POOL_BYTES_MIN));
        for json in [random, range, many, large] {
            assert!(Pool::new(&composer(json), 1).is_none(), "{json}");
        }
    }
}
