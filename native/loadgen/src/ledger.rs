//! Records which messages of which sender have arrived, and which arrived twice or late.
//!
//! A [`Ledger`] is shared by all connections that receive the same messages. Each connection writes into it through a
//! [`Tracker`]. The number of lost messages is a difference of sums (expected minus arrived), so sequences must be
//! remembered only to find duplicates. How, depends on the mode:
//!
//! - *exact*: each connection gets every message, so a position and a list of gaps per sender suffice;
//! - *shared*: a queue group or a pull consumer distributes the messages. The connections share a ring of bits per
//!   sender ([`Window`]), without locks. A sequence that is older than the window counts as arrived for the first time;
//! - *counted*: each connection gets several copies, which can't be distinguished from duplicates.
//!
//! Order is checked per connection and sender. Sequences are 32 bits wide and wrap.

use crate::stamp::Stamp;
use foldhash::fast::FixedState;
use hashbrown::HashMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};

/// The most gaps kept per sender. Older ones are dropped; a message that fills one then counts as a duplicate.
const GAPS_MAX: usize = 65_536;
/// The memory of all windows of a ledger, and the bounds of one window, in words of 32 sequences.
const WINDOW_WORDS_ALL: usize = 1 << 22;
const WINDOW_WORDS_MAX: usize = 1 << 17;
const WINDOW_WORDS_MIN: usize = 1 << 7;

/// How duplicates are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Every connection gets every message once.
    Exact,
    /// Every message goes to one of the connections.
    Shared,
    /// Duplicates can't be found.
    Counted,
}

impl Mode {
    /// The strictest mode for `copies` of each message on that many connections. `dealt`: a queue group or a consumer
    /// distributes them, so that no connection gets all.
    pub fn of(copies: u32, connections: usize, dealt: bool) -> Self {
        match (copies as usize, connections, dealt) {
            (1, 0 | 1, _) => Self::Exact,
            (n, k, false) if n == k => Self::Exact,
            (1, _, _) => Self::Shared,
            _ => Self::Counted,
        }
    }
}

/// What all connections of a group have received.
#[derive(Debug)]
pub struct Ledger {
    mode: Mode,
    copies: u64,
    senders: u16,
    first_sequence: u32,
    already_stored: u64,
    expected: AtomicU64,
    received: AtomicU64,
    duplicated: AtomicU64,
    reordered: AtomicU64,
    foreign: AtomicU64,
    windows: Box<[OnceLock<Window>]>,
    window_words: usize,
}

/// The sums of a ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Sums {
    pub expected: u64,
    pub received: u64,
    pub lost: u64,
    pub duplicated: u64,
    pub reordered: u64,
    pub foreign: u64,
}

impl Ledger {
    /// An empty ledger for messages of up to `senders` senders.
    pub fn new(mode: Mode, copies: u32, already_stored: u64, senders: usize, first_sequence: u32) -> Self {
        // One more than senders: for messages that are numbered by their stream.
        let windows = if mode == Mode::Shared { senders + 1 } else { 0 };
        let share = (WINDOW_WORDS_ALL / windows.max(1)).max(1);
        let words = (1 << share.ilog2()).clamp(WINDOW_WORDS_MIN, WINDOW_WORDS_MAX);
        Self {
            mode,
            copies: u64::from(copies),
            senders: senders as u16,
            first_sequence,
            already_stored,
            expected: AtomicU64::new(already_stored),
            received: AtomicU64::new(0),
            duplicated: AtomicU64::new(0),
            reordered: AtomicU64::new(0),
            foreign: AtomicU64::new(0),
            windows: (0..windows).map(|_| OnceLock::new()).collect(),
            window_words: words,
        }
    }

    /// A sender has sent that many messages, which must arrive here.
    pub fn expect(&self, messages: u64) {
        self.expected.fetch_add(messages * self.copies, Relaxed);
    }

    /// Messages that were sent and will not arrive, because the server refused them.
    pub fn expect_less(&self, messages: u64) {
        let less = messages * self.copies;
        let _ = self
            .expected
            .fetch_update(Relaxed, Relaxed, |expected| Some(expected.saturating_sub(less)));
    }

    /// Whether all expected messages have arrived.
    pub fn is_complete(&self) -> bool {
        self.arrived() >= self.expected.load(Relaxed)
    }

    /// Messages that arrived, without duplicates where these can be found. Messages of other programs do not count,
    /// unless the run reads a stream that existed before.
    pub fn arrived(&self) -> u64 {
        let strangers = if self.already_stored == 0 {
            self.foreign.load(Relaxed)
        } else {
            0
        };
        self.received
            .load(Relaxed)
            .saturating_sub(self.duplicated.load(Relaxed) + strangers)
    }

    /// The number of messages in the stream before the run.
    pub fn already_stored(&self) -> u64 {
        self.already_stored
    }

    /// The current sums.
    pub fn sums(&self) -> Sums {
        let expected = self.expected.load(Relaxed);
        Sums {
            expected,
            received: self.received.load(Relaxed),
            lost: expected.saturating_sub(self.arrived()),
            duplicated: self.duplicated.load(Relaxed),
            reordered: self.reordered.load(Relaxed),
            foreign: self.foreign.load(Relaxed),
        }
    }

    fn window(&self, sender: u16) -> Option<&Window> {
        let cell = self.windows.get(usize::from(sender))?;
        Some(cell.get_or_init(|| Window::new(self.window_words)))
    }
}

/// Writes the deliveries of one connection into a ledger. Counts are local until [`Tracker::publish`].
#[derive(Debug)]
pub struct Tracker {
    ledger: Arc<Ledger>,
    places: HashMap<u16, usize, FixedState>,
    sources: Vec<Source>,
    /// The sender of the last message and its place: messages of one sender often follow each other.
    last: (u16, usize),
    received: u64,
    duplicated: u64,
    reordered: u64,
    foreign: u64,
}

/// What one connection has received from one sender.
#[derive(Debug)]
struct Source {
    sender: u16,
    /// The highest sequence received, plus one.
    next: u32,
    /// Sequences that are missing so far, as (first, count), in order (mode exact).
    gaps: Vec<(u32, u32)>,
    /// Bits not yet in the window: the block of 32 sequences, and the bits in it (mode shared).
    block: u32,
    bits: u32,
}

impl Tracker {
    /// A tracker that writes into `ledger`.
    pub fn new(ledger: Arc<Ledger>) -> Self {
        Self {
            ledger,
            places: HashMap::default(),
            sources: Vec::new(),
            last: (0, usize::MAX),
            received: 0,
            duplicated: 0,
            reordered: 0,
            foreign: 0,
        }
    }

    /// The ledger it writes into.
    pub fn ledger(&self) -> &Arc<Ledger> {
        &self.ledger
    }

    /// A delivery without a stamp.
    #[inline]
    pub fn count(&mut self) {
        self.received += 1;
    }

    /// A delivery with a stamp that is not of this run.
    #[inline]
    pub fn foreign(&mut self) {
        self.received += 1;
        self.foreign += 1;
    }

    /// A delivery of this run.
    #[inline]
    pub fn arrive(&mut self, stamp: &Stamp) {
        self.received += 1;
        let place = if self.last.0 == stamp.sender && self.last.1 != usize::MAX {
            self.last.1
        } else {
            self.find(stamp.sender, self.ledger.first_sequence)
        };
        self.place(place, stamp.sequence);
    }

    /// A delivery without a stamp of this run, identified by its stream sequence number.
    pub fn arrive_stored(&mut self, sequence: u64) {
        self.received += 1;
        let sequence = sequence as u32;
        // A stream may begin at any number, and has gaps where messages were deleted.
        let place = self.find(self.ledger.senders, sequence);
        self.place(place, sequence);
    }

    #[inline]
    fn place(&mut self, place: usize, sequence: u32) {
        let source = &mut self.sources[place];
        let ahead = sequence.wrapping_sub(source.next);
        if ahead == 0 && self.ledger.mode != Mode::Shared {
            source.next = source.next.wrapping_add(1);
            return;
        }
        self.arrive_elsewhere(place, sequence, ahead);
    }

    #[cold]
    fn find(&mut self, sender: u16, next: u32) -> usize {
        let sources = &mut self.sources;
        let place = *self.places.entry(sender).or_insert_with(|| {
            sources.push(Source {
                sender,
                next,
                gaps: Vec::new(),
                block: 0,
                bits: 0,
            });
            sources.len() - 1
        });
        self.last = (sender, place);
        place
    }

    fn arrive_elsewhere(&mut self, place: usize, sequence: u32, ahead: u32) {
        let source = &mut self.sources[place];
        let forward = (ahead as i32) >= 0;
        match self.ledger.mode {
            Mode::Exact if forward => {
                if source.gaps.len() == GAPS_MAX {
                    source.gaps.remove(0);
                }
                source.gaps.push((source.next, ahead));
            }
            Mode::Exact if source.fill_gap(sequence) => self.reordered += 1,
            Mode::Exact => self.duplicated += 1,
            Mode::Counted => {
                // Copies of one message follow each other.
                if !forward && sequence.wrapping_add(1) != source.next {
                    self.reordered += 1;
                }
            }
            Mode::Shared if forward => {
                let block = sequence / 32;
                if block != source.block {
                    self.duplicated += settle(&self.ledger, source);
                    source.block = block;
                }
                source.bits |= 1 << (sequence % 32);
            }
            Mode::Shared => {
                self.duplicated += settle(&self.ledger, source);
                (source.block, source.bits) = (sequence / 32, 1 << (sequence % 32));
                match settle(&self.ledger, source) {
                    0 => self.reordered += 1,
                    twice => self.duplicated += twice,
                }
            }
        }
        if forward {
            source.next = sequence.wrapping_add(1);
        }
    }

    /// Adds the counts to the ledger; called after all messages of a read are handled.
    pub fn publish(&mut self) {
        if self.received == 0 {
            return;
        }
        if self.ledger.mode == Mode::Shared {
            for source in &mut self.sources {
                self.duplicated += settle(&self.ledger, source);
            }
        }
        for (of, sum) in [
            (&mut self.duplicated, &self.ledger.duplicated),
            (&mut self.reordered, &self.ledger.reordered),
            (&mut self.foreign, &self.ledger.foreign),
            (&mut self.received, &self.ledger.received),
        ] {
            let count = std::mem::take(of);
            if count > 0 {
                sum.fetch_add(count, Relaxed);
            }
        }
    }
}

/// Moves the bits of a source into the window; returns how many were set before.
fn settle(ledger: &Ledger, source: &mut Source) -> u64 {
    let bits = std::mem::take(&mut source.bits);
    if bits == 0 {
        return 0;
    }
    ledger
        .window(source.sender)
        .map_or(0, |window| u64::from(window.mark(source.block, bits).count_ones()))
}

impl Source {
    /// Removes a sequence from the gaps; false if it is in none.
    fn fill_gap(&mut self, sequence: u32) -> bool {
        // Late messages mostly belong to recent gaps.
        let Some(at) = self
            .gaps
            .iter()
            .rposition(|(first, count)| sequence.wrapping_sub(*first) < *count)
        else {
            return false;
        };
        let (first, count) = self.gaps[at];
        let before = sequence.wrapping_sub(first);
        let behind = count - before - 1;
        match (before, behind) {
            (0, 0) => {
                self.gaps.remove(at);
            }
            (0, _) => self.gaps[at] = (sequence.wrapping_add(1), behind),
            (_, 0) => self.gaps[at] = (first, before),
            _ => {
                self.gaps[at] = (first, before);
                self.gaps.insert(at + 1, (sequence.wrapping_add(1), behind));
            }
        }
        true
    }
}

/// A ring of bits, 32 sequences to a word. The upper half of a word says which block of 32 its bits belong to, so that
/// a word taken over by a newer block needs no clearing by anyone else.
#[derive(Debug)]
struct Window {
    words: Box<[AtomicU64]>,
}

impl Window {
    fn new(words: usize) -> Self {
        Self {
            words: (0..words).map(|_| AtomicU64::new(0)).collect(),
        }
    }

    /// Sets bits of a block; returns those that were set before: none for a block older than the window.
    fn mark(&self, block: u32, bits: u32) -> u32 {
        /// Block numbers have 27 bits: sequences of 32 bits divided by 32.
        const BLOCKS: u32 = 1 << 27;
        let word = &self.words[block as usize & (self.words.len() - 1)];
        // 0 is a word that was never used.
        let tag = block + 1;
        let mut old = word.load(Relaxed);
        loop {
            let (old_tag, old_bits) = ((old >> 32) as u32, old as u32);
            let (new_bits, twice) = if old_tag == tag {
                (old_bits | bits, old_bits & bits)
            } else if old_tag == 0 || tag.wrapping_sub(old_tag) % BLOCKS < BLOCKS / 2 {
                (bits, 0)
            } else {
                return 0;
            };
            match word.compare_exchange_weak(old, u64::from(tag) << 32 | u64::from(new_bits), Relaxed, Relaxed) {
                Ok(_) => return twice,
                Err(now) => old = now,
            }
        }
    }
}

#[cfg(test)]
mod tests;
