//! Composes messages: chooses subjects and sizes as planned, formats the line and writes the stamp.
//!
//! Owns the random numbers and the numbering of subjects. Uses no sockets and no clock.

use crate::plan::{Order, SenderPlan, SizePlan, SubjectsPlan};
use crate::stamp::Stamp;

/// Small, fast and good enough to draw sizes and subjects (splitmix64).
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// The same seed gives the same numbers.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    /// A number below `bound`, uniformly distributed.
    pub fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.bits()) * u128::from(bound)) >> 64) as u64
    }

    /// A number from 0 (inclusive) to 1 (exclusive), uniformly distributed.
    pub fn share(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// Appends a number in decimal digits.
#[inline]
pub fn push_number(out: &mut Vec<u8>, mut number: u64) {
    let mut digits = [0u8; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}

/// A pattern with a number in it, or a plain subject.
#[derive(Debug, Clone)]
pub struct Pattern {
    before: Vec<u8>,
    behind: Option<Vec<u8>>,
}

impl Pattern {
    /// Splits at `{}`.
    pub fn new(pattern: &str) -> Self {
        match pattern.split_once("{}") {
            Some((before, behind)) => Self {
                before: before.into(),
                behind: Some(behind.into()),
            },
            None => Self {
                before: pattern.into(),
                behind: None,
            },
        }
    }

    /// Appends the subject with the given number.
    #[inline]
    pub fn push(&self, out: &mut Vec<u8>, number: u64) {
        out.extend_from_slice(&self.before);
        if let Some(behind) = &self.behind {
            push_number(out, number);
            out.extend_from_slice(behind);
        }
    }

    /// Whether it makes more than one subject.
    pub fn is_numbered(&self) -> bool {
        self.behind.is_some()
    }
}

/// The subjects of one sender, one after another.
#[derive(Debug, Clone)]
pub struct Subjects {
    pattern: Pattern,
    first: u64,
    count: u64,
    order: Order,
    next: u64,
}

impl Subjects {
    /// Starts at the first subject.
    pub fn new(plan: &SubjectsPlan) -> Self {
        let pattern = Pattern::new(&plan.pattern);
        let count = if pattern.is_numbered() { plan.count } else { 1 };
        Self {
            pattern,
            first: plan.first,
            count,
            order: plan.order,
            next: 0,
        }
    }

    /// The number of subjects.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Whether they are used in turn (also true for one subject).
    pub fn in_turn(&self) -> bool {
        self.order == Order::Turn || self.count == 1
    }

    fn push_next(&mut self, out: &mut Vec<u8>, random: &mut Random) {
        let number = match self.order {
            Order::Turn => {
                let number = self.next;
                self.next = if number + 1 == self.count { 0 } else { number + 1 };
                number
            }
            Order::Random => random.below(self.count),
        };
        self.pattern.push(out, self.first + number);
    }
}

/// Payload sizes of one sender.
#[derive(Debug, Clone)]
enum Sizes {
    Fixed(usize),
    Between(usize, usize),
    /// Sizes with their cumulative weights.
    Drawn(Vec<(f64, usize)>),
}

impl Sizes {
    fn new(plan: &SizePlan) -> Self {
        match plan {
            SizePlan::Fixed { fixed } => Self::Fixed(*fixed),
            SizePlan::Between { min, max } => Self::Between(*min, *max),
            SizePlan::Drawn { sizes, weights } => {
                let sums = weights.iter().scan(0.0, |sum, weight| {
                    *sum += weight;
                    Some(*sum)
                });
                Self::Drawn(sums.zip(sizes.iter().copied()).collect())
            }
        }
    }

    fn draw(&self, random: &mut Random) -> usize {
        match self {
            Self::Fixed(size) => *size,
            Self::Between(min, max) => min + random.below((max - min) as u64 + 1) as usize,
            Self::Drawn(sums) => {
                let all = sums.last().map_or(0.0, |(sum, _)| *sum);
                let drawn = random.share() * all;
                let at = sums.partition_point(|(sum, _)| *sum <= drawn);
                sums[at.min(sums.len() - 1)].1
            }
        }
    }
}

/// Writes one sender's messages.
#[derive(Debug, Clone)]
pub struct Composer {
    subjects: Subjects,
    sizes: Sizes,
    /// `Name: value` lines, each with CRLF.
    headers: Vec<u8>,
    /// Payload bytes, of which the needed part is used.
    filler: Vec<u8>,
    random: Random,
    smallest: usize,
    largest: usize,
}

impl Composer {
    /// Follows the plan; `seed` differs between senders.
    pub fn new(plan: &SenderPlan, seed: u64) -> Self {
        let mut random = Random::new(seed);
        let mut headers = Vec::new();
        for (name, value) in &plan.headers {
            headers.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
        let letters = |random: &mut Random| b'a' + random.below(26) as u8;
        Self {
            subjects: Subjects::new(&plan.subjects),
            sizes: Sizes::new(&plan.size),
            headers,
            filler: (0..plan.size.largest()).map(|_| letters(&mut random)).collect(),
            random,
            smallest: plan.size.smallest(),
            largest: plan.size.largest(),
        }
    }

    /// The subjects that it uses.
    pub fn subjects(&self) -> &Subjects {
        &self.subjects
    }

    /// The size of all payloads, if they have the same.
    pub fn fixed_size(&self) -> Option<usize> {
        (self.smallest == self.largest).then_some(self.largest)
    }

    /// Appends a complete message, with the header lines `more` in addition to the planned ones. Returns its payload
    /// bytes.
    pub fn push(&mut self, out: &mut Vec<u8>, stamp: Stamp, reply: Option<&[u8]>, more: &[u8]) -> usize {
        const OPENING: &[u8] = b"NATS/1.0\r\n";
        let size = self.sizes.draw(&mut self.random);
        let headers = self.headers.len() + more.len();
        let header_len = if headers == 0 { 0 } else { OPENING.len() + headers + 2 };
        out.extend_from_slice(if headers == 0 { b"PUB " } else { b"HPUB " });
        self.subjects.push_next(out, &mut self.random);
        out.push(b' ');
        if let Some(reply) = reply {
            out.extend_from_slice(reply);
            out.push(b' ');
        }
        if headers > 0 {
            push_number(out, header_len as u64);
            out.push(b' ');
        }
        push_number(out, (header_len + size) as u64);
        out.extend_from_slice(b"\r\n");
        if headers > 0 {
            out.extend_from_slice(OPENING);
            out.extend_from_slice(&self.headers);
            out.extend_from_slice(more);
            out.extend_from_slice(b"\r\n");
        }
        let payload = out.len();
        out.extend_from_slice(&self.filler[..size]);
        stamp.write(&mut out[payload..]);
        out.extend_from_slice(b"\r\n");
        size
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stamp::Mark;

    fn plan(json: &str) -> SenderPlan {
        serde_json::from_str(json).expect("a sender's plan")
    }

    fn stamp() -> Stamp {
        Stamp {
            sequence: 1,
            sender: 0,
            mark: Mark::of_run(4),
            time: Some(9),
        }
    }

    #[test]
    fn subjects_in_turn_and_headers() {
        let mut composer = Composer::new(
            &plan(
                r#"{"subjects":{"pattern":"a.{}.b","count":2,"first":9,"order":"turn"},"size":{"fixed":3},"headers":[["K","v"]]}"#,
            ),
            1,
        );
        composer.filler = b"xyz".to_vec();
        let mut out = Vec::new();
        for _ in 0..3 {
            composer.push(&mut out, stamp(), Some(b"r"), b"M: w\r\n");
        }
        let one = |n: u8| format!("HPUB a.{n}.b r 24 27\r\nNATS/1.0\r\nK: v\r\nM: w\r\n\r\nxyz\r\n");
        assert_eq!(String::from_utf8(out).expect("text"), one(9) + &one(10) + &one(9));
    }

    #[test]
    fn sizes_follow_their_weights() {
        let composer = Composer::new(
            &plan(
                r#"{"subjects":{"pattern":"a","count":1,"order":"turn"},"size":{"sizes":[1,50,900],"weights":[0.7,0,0.3]}}"#,
            ),
            1,
        );
        let mut random = Random::new(3);
        let drawn: Vec<usize> = (0..10_000).map(|_| composer.sizes.draw(&mut random)).collect();
        let share = drawn.iter().filter(|s| **s == 1).count() as f64 / 10_000.0;
        assert!((share - 0.7).abs() < 0.03, "{share}");
        assert!(drawn.iter().all(|s| *s != 50));
    }

    #[test]
    fn ranges_reach_both_ends() {
        let sizes = Sizes::Between(2, 4);
        let mut random = Random::new(3);
        let drawn: std::collections::BTreeSet<usize> = (0..200).map(|_| sizes.draw(&mut random)).collect();
        assert_eq!(drawn.into_iter().collect::<Vec<_>>(), [2, 3, 4]);
    }
}
