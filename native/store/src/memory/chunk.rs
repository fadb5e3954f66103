//! Successive messages in one piece of memory.
//!
//! A message is its header (32 bytes) and subject, headers and body. Its place is found by its sequence: in a list of
//! places, one for each sequence while most of them are used, otherwise sorted with their sequences.

use super::StoredMessage;

/// The header of a message: time, sequence of the message before, and the lengths of subject, headers and body.
const HEADER: usize = 28;
/// The place of a sequence without a message.
const NOWHERE: u32 = u32::MAX;

#[derive(Debug)]
pub(super) struct Chunk {
    bytes: Vec<u8>,
    places: Places,
    /// Bytes of messages that were not removed.
    used: usize,
    messages: usize,
}

#[derive(Debug)]
enum Places {
    /// From the first sequence on.
    Dense { first: u64, places: Vec<u32> },
    /// Ascending by sequence.
    Sparse(Vec<(u64, u32)>),
}

/// Sequences without a message that a list of places may have at a time before it becomes a sorted one.
const GAP_MAX: u64 = 64;

impl Chunk {
    pub(super) fn new(first: u64) -> Self {
        Self {
            bytes: Vec::new(),
            places: Places::Dense {
                first,
                places: Vec::new(),
            },
            used: 0,
            messages: 0,
        }
    }

    pub(super) fn has_room_for(&self, message: &StoredMessage<'_>, limit: usize) -> bool {
        self.bytes.len() + length_of(message) <= limit
    }

    pub(super) fn add(&mut self, message: StoredMessage<'_>) {
        let start = u32::try_from(self.bytes.len()).expect("a chunk with several messages is shorter than 4 GiB");
        self.places.add(message.sequence, start);
        let length = |part: &[u8]| u32::try_from(part.len()).expect("no part of a message has 4 GiB");
        self.bytes.extend_from_slice(&message.time_ns.to_le_bytes());
        self.bytes.extend_from_slice(&message.before.to_le_bytes());
        for part in [message.subject, message.headers, message.body] {
            self.bytes.extend_from_slice(&length(part).to_le_bytes());
        }
        for part in [message.subject, message.headers, message.body] {
            self.bytes.extend_from_slice(part);
        }
        self.used += length_of(&message);
        self.messages += 1;
    }

    pub(super) fn get(&self, sequence: u64) -> Option<StoredMessage<'_>> {
        let place = self.places.get(sequence)?;
        self.message_at(sequence, place as usize)
    }

    pub(super) fn remove(&mut self, sequence: u64) -> bool {
        let Some(message) = self.get(sequence) else {
            return false;
        };
        let length = length_of(&message);
        self.places.remove(sequence);
        self.used -= length;
        self.messages -= 1;
        true
    }

    /// All messages, ascending.
    pub(super) fn messages(&self) -> impl Iterator<Item = StoredMessage<'_>> {
        self.places
            .iter()
            .filter_map(|(sequence, place)| self.message_at(sequence, place as usize))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.messages == 0
    }

    pub(super) fn is_mostly_unused(&self) -> bool {
        self.used + self.messages * size_of::<(u64, u32)>() < (self.bytes.len() + self.places.heap_bytes()) / 2
    }

    pub(super) fn used_bytes(&self) -> usize {
        self.used
    }

    pub(super) fn shrink(&mut self) {
        self.bytes.shrink_to_fit();
        self.places.shrink();
    }

    pub(super) fn heap_bytes(&self) -> usize {
        self.bytes.capacity() + self.places.heap_bytes()
    }

    fn message_at(&self, sequence: u64, place: usize) -> Option<StoredMessage<'_>> {
        let (header, rest) = self.bytes.get(place..)?.split_first_chunk::<HEADER>()?;
        let number = |at: usize| u32::from_le_bytes(std::array::from_fn(|n| header[at + n])) as usize;
        let long = |at: usize| u64::from_le_bytes(std::array::from_fn(|n| header[at + n]));
        let (subject, rest) = rest.split_at_checked(number(16))?;
        let (headers, rest) = rest.split_at_checked(number(20))?;
        Some(StoredMessage {
            sequence,
            time_ns: long(0) as i64,
            before: long(8),
            subject,
            headers,
            body: rest.get(..number(24))?,
        })
    }
}

impl Places {
    fn get(&self, sequence: u64) -> Option<u32> {
        match self {
            Self::Dense { first, places } => {
                let index = usize::try_from(sequence.checked_sub(*first)?).ok()?;
                places.get(index).copied().filter(|&place| place != NOWHERE)
            }
            Self::Sparse(places) => {
                let found = places.binary_search_by_key(&sequence, |&(sequence, _)| sequence);
                found.ok().map(|index| places[index].1)
            }
        }
    }

    fn add(&mut self, sequence: u64, place: u32) {
        if let Self::Dense { first, places } = self
            && sequence - *first > places.len() as u64 + GAP_MAX
        {
            *self = Self::Sparse(self.iter().collect());
        }
        match self {
            Self::Dense { first, places } => {
                places.resize((sequence - *first) as usize, NOWHERE);
                places.push(place);
            }
            Self::Sparse(places) => places.push((sequence, place)),
        }
    }

    fn remove(&mut self, sequence: u64) {
        match self {
            Self::Dense { first, places } => places[(sequence - *first) as usize] = NOWHERE,
            Self::Sparse(places) => {
                if let Ok(index) = places.binary_search_by_key(&sequence, |&(sequence, _)| sequence) {
                    places.remove(index);
                }
            }
        }
    }

    fn iter(&self) -> Box<dyn Iterator<Item = (u64, u32)> + '_> {
        match self {
            Self::Dense { first, places } => {
                let all = places.iter().enumerate();
                Box::new(
                    all.filter(|&(_, &place)| place != NOWHERE)
                        .map(move |(n, &place)| (first + n as u64, place)),
                )
            }
            Self::Sparse(places) => Box::new(places.iter().copied()),
        }
    }

    fn shrink(&mut self) {
        match self {
            Self::Dense { places, .. } => places.shrink_to_fit(),
            Self::Sparse(places) => places.shrink_to_fit(),
        }
    }

    fn heap_bytes(&self) -> usize {
        match self {
            Self::Dense { places, .. } => places.capacity() * size_of::<u32>(),
            Self::Sparse(places) => places.capacity() * size_of::<(u64, u32)>(),
        }
    }
}

fn length_of(message: &StoredMessage<'_>) -> usize {
    HEADER + message.subject.len() + message.headers.len() + message.body.len()
}
