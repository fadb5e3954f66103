//! A store directory: which format it has, and that one broker uses it at a time.

use crate::disk::{Disk, DiskError, DiskFile};
use thiserror::Error;

/// The file that says what this directory is.
const FORMAT: &str = "FORMAT";
const NEW_FORMAT: &str = "FORMAT.new";
const CONTENTS: &str = "nats-turbo store 1\n";
const CONTENTS_MAX: usize = 64;

/// Why a store can't be opened.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum OpenError {
    /// The disk refuses.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// It has files that are no store's.
    #[error("the store directory has other files ({file}), and none that says that it is a store; choose an empty one")]
    NotAStore {
        /// One of them.
        file: String,
    },
    /// It has a format that this version does not know.
    #[error("the store directory has the format {found:?}; this version knows {CONTENTS:?} only. Nothing was changed")]
    UnknownFormat {
        /// What it says.
        found: String,
    },
    /// One of its files has a format that this version does not know.
    #[error("{file} has format {format}, which this version does not know. Nothing was changed")]
    UnknownFile {
        /// Its name.
        file: String,
        /// Its format.
        format: u32,
    },
}

/// Takes the directory: makes a store of an empty one, refuses what is no store, or one of another version.
pub fn open_directory<D: Disk>(disk: &D) -> Result<D::Lock, OpenError> {
    check(disk)?;
    let lock = disk.lock()?;
    if !check(disk)? {
        make(disk)?;
    }
    // What was renamed before a crash may still be in memory only.
    disk.sync_directory()?;
    Ok(lock)
}

/// Whether it is a store. Changes nothing.
fn check<D: Disk>(disk: &D) -> Result<bool, OpenError> {
    let mut names = disk.list()?;
    if names.iter().any(|name| name == FORMAT) {
        let found = read(&disk.open(FORMAT)?)?;
        return match found == CONTENTS {
            true => Ok(true),
            false => Err(OpenError::UnknownFormat { found }),
        };
    }
    names.retain(|name| name != NEW_FORMAT);
    names.sort();
    match names.into_iter().next() {
        Some(file) => Err(OpenError::NotAStore { file }),
        None => Ok(false),
    }
}

fn read(file: &impl DiskFile) -> Result<String, DiskError> {
    let mut bytes = [0; CONTENTS_MAX];
    let length = file.read_at(0, &mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes[..length]).into_owned())
}

fn make<D: Disk>(disk: &D) -> Result<(), DiskError> {
    if disk.list()?.iter().any(|name| name == NEW_FORMAT) {
        disk.remove(NEW_FORMAT)?;
    }
    let file = disk.create(NEW_FORMAT, 0)?;
    file.write_at(0, CONTENTS.as_bytes())?;
    file.sync()?;
    disk.rename(NEW_FORMAT, FORMAT)
}
