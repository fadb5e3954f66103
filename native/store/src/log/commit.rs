//! Which job is next, and what its end means.

use crate::disk::DiskError;
use crate::faults::Fault;
use crate::head::{EARLIER_MAX, FirstFrame};
use crate::log::batch::{Batch, Position, mark};
use crate::log::file::LogFile;
use crate::log::job::{Job, Work, Write};
use crate::log::{Event, Flight, Log};
use crate::section::Place;

impl<F> Log<F> {
    /// A job that may start now. Ask until there is none: after entries were appended, after a job was completed, and
    /// when [`Log::deadline_ns`] has come.
    pub fn next_job(&mut self, now_ns: u64) -> Option<Job<F>> {
        self.settle_failure();
        if self.failure.is_open() {
            return None;
        }
        let job = match self.has_entries() {
            true => self.may_commit(now_ns).then(|| self.commit(now_ns)).flatten(),
            false => self.mark(now_ns),
        };
        // Last, for only now it is known whether the file has room.
        job.or_else(|| (self.needs_file() && self.failure.may_retry(now_ns)).then(|| self.create_file()))
    }

    /// When [`Log::next_job`] may have a job although nothing else has happened.
    pub fn deadline_ns(&self) -> Option<u64> {
        if self.failure.is_open() {
            return None;
        }
        let retry = self.needs_file().then(|| self.failure.retry_ns());
        let may_write = !self.waits_for_file;
        let commit = (may_write && self.has_entries() && self.commits < self.options.commits_max)
            .then(|| self.started_ns + self.options.overlap_after_ns);
        let mark = (may_write && self.wants_mark()).then(|| self.active_ns + self.options.mark_after_ns);
        [retry, commit, mark].into_iter().flatten().min()
    }

    fn has_entries(&self) -> bool {
        !self.window.is_empty() || !self.ready.is_empty()
    }

    /// A commit may start when none is under way, or when the last one takes long.
    /// To wait for more entries serves nobody when a window is full.
    fn may_commit(&self, now_ns: u64) -> bool {
        let takes_long = now_ns.saturating_sub(self.started_ns) >= self.options.overlap_after_ns;
        let may_overlap = takes_long || !self.ready.is_empty();
        self.commits == 0 || (self.commits < self.options.commits_max && may_overlap)
    }

    fn commit(&mut self, now_ns: u64) -> Option<Job<F>> {
        if self.ready.is_empty() {
            self.close_window();
        }
        let batch = self.ready.front()?;
        let length = batch.frame_length(&self.directory);
        let mark = crate::in_blocks(crate::FRAME_HEADER + batch.sections.len() * crate::DIRECTORY_ENTRY);
        if !self.has_room(length, mark) {
            return None;
        }
        let mut batch = self.ready.pop_front()?;
        let number = self.placed + 1;
        let file = self.current.as_mut()?;
        let directory = batch.place(Position {
            place: Place {
                file: file.name.id,
                frame: number,
            },
            durable: self.durable,
            first: file.first,
            offset: file.offset,
            previous: &self.directory,
        });
        let write = Self::write(file, std::mem::take(&mut batch.bytes), true, false);
        self.placed = number;
        self.directory.clone_from(&directory);
        self.commits += 1;
        self.started_ns = now_ns;
        self.is_marked = false;
        let job = self.job(Work::Write(write));
        self.flights.push_back(Flight {
            number,
            job: job.id,
            is_written: false,
            batch,
            directory,
        });
        self.writes += 1;
        Some(job)
    }

    /// Makes sure that the file that is written has room, if need be with the next file.
    fn has_room(&mut self, length: usize, mark: usize) -> bool {
        let size = self.options.file_bytes;
        let has_room = |file: &LogFile<F>| file.has_room(length, mark, size);
        self.waits_for_file = false;
        if self.current.as_ref().is_some_and(has_room) {
            return true;
        }
        let Some(mut next) = self.spare.take() else {
            self.waits_for_file = true;
            return false;
        };
        next.first = self.placed + 1;
        next.head = Some(next.name.head(next.first, &self.earlier));
        self.earlier.push(FirstFrame {
            file: next.name.number,
            first: next.first,
        });
        let forgotten = self.earlier.len().saturating_sub(EARLIER_MAX);
        self.earlier.drain(..forgotten);
        self.current = Some(next);
        true
    }

    /// A write at the end of a file.
    fn write(file: &mut LogFile<F>, bytes: Vec<u8>, is_synced: bool, is_mark: bool) -> Write<F> {
        let offset = file.offset;
        file.offset += bytes.len() as u64;
        Write {
            number: file.name.number,
            name: file.name.to_string(),
            file: file.idle.pop(),
            head: file.head.take(),
            offset,
            bytes,
            is_synced,
            is_mark,
        }
    }

    /// Whether it should be noted that the last frame is durable.
    fn wants_mark(&self) -> bool {
        !self.is_marked && self.writes == 0 && !self.has_entries()
    }

    fn mark(&mut self, now_ns: u64) -> Option<Job<F>> {
        let is_due = self.is_stopping || now_ns >= self.active_ns + self.options.mark_after_ns;
        let length = crate::in_blocks(crate::FRAME_HEADER + self.directory.len());
        if !self.wants_mark() || !is_due || !self.has_room(length, 0) {
            return None;
        }
        let bytes = self.buffers.take();
        let file = self.current.as_mut()?;
        let position = Position {
            place: Place {
                file: file.name.id,
                frame: self.durable,
            },
            durable: self.durable,
            first: file.first,
            offset: file.offset,
            previous: &self.durable_directory,
        };
        let write = Self::write(file, mark(bytes, position), self.is_stopping, true);
        self.writes += 1;
        self.is_marked = true;
        Some(self.job(Work::Write(write)))
    }

    pub(super) fn job(&mut self, work: Work<F>) -> Job<F> {
        self.next_job += 1;
        Job::new(self.next_job, work, self.planted)
    }

    /// A file is made early, so that nobody waits for it.
    fn needs_file(&self) -> bool {
        let is_used = |file: &LogFile<F>| file.offset > self.options.file_bytes / 2;
        let is_wanted = self.waits_for_file || self.current.as_ref().is_none_or(is_used);
        is_wanted && self.spare.is_none() && self.creating.is_none()
    }

    fn create_file(&mut self) -> Job<F> {
        let name = self.names.next(self.chain);
        self.creating = Some(name);
        let remove = self.failure.take_useless();
        self.job(Work::Create {
            name: name.to_string(),
            length: self.options.file_bytes,
            remove,
            file: None,
        })
    }

    /// Takes back a job that is done.
    pub fn complete(&mut self, job: Job<F>, now_ns: u64) {
        match job.work {
            Work::Create { name, file, .. } => self.created(name, file, job.result, now_ns),
            Work::Write(write) => self.written(job.id, write, job.result, now_ns),
        }
    }

    fn created(&mut self, name: String, file: Option<F>, result: Result<(), DiskError>, now_ns: u64) {
        let creating = self.creating.take();
        match (creating, file, result) {
            (Some(name), Some(file), Ok(())) => {
                self.spare = Some(LogFile::new(name, file));
                self.waits_for_file = false;
            }
            (_, _, Err(error)) => self.not_created(name, error, now_ns),
            _ => {}
        }
    }

    fn written(&mut self, id: u64, write: Write<F>, result: Result<(), DiskError>, now_ns: u64) {
        self.writes -= 1;
        self.active_ns = now_ns;
        if write.is_mark {
            self.buffers.give_back(write.bytes);
        } else {
            self.commits -= 1;
            if let Some(flight) = self.flights.iter_mut().find(|flight| flight.job == id) {
                flight.is_written = result.is_ok();
                flight.batch.bytes = write.bytes;
            }
        }
        match result {
            Ok(()) => self.keep_open(write.number, write.file),
            Err(error) => self.fail(write.name, error, now_ns),
        }
        self.acknowledge();
    }

    fn keep_open(&mut self, number: u64, open: Option<F>) {
        if let Some(file) = self.current.as_mut().filter(|file| file.name.number == number) {
            file.idle.extend(open);
        }
    }

    /// Tells what is durable with all before it.
    fn acknowledge(&mut self) {
        // After a failure it is not known what an earlier success is worth.
        while !self.failure.is_open() && self.flights.front().is_some_and(|flight| flight.is_written) {
            if let Some(flight) = self.flights.pop_front() {
                self.acknowledge_one(flight);
            }
        }
        let early = self.flights.iter().position(|flight| flight.is_written);
        if let Some(at) = early.filter(|_| self.planted.is(Fault::AckOutOfOrder))
            && let Some(flight) = self.flights.remove(at)
        {
            self.acknowledge_one(flight);
        }
    }

    fn acknowledge_one(&mut self, flight: Flight) {
        self.durable = self.durable.max(flight.number);
        self.durable_directory = flight.directory;
        self.failure.forget();
        let Batch { sections, bytes, .. } = flight.batch;
        self.buffers.give_back(bytes);
        for placed in sections {
            let stream = &mut self.streams[placed.key];
            stream.committed = super::StreamEnd {
                index: placed.section.last,
                chain: placed.section.after,
            };
            self.events.push_back(Event::Committed {
                stream: super::StreamKey(placed.key),
                index: placed.section.last,
            });
        }
    }
}
