//! The entries that a run appends. Each is made from its number, which its body begins with, so that what is read back
//! can be compared with what was written.

use nt_broker::simulation::random::Random;
use nt_store::{Entry, Floors};

/// An entry with its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Made {
    number: u64,
    floors: Option<Floors>,
    subject: Vec<u8>,
    headers: Vec<u8>,
    body: Vec<u8>,
}

impl Made {
    pub fn new(number: u64) -> Self {
        let mut random = Random::new(number.wrapping_mul(31) + 7);
        let length = match random.below(100) {
            0 => 30_000,
            1..8 => random.below(6000),
            _ => random.below(200),
        };
        let floors = random.chance(10).then(|| Floors {
            stream: random.next(),
            subject: random.next(),
        });
        let mut some = |length: usize| -> Vec<u8> {
            let mut bytes: Vec<u8> = (0..length.div_ceil(8))
                .flat_map(|_| random.next().to_le_bytes())
                .collect();
            bytes.truncate(length);
            bytes
        };
        Self {
            number,
            floors,
            subject: some(number as usize % 30),
            headers: some(number as usize % 7),
            body: [&number.to_le_bytes()[..], &some(length)].concat(),
        }
    }

    pub fn entry(&self) -> Entry<'_> {
        Entry {
            kind: self.number as u8,
            sequence: self.number * 3,
            time_ns: self.number as i64,
            before: self.number / 2,
            floors: self.floors,
            subject: &self.subject,
            headers: &self.headers,
            body: &self.body,
        }
    }
}

/// The number of an entry that was read. `None` if it is not exactly what was made with that number.
pub(super) fn number_of(entry: &Entry<'_>) -> Option<u64> {
    let number = u64::from_le_bytes(*entry.body.first_chunk()?);
    (entry.sequence == number.checked_mul(3)? && Made::new(number).entry() == *entry).then_some(number)
}
