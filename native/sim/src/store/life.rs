//! One life of a process: entries are appended, jobs run a call at a time and come back in any order, calls fail; it ends
//! with a crash at any call, or cleanly.

use crate::store::disk::SimFile;
use crate::store::entries::Made;
use crate::store::run::Run;
use nt_broker::simulation::random::Random;
use nt_store::{Chain, Event, Fault, FileNames, Job, Log, LogOptions, Recovered, StreamEnd, StreamId, StreamKey};

const MS: u64 = 1_000_000;
/// So many steps a clean stop takes at most.
const STOP_STEPS_MAX: usize = 20_000;

/// What a seed decides about its run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    streams: usize,
    chains: usize,
    steps: usize,
    options: LogOptions,
    /// Calls fail now and then.
    pub fails: bool,
    /// Entries are withdrawn when the disk fails.
    withdraws: bool,
    /// Files are damaged between lives.
    pub damages: bool,
    /// In a hundred lives, so many end with a clean stop.
    stops: usize,
}

impl Shape {
    pub fn new(random: &mut Random) -> Self {
        let options = LogOptions {
            file_bytes: random.pick(&[48 << 10, 96 << 10, 192 << 10]),
            window_bytes: random.pick(&[4 << 10, 64 << 10]),
            commits_max: 1 + random.below(4),
            ..LogOptions::default()
        };
        Self {
            streams: 1 + random.below(5),
            chains: 1 + random.below(2),
            steps: random.pick(&[30, 100, 300]),
            options,
            fails: random.chance(40),
            withdraws: random.chance(50),
            damages: random.chance(40),
            stops: random.pick(&[0, 30, 80]),
        }
    }
}

struct Stream {
    id: StreamId,
    log: usize,
    key: StreamKey,
}

pub(super) struct Life {
    logs: Vec<Log<SimFile>>,
    streams: Vec<Stream>,
    /// Jobs that run, with their logs.
    running: Vec<(usize, Job<SimFile>)>,
    /// Jobs that are done, and not given back.
    done: Vec<(usize, Job<SimFile>)>,
    now_ns: u64,
    has_failed: bool,
}

impl Life {
    /// Goes on where recovery ended.
    pub fn new(run: &mut Run, recovered: &Recovered, seed: u64, fault: Option<Fault>) -> Self {
        let mut random = Random::new(seed);
        let names = FileNames::new(recovered.next_file, run.secret());
        let mut logs: Vec<Log<SimFile>> = (0..run.shape.chains as u32)
            .map(|chain| {
                let end = recovered.chains.get(&chain).cloned().unwrap_or_default();
                Log::new(run.shape.options, chain, names.clone(), &end)
            })
            .collect();
        logs.iter_mut().for_each(|log| log.plant(fault));
        let streams = (1..=run.shape.streams as u64).map(|number| {
            let id = StreamId(number);
            let nothing = StreamEnd {
                index: 0,
                chain: Chain::origin(id, 0),
            };
            let end = recovered.streams.get(&id).copied().unwrap_or(nothing);
            let log = random.below(logs.len());
            let key = logs[log].open_stream(id, 0, end);
            Stream { id, log, key }
        });
        let streams = streams.collect();
        Self {
            logs,
            streams,
            running: Vec::new(),
            done: Vec::new(),
            now_ns: 1,
            has_failed: false,
        }
    }

    /// Lives until the machine ends, or as long as it may.
    pub fn live(mut self, run: &mut Run) -> Result<(), String> {
        let stops = run.random.chance(run.shape.stops);
        let calls = (!stops).then(|| run.random.below(1 + run.shape.steps * 2) as u64);
        run.disk.end_after(calls);
        for _ in 0..run.shape.steps {
            self.step(run)?;
            if run.disk.has_ended() {
                return Ok(());
            }
        }
        if stops {
            self.stop(run)?;
        }
        Ok(())
    }

    fn step(&mut self, run: &mut Run) -> Result<(), String> {
        match run.random.below(100) {
            0..35 => self.append(run)?,
            35..75 => self.advance(run),
            75..86 => self.give_back(run),
            86..94 => self.now_ns += run.random.below(3 * MS as usize) as u64,
            94..97 => self.now_ns += run.random.below(2000) as u64 * MS,
            97 if run.shape.fails => {
                let failing = run.random.pick(&[0, 20, 200, 1000]);
                run.disk.fail(failing, run.random.chance(20));
            }
            98 if run.shape.withdraws && self.has_failed => self.withdraw(run)?,
            _ => {}
        }
        self.settle(run)
    }

    fn append(&mut self, run: &mut Run) -> Result<(), String> {
        for _ in 0..1 + run.random.below(5) {
            let stream = &self.streams[run.random.below(self.streams.len())];
            run.entries += 1;
            let made = Made::new(run.entries);
            let outcome = self.logs[stream.log].append(stream.key, &made.entry());
            let index = outcome.map_err(|error| error.to_string())?;
            run.trace.note("append", &[stream.id.0, index, run.entries]);
            run.model.appended(stream.id, index, run.entries)?;
        }
        Ok(())
    }

    /// One job makes its next call.
    fn advance(&mut self, run: &mut Run) {
        if self.running.is_empty() {
            return;
        }
        let at = run.random.below(self.running.len());
        if self.running[at].1.advance(&run.disk) {
            let job = self.running.swap_remove(at);
            self.done.push(job);
        }
    }

    fn give_back(&mut self, run: &mut Run) {
        if !self.done.is_empty() {
            let (log, job) = self.done.swap_remove(run.random.below(self.done.len()));
            self.logs[log].complete(job, self.now_ns);
        }
    }

    fn withdraw(&mut self, run: &mut Run) -> Result<(), String> {
        let index = run.random.below(self.logs.len());
        for withdrawn in self.logs[index].withdraw() {
            let Some(stream) = self.stream(index, withdrawn.stream) else {
                continue;
            };
            run.trace
                .note("withdraw", &[stream.id.0, withdrawn.first, withdrawn.last]);
            run.model.withdrawn(stream.id, withdrawn.first)?;
        }
        Ok(())
    }

    fn stream(&self, log: usize, key: StreamKey) -> Option<&Stream> {
        self.streams
            .iter()
            .find(|stream| stream.log == log && stream.key == key)
    }

    /// Takes new jobs and events of all logs.
    fn settle(&mut self, run: &mut Run) -> Result<(), String> {
        for index in 0..self.logs.len() {
            while let Some(job) = self.logs[index].next_job(self.now_ns) {
                self.running.push((index, job));
            }
            if self.logs[index]
                .deadline_ns()
                .is_some_and(|deadline| deadline <= self.now_ns)
            {
                return Err("a log has a deadline that has passed, and nothing to do".to_owned());
            }
            while let Some(event) = self.logs[index].next_event() {
                self.event(index, event, run)?;
            }
        }
        Ok(())
    }

    fn event(&mut self, log: usize, event: Event, run: &mut Run) -> Result<(), String> {
        match event {
            Event::Committed { stream, index } => {
                let Some(stream) = self.stream(log, stream) else {
                    return Err("a stream is committed that is not in this log".to_owned());
                };
                run.trace.note("committed", &[stream.id.0, index]);
                run.model.committed(stream.id, index)
            }
            Event::Failed { .. } => {
                self.has_failed = true;
                run.trace.note("failed", &[]);
                Ok(())
            }
        }
    }

    /// A clean stop: everything comes to rest, and all of it is committed.
    fn stop(&mut self, run: &mut Run) -> Result<(), String> {
        run.disk.fail(0, false);
        self.logs.iter_mut().for_each(Log::stop);
        for _ in 0..STOP_STEPS_MAX {
            self.settle(run)?;
            if self.logs.iter().all(Log::is_at_rest) && self.running.is_empty() && self.done.is_empty() {
                return match run.model.is_all_committed() {
                    true => Ok(()),
                    false => Err("a log is at rest, and not all of it is committed".to_owned()),
                };
            }
            if self.running.is_empty() && self.done.is_empty() {
                self.wait()?;
            }
            self.advance(run);
            self.give_back(run);
        }
        Err("a log does not come to rest".to_owned())
    }

    /// Time passes until a log has something to do.
    fn wait(&mut self) -> Result<(), String> {
        let deadlines = self.logs.iter().filter_map(Log::deadline_ns);
        match deadlines.min() {
            Some(deadline) => self.now_ns = self.now_ns.max(deadline),
            None => return Err("a log waits for nothing, and is not at rest".to_owned()),
        }
        Ok(())
    }
}
