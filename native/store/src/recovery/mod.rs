//! Recovery: what the log files of a store have to say after a crash, or after damage.
//!
//! - `scan` finds the frames of one file; `plan` decides which of them count.
//! - `deliver` reads these and verifies them; `streams` gives their entries to the visitor, in order.
//! - `report` says what is lost.
//!
//! Recovery changes no byte of a log. A tail that was never acknowledged ends where the next log file begins: its head says so, and
//! it is durable before anything else is written. So a crash during recovery, or before that head is durable, leaves what
//! was there, and the next recovery comes to the same end.
//!
//! What recovery found beyond what was known to be durable may be in the page cache only. If a sync of it had failed before
//! the process was killed, a sync alone would succeed and do nothing. So these frames are written once more, with the same
//! bytes, and synced before they are served.

mod deliver;
mod plan;
mod report;
mod scan;
mod streams;

pub use report::{Cut, Damage, Lost, Report};
pub use streams::Visitor;

use crate::directory::OpenError;
use crate::disk::{Disk, DiskError, DiskFile};
use crate::faults::{Fault, Planted};
use crate::head::FileName;
use crate::log::{ChainEnd, StreamEnd};
use crate::record::StreamId;
use deliver::{Delivery, Unproven};
use scan::{Scanned, UnknownFormat, scan};
use std::collections::{BTreeMap, BTreeSet};

/// What a store has.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Recovered {
    /// Where each stream ends.
    pub streams: BTreeMap<StreamId, StreamEnd>,
    /// Where each chain of log files ends.
    pub chains: BTreeMap<u32, ChainEnd>,
    /// The number for the next log file.
    pub next_file: u64,
    /// What is damaged, and what was dropped.
    pub report: Report,
}

/// Reads all log files of a directory that [`crate::open_directory`] has opened, and gives the entries that survived to the
/// visitor. They are durable when this has returned.
pub fn recover<D: Disk>(disk: &D, visitor: &mut dyn Visitor) -> Result<Recovered, OpenError> {
    run(disk, visitor, Planted::default())
}

/// The same, wrong in one way.
#[cfg(any(test, fuzzing, feature = "simulation"))]
pub fn recover_with<D: Disk>(
    disk: &D,
    visitor: &mut dyn Visitor,
    fault: Option<crate::Fault>,
) -> Result<Recovered, OpenError> {
    run(disk, visitor, Planted::new(fault))
}

fn run<D: Disk>(disk: &D, visitor: &mut dyn Visitor, planted: Planted) -> Result<Recovered, OpenError> {
    let files = open_files(disk, planted)?;
    let mut delivery = Delivery::new(&files, visitor, planted);
    delivery.run();
    let (mut recovered, unproven) = delivery.finish();
    if !planted.is(Fault::TailNotSynced) {
        make_durable(&files, &unproven, planted)?;
        disk.sync_directory()?;
    }
    recovered.next_file = files
        .iter()
        .map(|file| file.name.number.saturating_add(1))
        .max()
        .unwrap_or(1);
    Ok(recovered)
}

/// Writes frames once more, with the bytes that they have.
fn make_durable<F: DiskFile>(files: &[Scanned<F>], unproven: &[Unproven], planted: Planted) -> Result<(), DiskError> {
    for frame in unproven.iter().filter(|_| !planted.is(Fault::TailNotWritten)) {
        let file = &files[frame.file];
        file.file
            .write_at(frame.offset, &file.read(frame.offset, frame.length))?;
    }
    let written: BTreeSet<usize> = unproven.iter().map(|frame| frame.file).collect();
    written.into_iter().try_for_each(|index| files[index].file.sync())
}

/// Opens and scans all log files, in the order of their numbers.
fn open_files<D: Disk>(disk: &D, planted: Planted) -> Result<Vec<Scanned<D::File>>, OpenError> {
    let mut names: Vec<FileName> = disk.list()?.iter().filter_map(|name| FileName::parse(name)).collect();
    names.sort();
    let mut files = Vec::new();
    for name in names {
        let file = disk.open(&name.to_string())?;
        match scan(name, file, planted.is(Fault::StaleFrames))? {
            Ok(scanned) => files.push(scanned),
            Err(UnknownFormat(format)) => {
                let file = name.to_string();
                return Err(OpenError::UnknownFile { file, format });
            }
        }
    }
    Ok(files)
}
