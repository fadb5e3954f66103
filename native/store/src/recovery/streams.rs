//! The streams during recovery: how far each is, what is given to the visitor, what is missing between.

use crate::faults::{Fault, Planted};
use crate::frame::Listed;
use crate::hash::Chain;
use crate::log::StreamEnd;
use crate::record::{Parsed, Record, StreamId};
use crate::recovery::report::Lost;
use crate::section::{Records, Section};
use std::collections::BTreeMap;

/// Gets the entries that survived: of each stream in the order of their indexes.
pub trait Visitor {
    /// An entry of a stream, stored in this term.
    fn record(&mut self, stream: StreamId, term: u64, record: &Record<'_>);
}

impl<V: FnMut(StreamId, u64, &Record<'_>)> Visitor for V {
    fn record(&mut self, stream: StreamId, term: u64, record: &Record<'_>) {
        self(stream, term, record);
    }
}

/// How far a stream is, while its log is read.
#[derive(Debug, Clone, Copy)]
struct Reached {
    end: StreamEnd,
    /// Whether the last entry was there, so that the chain is known.
    is_known: bool,
}

pub(super) struct Streams<'v> {
    reached: BTreeMap<StreamId, Reached>,
    visitor: &'v mut dyn Visitor,
    planted: Planted,
}

impl<'v> Streams<'v> {
    pub fn new(visitor: &'v mut dyn Visitor, planted: Planted) -> Self {
        Self {
            reached: BTreeMap::new(),
            visitor,
            planted,
        }
    }

    /// Where the streams end.
    pub fn into_ends(self) -> BTreeMap<StreamId, StreamEnd> {
        let ends = self.reached.into_iter().map(|(stream, reached)| (stream, reached.end));
        ends.collect()
    }

    fn reached(&self, stream: StreamId) -> Reached {
        let none = Reached {
            end: StreamEnd {
                index: 0,
                chain: Chain::origin(stream, 0),
            },
            is_known: true,
        };
        self.reached.get(&stream).copied().unwrap_or(none)
    }

    fn reach(&mut self, stream: StreamId, index: u64, chain: Option<Chain>) {
        let end = StreamEnd {
            index,
            chain: chain.unwrap_or_else(|| Chain::origin(stream, index)),
        };
        let is_known = chain.is_some();
        self.reached.insert(stream, Reached { end, is_known });
    }

    /// Gives the records of a section to the visitor. Says what is lost: before it, and in it.
    pub fn section(&mut self, section: &Section, records: Records<'_>) -> Vec<Lost> {
        let stream = section.stream;
        let reached = self.reached(stream);
        if section.last <= reached.end.index {
            return Vec::new();
        }
        let mut lost = Vec::new();
        if section.first > reached.end.index + 1 {
            lost.extend(self.lose(stream, section.first - 1, None));
        } else if section.first == reached.end.index + 1 && reached.is_known && section.before != reached.end.chain {
            let sequences = Some((section.first_sequence, section.last_sequence));
            lost.extend(self.lose(stream, section.last, sequences));
            return lost;
        }
        for parsed in records {
            match parsed {
                Ok(Parsed::Intact(record)) => self.give(section, &record),
                Ok(Parsed::Unreadable { index, sequence, chain }) => {
                    let unreadable = self.lose(stream, index, Some((sequence, sequence)));
                    if unreadable.is_some() {
                        self.reach(stream, index, Some(chain));
                    }
                    lost.extend(unreadable);
                }
                Err(_) => break,
            }
        }
        lost.extend(self.lose(stream, section.last, None));
        lost
    }

    fn give(&mut self, section: &Section, record: &Record<'_>) {
        if record.index > self.reached(section.stream).end.index {
            self.visitor.record(section.stream, section.term, record);
            self.reach(section.stream, record.index, Some(record.chain));
        }
    }

    /// A section that is not there.
    pub fn missing(&mut self, listed: &Listed) -> Vec<Lost> {
        let before = listed.first.saturating_sub(1);
        let mut lost = Vec::from_iter(self.lose(listed.stream, before, None));
        let sequences = Some((listed.first_sequence, listed.last_sequence));
        lost.extend(self.lose(listed.stream, listed.last, sequences));
        lost
    }

    /// The entries up to this index are lost, as far as they are not there.
    fn lose(&mut self, stream: StreamId, last: u64, sequences: Option<(u64, u64)>) -> Option<Lost> {
        let first = self.reached(stream).end.index + 1;
        if first > last || self.planted.is(Fault::HoleCut) {
            return None;
        }
        self.reach(stream, last, None);
        Some(Lost {
            stream,
            first,
            last,
            sequences,
        })
    }
}
