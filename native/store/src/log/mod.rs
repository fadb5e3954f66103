//! A log: takes entries of any streams, and has them made durable in a chain of log files.
//!
//! A value without I/O: it gives out jobs ([`Log::next_job`]) and takes them back when they are done
//! ([`Log::complete`]), in any order. What is acknowledged comes out in order as events ([`Log::next_event`]). Time is an
//! argument.
//!
//! - `window` is what was appended since the last commit began; `batch` makes a frame of it.
//! - `commit` decides which job is next; `failure` what becomes of entries when one fails.
//! - `file` is the chain of files, `job` what is done to them, `streams` how far each stream is.
//!
//! Invariants: a frame is acknowledged when it and all before it in the chain are durable. After a failure nothing of
//! that file is acknowledged any more, and nothing is written to it.

mod batch;
mod buffers;
mod commit;
mod failure;
mod file;
mod job;
mod options;
mod streams;
mod window;

pub use failure::Withdrawn;
pub(crate) use file::FIRST_FRAME;
pub use file::FileNames;
pub use job::Job;
pub use options::LogOptions;
pub use streams::StreamKey;
pub use window::StreamEnd;

use crate::disk::DiskError;
use crate::faults::Planted;
use crate::frame::Listed;
use crate::head::FirstFrame;
use crate::record::{Entry, EntryTooLong, StreamId, check_length};
use batch::Batch;
use buffers::Buffers;
use file::LogFile;
use std::collections::VecDeque;
use streams::Stream;
use window::{Window, building};

/// What a log tells its owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// All entries of a stream up to this index are durable.
    Committed {
        /// The stream.
        stream: StreamKey,
        /// The index.
        index: u64,
    },
    /// A file could not be made or written. Nothing is lost: the entries go to a new file, after a while, unless they are
    /// withdrawn.
    Failed {
        /// The name of the file.
        file: String,
        /// What went wrong.
        error: DiskError,
    },
}

/// Where a chain of log files ends, and goes on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ChainEnd {
    /// The number of the last frame that counts, 0 if there is none.
    pub frame: u64,
    /// The sections of that frame.
    pub directory: Vec<Listed>,
    /// Its files, as far as they are remembered.
    pub files: Vec<FirstFrame>,
}

/// A frame whose job is under way, or that waits for one before it.
#[derive(Debug)]
struct Flight {
    number: u64,
    job: u64,
    is_written: bool,
    batch: Batch,
    directory: Vec<u8>,
}

/// The owner's side of a chain of log files.
#[derive(Debug)]
pub struct Log<F> {
    options: LogOptions,
    chain: u32,
    names: FileNames,
    streams: Vec<Stream>,
    window: Window,
    /// Batches that no job has, in order: before the window, behind the flights.
    ready: VecDeque<Batch>,
    flights: VecDeque<Flight>,
    /// Commits, and commits and marks, that are under way.
    commits: usize,
    writes: usize,
    /// When the last commit was started, or acknowledged.
    started_ns: u64,
    active_ns: u64,
    current: Option<LogFile<F>>,
    spare: Option<LogFile<F>>,
    /// The files before.
    earlier: Vec<FirstFrame>,
    /// A file that is made.
    creating: Option<crate::FileName>,
    /// Something can't be written before the next file is there.
    waits_for_file: bool,
    /// The number of the last frame that was placed, and the sections in it.
    placed: u64,
    directory: Vec<u8>,
    /// The number of the last frame that was acknowledged, and the sections in it.
    durable: u64,
    durable_directory: Vec<u8>,
    /// Whether a mark says so.
    is_marked: bool,
    failure: failure::Failure,
    is_stopping: bool,
    next_job: u64,
    events: VecDeque<Event>,
    buffers: Buffers,
    planted: Planted,
}

impl<F> Log<F> {
    /// Goes on with a chain behind its end.
    pub fn new(options: LogOptions, chain: u32, names: FileNames, end: &ChainEnd) -> Self {
        let directory: Vec<u8> = end.directory.iter().flat_map(Listed::encode).collect();
        Self {
            options,
            chain,
            names,
            streams: Vec::new(),
            window: Window::new(),
            ready: VecDeque::new(),
            flights: VecDeque::new(),
            commits: 0,
            writes: 0,
            started_ns: 0,
            active_ns: 0,
            current: None,
            spare: None,
            earlier: end.files.clone(),
            creating: None,
            waits_for_file: false,
            placed: end.frame,
            directory: directory.clone(),
            durable: end.frame,
            durable_directory: directory,
            is_marked: end.frame == 0,
            failure: failure::Failure::default(),
            is_stopping: false,
            next_job: 0,
            events: VecDeque::new(),
            buffers: Buffers::default(),
            planted: Planted::default(),
        }
    }

    /// Makes the log wrong in one way.
    #[cfg(any(test, fuzzing, feature = "simulation"))]
    pub fn plant(&mut self, fault: Option<crate::Fault>) {
        self.planted = Planted::new(fault);
    }

    /// Takes entries of a stream from now on, in this term, behind its end.
    pub fn open_stream(&mut self, id: StreamId, term: u64, end: StreamEnd) -> StreamKey {
        self.streams.push(Stream::new(id, term, end));
        StreamKey(self.streams.len() - 1)
    }

    /// Appends an entry to a stream of this log, and says its index. It is decided then; [`Event::Committed`] says when
    /// it is durable.
    #[inline]
    pub fn append(&mut self, key: StreamKey, entry: &Entry<'_>) -> Result<u64, EntryTooLong> {
        check_length(entry)?;
        let stream = &mut self.streams[key.0];
        let buffers = &mut self.buffers;
        let new = || building(key.0, stream.id, stream.term, stream.decided, buffers);
        stream.at = self.window.section(stream.at, new);
        stream.decided = self.window.append(stream.at, entry)?;
        if self.window.length() >= self.options.window_bytes {
            let index = stream.decided.index;
            self.close_window();
            return Ok(index);
        }
        Ok(stream.decided.index)
    }

    /// Ends the window; the next entry begins a new one.
    fn close_window(&mut self) {
        let batch = Batch::new(self.window.take(), &mut self.buffers);
        self.ready.push_back(batch);
    }

    /// What to tell the owner next.
    pub fn next_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// How far a stream is committed.
    pub fn committed(&self, key: StreamKey) -> StreamEnd {
        self.streams[key.0].committed
    }

    /// How far a stream is decided.
    pub fn decided(&self, key: StreamKey) -> StreamEnd {
        self.streams[key.0].decided
    }

    /// The bytes of all entries that are not acknowledged.
    pub fn pending_bytes(&self) -> usize {
        let waiting = self.ready.iter().map(Batch::length).sum::<usize>();
        let flying = self.flights.iter().map(|flight| flight.batch.length()).sum::<usize>();
        self.window.length() + waiting + flying
    }

    /// Says that no more entries will come. When [`Log::is_at_rest`] then, all of them are durable, and marked as such.
    pub fn stop(&mut self) {
        self.is_stopping = true;
        // The last mark was not synced.
        self.is_marked = self.durable == 0;
    }

    /// Whether nothing is under way, and nothing waits.
    pub fn is_at_rest(&self) -> bool {
        let is_settled = self.window.is_empty() && self.ready.is_empty() && self.flights.is_empty();
        is_settled && self.writes == 0 && self.creating.is_none() && self.is_marked
    }
}
