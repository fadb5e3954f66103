//! One run of the store: lives of a process between crashes, each with entries for several streams.

use crate::Failure;
use crate::store::damage::{Image, damage, silent};
use crate::store::disk::{End, SimDisk};
use crate::store::entries::number_of;
use crate::store::life::{Life, Shape};
use crate::store::model::{Excuses, Model, Visited};
use crate::store::trace::SharedTrace;
use nt_broker::simulation::random::Random;
use nt_store::{Fault, OpenError, Record, Recovered, StreamId, open_directory, recover_with};

/// The result of a run of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreReport {
    /// Of everything that happened, in order: the same for the same seed, in every process.
    pub hash: u64,
    /// How many calls and events that were.
    pub steps: u64,
    /// How many entries were appended.
    pub appended: u64,
}

pub(super) struct Run {
    seed: u64,
    fault: Option<Fault>,
    pub random: Random,
    pub trace: SharedTrace,
    pub disk: SimDisk,
    pub model: Model,
    pub shape: Shape,
    excuses: Excuses,
    /// The files before the last damage.
    undamaged: Image,
    /// How many entries were made.
    pub entries: u64,
}

const LIVES_MAX: usize = 5;
/// So many times a recovery may be interrupted.
const INTERRUPTIONS_MAX: usize = 4;

/// Runs one seed to its end.
pub(super) fn run(seed: u64, fault: Option<Fault>, print_trace: bool) -> Result<StoreReport, Failure> {
    let trace = SharedTrace::new(seed, print_trace);
    let mut random = Random::new(seed);
    let mut run = Run {
        seed,
        fault,
        shape: Shape::new(&mut random),
        disk: SimDisk::new(random.next(), trace.clone()),
        random,
        trace,
        model: Model::default(),
        excuses: Excuses::default(),
        undamaged: Image::new(),
        entries: 0,
    };
    match run.lives() {
        Ok(()) => Ok(StoreReport {
            hash: run.trace.hash(),
            steps: run.trace.steps(),
            appended: run.entries,
        }),
        Err(text) => Err(Failure { seed, text }),
    }
}

impl Run {
    fn lives(&mut self) -> Result<(), String> {
        for _ in 0..2 + self.random.below(LIVES_MAX - 1) {
            let Some(recovered) = self.recover()? else {
                return Ok(());
            };
            let seed = self.random.next();
            Life::new(self, &recovered, seed, self.fault).live(self)?;
            let end = if self.random.chance(70) {
                End::Power
            } else {
                End::Process
            };
            self.trace.note("end of a life", &[u64::from(end == End::Power)]);
            self.disk.restart(end);
            if self.shape.damages && self.random.chance(60) {
                self.excuses.is_damaged = true;
                self.undamaged = damage(&self.disk, &mut self.random, &self.trace);
                self.excuse();
            }
        }
        self.recover().map(|_| ())
    }

    /// Opens the store, whatever interrupts that. `None`: so much is damaged that nothing more can be said.
    fn recover(&mut self) -> Result<Option<Recovered>, String> {
        for attempt in 0.. {
            let may_interrupt = attempt < INTERRUPTIONS_MAX && self.random.chance(30);
            self.disk
                .end_after(may_interrupt.then(|| 1 + self.random.below(60) as u64));
            let fails = self.shape.fails && attempt < INTERRUPTIONS_MAX;
            self.disk.fail(if fails { 50 } else { 0 }, false);
            let mut visited = Visited::new();
            let outcome = self.open(&mut visited);
            match outcome {
                Ok(recovered) => {
                    self.disk.end_after(None);
                    self.disk.fail(0, false);
                    self.trace.note("recovered", &[recovered.next_file]);
                    let judged = self.model.recovered(&visited, &recovered, &self.excuses);
                    let goes_on = judged.map_err(|error| format!("{error}; {:?}", recovered.report))?;
                    self.excuses.silent.clear();
                    self.undamaged.clear();
                    return Ok(goes_on.then_some(recovered));
                }
                Err(_) if self.disk.has_ended() => {
                    let end = if self.random.chance(50) {
                        End::Power
                    } else {
                        End::Process
                    };
                    self.disk.restart(end);
                    // The proof of an entry may have been in the page cache.
                    self.excuse();
                }
                Err(OpenError::Disk(_)) if fails => {}
                Err(error) => return Err(format!("the store can't be opened: {error}")),
            }
        }
        Ok(None)
    }

    fn excuse(&mut self) {
        self.excuses.silent.extend(silent(&self.undamaged, &self.disk.image()));
    }

    fn open(&self, visited: &mut Visited) -> Result<Recovered, OpenError> {
        let _lock = open_directory(&self.disk)?;
        let mut visitor = |stream: StreamId, _term: u64, record: &Record<'_>| {
            // A number that no entry has: the model knows that it was never written.
            let number = number_of(&record.entry).unwrap_or(u64::MAX);
            visited.entry(stream).or_default().push((record.index, number));
        };
        recover_with(&self.disk, &mut visitor, self.fault)
    }

    /// A secret for the ids of files.
    pub fn secret(&mut self) -> u64 {
        self.random.next() ^ self.seed
    }
}
