//! A disk in memory that does what disks do.
//!
//! Written bytes are seen at once and durable after a sync. A power cut loses, keeps or tears what was not synced, sector
//! by sector, and a sector that was lost may show what another file had there. Names are durable after a sync of the
//! directory; each change of a name that was not synced is lost or kept by itself. A sync that fails leaves the bytes
//! readable and never makes them durable; each other open file learns of it once. At any call the machine may end, or the
//! call may fail.

use crate::store::trace::SharedTrace;
use nt_broker::simulation::random::Random;
use nt_store::{Call, Disk, DiskError, DiskFile};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

pub(super) const SECTOR: usize = 512;

/// How a machine ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The process: all that was written stays.
    Process,
    /// The power: what was not synced may be lost.
    Power,
}

/// A change that was not synced.
#[derive(Debug, Clone)]
enum Change {
    Bytes(u64, Vec<u8>),
    Length(u64),
}

#[derive(Debug, Clone)]
enum NameChange {
    Create(String, u64),
    Rename(String, String),
    Remove(String),
}

#[derive(Debug, Default, Clone)]
struct Inode {
    visible: Vec<u8>,
    durable: Vec<u8>,
    pending: Vec<Change>,
    /// Open files that have to be told that something was not made durable.
    untold: BTreeSet<u64>,
    open: BTreeSet<u64>,
}

struct State {
    inodes: BTreeMap<u64, Inode>,
    names: BTreeMap<String, u64>,
    durable_names: BTreeMap<String, u64>,
    pending_names: Vec<NameChange>,
    next: u64,
    calls: u64,
    /// The machine ends at this call.
    ends_at: Option<u64>,
    has_ended: bool,
    /// Calls that change something fail so many times in a thousand.
    failing: usize,
    is_full: bool,
    random: Random,
    trace: SharedTrace,
}

/// The disk. Clones are the same disk.
#[derive(Clone)]
pub(super) struct SimDisk {
    state: Rc<RefCell<State>>,
    locked: Rc<Cell<bool>>,
}

/// An open file of the disk.
pub(super) struct SimFile {
    disk: SimDisk,
    name: String,
    inode: u64,
    number: u64,
}

/// The lock of the directory.
pub(super) struct SimLock(Rc<Cell<bool>>);

impl Drop for SimLock {
    fn drop(&mut self) {
        self.0.set(false);
    }
}

impl SimDisk {
    pub fn new(seed: u64, trace: SharedTrace) -> Self {
        let state = State {
            inodes: BTreeMap::new(),
            names: BTreeMap::new(),
            durable_names: BTreeMap::new(),
            pending_names: Vec::new(),
            next: 1,
            calls: 0,
            ends_at: None,
            has_ended: false,
            failing: 0,
            is_full: false,
            random: Random::new(seed),
            trace,
        };
        Self {
            state: Rc::new(RefCell::new(state)),
            locked: Rc::default(),
        }
    }

    /// The machine ends at the call after so many others.
    pub fn end_after(&self, calls: Option<u64>) {
        let state = &mut *self.state.borrow_mut();
        state.ends_at = calls.map(|calls| state.calls + calls);
    }

    pub fn has_ended(&self) -> bool {
        self.state.borrow().has_ended
    }

    /// How often calls fail, in a thousand; and whether there is no room.
    pub fn fail(&self, failing: usize, is_full: bool) {
        let state = &mut *self.state.borrow_mut();
        (state.failing, state.is_full) = (failing, is_full);
    }

    /// The machine has ended, in this way. It starts again, with what is left.
    pub fn restart(&self, end: End) {
        self.locked.set(false);
        let state = &mut *self.state.borrow_mut();
        (state.has_ended, state.ends_at) = (false, None);
        state.inodes.values_mut().for_each(|inode| {
            inode.open.clear();
            inode.untold.clear();
        });
        if end == End::Power {
            state.cut_power();
        }
    }

    /// Log files and their bytes.
    pub fn image(&self) -> BTreeMap<String, Vec<u8>> {
        let state = self.state.borrow();
        let files = state.names.iter().filter(|(name, _)| name.ends_with(".log"));
        files
            .map(|(name, inode)| (name.clone(), state.inodes[inode].visible.clone()))
            .collect()
    }

    /// Puts other bytes in the place of a file's, without anybody having written them. `None` removes it.
    pub fn damage(&self, name: &str, bytes: Option<Vec<u8>>) {
        let state = &mut *self.state.borrow_mut();
        match (bytes, state.names.get(name)) {
            (Some(bytes), Some(inode)) => {
                let inode = state.inodes.entry(*inode).or_default();
                inode.durable.clone_from(&bytes);
                inode.visible = bytes;
                inode.pending.clear();
            }
            _ => {
                state.names.remove(name);
                state.durable_names.remove(name);
            }
        }
    }

    /// One call: it may be the machine's last, or fail.
    fn call(&self, call: Call, path: &str, numbers: &[u64]) -> Result<(), DiskError> {
        let state = &mut *self.state.borrow_mut();
        let failed = |reason: &str| DiskError::Failed {
            call,
            path: path.to_owned(),
            reason: reason.to_owned(),
        };
        if state.has_ended {
            return Err(failed("the machine has ended"));
        }
        state.calls += 1;
        state.trace.note(&format!("{call} {path}"), numbers);
        if state.ends_at.is_some_and(|at| state.calls >= at) {
            state.has_ended = true;
            return Err(failed("the machine ends"));
        }
        let changes = matches!(
            call,
            Call::Write | Call::Sync | Call::SyncDirectory | Call::Create | Call::SetLength
        );
        if changes && state.failing > 0 && state.random.below(1000) < state.failing {
            state.trace.note("fails", &[]);
            return Err(failed("input/output error"));
        }
        if state.is_full && matches!(call, Call::Write | Call::Create) {
            return Err(DiskError::Full {
                call,
                path: path.to_owned(),
            });
        }
        Ok(())
    }

    fn opened(&self, name: &str, inode: u64) -> SimFile {
        let state = &mut *self.state.borrow_mut();
        state.next += 1;
        let number = state.next;
        if let Some(inode) = state.inodes.get_mut(&inode) {
            inode.open.insert(number);
        }
        SimFile {
            disk: self.clone(),
            name: name.to_owned(),
            inode,
            number,
        }
    }
}

impl State {
    fn cut_power(&mut self) {
        let kept = self.random.pick(&[0, 10, 50, 90, 100]);
        for change in std::mem::take(&mut self.pending_names) {
            if self.random.chance(kept) {
                apply_name(&mut self.durable_names, &change);
            }
        }
        self.names.clone_from(&self.durable_names);
        let stale: Vec<Vec<u8>> = self.inodes.values().map(|inode| inode.visible.clone()).collect();
        let shows_stale = self.random.chance(30);
        for inode in self.inodes.values_mut() {
            for change in std::mem::take(&mut inode.pending) {
                match change {
                    Change::Length(length) if self.random.chance(kept.max(50)) => {
                        inode.durable.resize(length as usize, 0)
                    }
                    Change::Length(_) => {}
                    Change::Bytes(offset, bytes) => tear(inode, offset, &bytes, kept, &mut self.random, |at| {
                        let other = shows_stale
                            .then(|| stale.get(at / SECTOR % stale.len().max(1)))
                            .flatten();
                        other.and_then(|other| other.get(at..at + SECTOR)).map(<[u8]>::to_vec)
                    }),
                }
            }
            inode.visible.clone_from(&inode.durable);
        }
        let named: BTreeSet<u64> = self.names.values().copied().collect();
        self.inodes.retain(|number, _| named.contains(number));
    }
}

/// Keeps some sectors of a write. In the place of others may be what was elsewhere.
fn tear(
    inode: &mut Inode,
    offset: u64,
    bytes: &[u8],
    kept: usize,
    random: &mut Random,
    stale: impl Fn(usize) -> Option<Vec<u8>>,
) {
    let offset = offset as usize;
    // Begins at the sector's beginning: what is written is.
    for (number, sector) in bytes.chunks(SECTOR).enumerate() {
        let at = offset + number * SECTOR;
        let end = at + sector.len();
        if random.chance(kept) {
            if inode.durable.len() < end {
                inode.durable.resize(end, 0);
            }
            inode.durable[at..end].copy_from_slice(sector);
        } else if let Some(stale) = stale(at)
            && sector.len() == SECTOR
            && inode.durable.len() >= end
            && inode.durable[at..end].iter().all(|byte| *byte == 0)
        {
            inode.durable[at..end].copy_from_slice(&stale);
        }
    }
}

fn apply_name(names: &mut BTreeMap<String, u64>, change: &NameChange) {
    match change {
        NameChange::Create(name, inode) => {
            names.insert(name.clone(), *inode);
        }
        NameChange::Rename(from, to) => {
            if let Some(inode) = names.remove(from) {
                names.insert(to.clone(), inode);
            }
        }
        NameChange::Remove(name) => {
            names.remove(name);
        }
    }
}

fn apply(bytes: &mut Vec<u8>, change: &Change) {
    match change {
        Change::Length(length) => bytes.resize(*length as usize, 0),
        Change::Bytes(offset, written) => {
            let (begin, end) = (*offset as usize, *offset as usize + written.len());
            if bytes.len() < end {
                bytes.resize(end, 0);
            }
            bytes[begin..end].copy_from_slice(written);
        }
    }
}

impl Disk for SimDisk {
    type File = SimFile;
    type Lock = SimLock;

    fn lock(&self) -> Result<SimLock, DiskError> {
        self.call(Call::Lock, "", &[])?;
        if self.locked.replace(true) {
            return Err(DiskError::Locked { path: String::new() });
        }
        Ok(SimLock(self.locked.clone()))
    }

    fn list(&self) -> Result<Vec<String>, DiskError> {
        self.call(Call::List, "", &[])?;
        let mut names: Vec<String> = self.state.borrow().names.keys().cloned().collect();
        names.reverse();
        Ok(names)
    }

    fn create(&self, name: &str, length: u64) -> Result<SimFile, DiskError> {
        self.call(Call::Create, name, &[length])?;
        let inode = {
            let state = &mut *self.state.borrow_mut();
            state.next += 1;
            let number = state.next;
            let change = NameChange::Create(name.to_owned(), number);
            apply_name(&mut state.names, &change);
            state.pending_names.push(change);
            let inode = state.inodes.entry(number).or_default();
            inode.visible.resize(length as usize, 0);
            inode.pending.push(Change::Length(length));
            number
        };
        Ok(self.opened(name, inode))
    }

    fn open(&self, name: &str) -> Result<SimFile, DiskError> {
        self.call(Call::Open, name, &[])?;
        let inode = self.state.borrow().names.get(name).copied();
        match inode {
            Some(inode) => Ok(self.opened(name, inode)),
            None => Err(DiskError::Missing {
                call: Call::Open,
                path: name.to_owned(),
            }),
        }
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), DiskError> {
        self.call(Call::Rename, from, &[])?;
        self.change_name(NameChange::Rename(from.to_owned(), to.to_owned()));
        Ok(())
    }

    fn remove(&self, name: &str) -> Result<(), DiskError> {
        self.call(Call::Remove, name, &[])?;
        self.change_name(NameChange::Remove(name.to_owned()));
        Ok(())
    }

    fn sync_directory(&self) -> Result<(), DiskError> {
        self.call(Call::SyncDirectory, "", &[])?;
        let state = &mut *self.state.borrow_mut();
        state.pending_names.clear();
        state.durable_names.clone_from(&state.names);
        Ok(())
    }
}

impl SimDisk {
    fn change_name(&self, change: NameChange) {
        let state = &mut *self.state.borrow_mut();
        apply_name(&mut state.names, &change);
        state.pending_names.push(change);
    }
}

impl SimFile {
    fn with<T>(&self, act: impl FnOnce(&mut Inode, &mut Random) -> T) -> T {
        let state = &mut *self.disk.state.borrow_mut();
        // A removed file stays while it is open.
        act(state.inodes.entry(self.inode).or_default(), &mut state.random)
    }

    fn change(&self, change: Change) {
        self.with(|inode, _| {
            apply(&mut inode.visible, &change);
            inode.pending.push(change);
        });
    }

    /// What was written will never be durable, or only some of it; other open files learn of it once.
    fn lose(&self) {
        self.with(|inode, random| {
            let kept = random.pick(&[0, 50, 100]);
            for change in std::mem::take(&mut inode.pending) {
                match change {
                    Change::Bytes(offset, bytes) => tear(inode, offset, &bytes, kept, random, |_| None),
                    Change::Length(length) => inode.durable.resize(length as usize, 0),
                }
            }
            inode.untold.clone_from(&inode.open);
            inode.untold.remove(&self.number);
        });
    }
}

impl DiskFile for SimFile {
    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> Result<usize, DiskError> {
        self.disk.call(Call::Read, &self.name, &[offset])?;
        Ok(self.with(|inode, _| {
            let rest = inode.visible.get(offset as usize..).unwrap_or_default();
            let length = rest.len().min(bytes.len());
            bytes[..length].copy_from_slice(&rest[..length]);
            length
        }))
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<(), DiskError> {
        let had_ended = self.disk.has_ended();
        let outcome = self.disk.call(Call::Write, &self.name, &[offset, bytes.len() as u64]);
        // A write that fails may have written some of it.
        let written = match outcome {
            Ok(()) => bytes.len(),
            Err(_) if had_ended => 0,
            Err(_) => self.with(|_, random| random.below(bytes.len() / SECTOR + 1)) * SECTOR,
        };
        if written > 0 {
            self.change(Change::Bytes(offset, bytes[..written].to_vec()));
        }
        outcome
    }

    fn sync(&self) -> Result<(), DiskError> {
        if let Err(error) = self.disk.call(Call::Sync, &self.name, &[]) {
            if !self.disk.has_ended() {
                self.lose();
            }
            return Err(error);
        }
        let is_untold = self.with(|inode, _| inode.untold.remove(&self.number));
        if is_untold {
            return Err(DiskError::Failed {
                call: Call::Sync,
                path: self.name.clone(),
                reason: "an earlier write failed".to_owned(),
            });
        }
        self.with(|inode, _| {
            for change in std::mem::take(&mut inode.pending) {
                apply(&mut inode.durable, &change);
            }
        });
        Ok(())
    }

    fn set_length(&self, length: u64) -> Result<(), DiskError> {
        self.disk.call(Call::SetLength, &self.name, &[length])?;
        self.change(Change::Length(length));
        Ok(())
    }

    fn length(&self) -> Result<u64, DiskError> {
        self.disk.call(Call::Length, &self.name, &[])?;
        Ok(self.with(|inode, _| inode.visible.len() as u64))
    }
}

impl Drop for SimFile {
    fn drop(&mut self) {
        if let Ok(mut state) = self.disk.state.try_borrow_mut()
            && let Some(inode) = state.inodes.get_mut(&self.inode)
        {
            inode.open.remove(&self.number);
            inode.untold.remove(&self.number);
        }
    }
}
