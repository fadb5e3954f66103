//! What has to be done on the disk: a job runs on a thread that may wait, and goes back to its log when it is done.
//!
//! It is a machine of single calls, so that the simulator may let others run between two of them.

use crate::disk::{Call, Disk, DiskError, DiskFile};
use crate::faults::{Fault, Planted};

/// Work for an I/O thread. `F` is an open file of its disk.
#[derive(Debug)]
pub struct Job<F> {
    pub(super) id: u64,
    pub(super) work: Work<F>,
    pub(super) result: Result<(), DiskError>,
    step: Step,
    planted: Planted,
}

#[derive(Debug)]
pub(super) enum Work<F> {
    /// A new log file.
    Create {
        name: String,
        length: u64,
        /// Files that hold nothing that counts, to be removed before.
        remove: Vec<String>,
        file: Option<F>,
    },
    /// Bytes of a frame.
    Write(Write<F>),
}

#[derive(Debug)]
pub(super) struct Write<F> {
    /// The number of the file, and its name.
    pub number: u64,
    pub name: String,
    /// Each job has an open file of its own: if two shared one, a failure of the one's bytes might be told to the other.
    pub file: Option<F>,
    /// What is written at the beginning of the file besides.
    pub head: Option<Vec<u8>>,
    pub offset: u64,
    pub bytes: Vec<u8>,
    /// Whether it is synced. A mark is not.
    pub is_synced: bool,
    pub is_mark: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Remove,
    Create,
    SyncLength,
    SyncDirectory,
    Open,
    Head,
    Write,
    Sync,
    Done,
}

impl<F> Job<F> {
    pub(super) fn new(id: u64, work: Work<F>, planted: Planted) -> Self {
        let step = match &work {
            Work::Create { .. } => Step::Remove,
            Work::Write(_) => Step::Open,
        };
        Self {
            id,
            work,
            result: Ok(()),
            step,
            planted,
        }
    }

    /// Makes all calls.
    pub fn run<D>(mut self, disk: &D) -> Self
    where
        D: Disk<File = F>,
        F: DiskFile,
    {
        while !self.advance(disk) {}
        self
    }

    /// Makes the next call, if one is left. Says whether the job is done.
    pub fn advance<D>(&mut self, disk: &D) -> bool
    where
        D: Disk<File = F>,
        F: DiskFile,
    {
        match self.call(disk) {
            Ok(next) => self.step = next,
            Err(error) => {
                self.result = Err(error);
                self.step = Step::Done;
            }
        }
        self.step == Step::Done
    }

    fn call<D>(&mut self, disk: &D) -> Result<Step, DiskError>
    where
        D: Disk<File = F>,
        F: DiskFile,
    {
        match &mut self.work {
            Work::Create {
                name,
                length,
                remove,
                file,
            } => create(self.step, disk, (name, *length), remove, file, self.planted),
            Work::Write(write) => write.call(self.step, disk, self.planted),
        }
    }
}

fn create<D: Disk>(
    step: Step,
    disk: &D,
    (name, length): (&str, u64),
    remove: &mut Vec<String>,
    file: &mut Option<D::File>,
    planted: Planted,
) -> Result<Step, DiskError> {
    match (step, &file) {
        (Step::Remove, _) => {
            // They are only in the way. If one can't be removed, it counts for nothing all the same.
            if let Some(name) = remove.pop() {
                let _ = disk.remove(&name);
                return Ok(Step::Remove);
            }
            Ok(Step::Create)
        }
        (Step::Create, _) => {
            *file = Some(disk.create(name, length)?);
            Ok(Step::SyncLength)
        }
        (Step::SyncLength, Some(file)) => {
            file.sync()?;
            let is_skipped = planted.is(Fault::DirectoryNotSynced);
            Ok(if is_skipped { Step::Done } else { Step::SyncDirectory })
        }
        (Step::SyncDirectory, _) => {
            disk.sync_directory()?;
            Ok(Step::Done)
        }
        _ => Ok(Step::Done),
    }
}

impl<F: DiskFile> Write<F> {
    fn call<D: Disk<File = F>>(&mut self, step: Step, disk: &D, planted: Planted) -> Result<Step, DiskError> {
        let Some(file) = &self.file else {
            self.file = Some(disk.open(&self.name)?);
            return Ok(Step::Head);
        };
        match step {
            Step::Open | Step::Head => {
                if let Some(head) = &self.head {
                    file.write_at(0, head)?;
                    return Ok(Step::Write);
                }
                self.write(planted)
            }
            Step::Write => self.write(planted),
            Step::Sync => {
                let outcome = file.sync();
                if outcome.is_err() && planted.is(Fault::SyncRetried) {
                    file.sync()?;
                    return Ok(Step::Done);
                }
                outcome.map(|()| Step::Done)
            }
            Step::Remove | Step::Create | Step::SyncLength | Step::SyncDirectory | Step::Done => Ok(Step::Done),
        }
    }

    fn write(&self, planted: Planted) -> Result<Step, DiskError> {
        let Some(file) = &self.file else {
            return Err(DiskError::Missing {
                call: Call::Write,
                path: self.name.clone(),
            });
        };
        file.write_at(self.offset, &self.bytes)?;
        let is_synced = self.is_synced && !planted.is(Fault::AckBeforeSync);
        Ok(if is_synced { Step::Sync } else { Step::Done })
    }
}
