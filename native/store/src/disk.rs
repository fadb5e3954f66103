//! What the store asks of a disk: one directory of files, with plain blocking calls. Only jobs make them, on threads that
//! may wait.
//!
//! What an implementation promises: bytes of a file are durable when a sync that began after they were written has
//! succeeded; names are durable when a sync of the directory has. If bytes could not be made durable, then for each open
//! file the next sync fails, and only that one: success afterwards proves nothing.

use std::fmt;
use thiserror::Error;

/// A directory of files.
pub trait Disk {
    /// An open file.
    type File: DiskFile;
    /// Held as long as nobody else may use the directory.
    type Lock;

    /// Takes the directory for this process and this caller alone.
    fn lock(&self) -> Result<Self::Lock, DiskError>;
    /// The names of all files, in any order.
    fn list(&self) -> Result<Vec<String>, DiskError>;
    /// Makes a new file of so many zeros.
    fn create(&self, name: &str, length: u64) -> Result<Self::File, DiskError>;
    /// Opens a file for reading and writing.
    fn open(&self, name: &str) -> Result<Self::File, DiskError>;
    /// Gives a file another name; a file that had it is gone.
    fn rename(&self, from: &str, to: &str) -> Result<(), DiskError>;
    /// Removes a file.
    fn remove(&self, name: &str) -> Result<(), DiskError>;
    /// Makes names durable.
    fn sync_directory(&self) -> Result<(), DiskError>;
}

/// An open file.
pub trait DiskFile {
    /// Reads at an offset. Fewer bytes than asked for means that the file ends there.
    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> Result<usize, DiskError>;
    /// Writes all the bytes at an offset.
    fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<(), DiskError>;
    /// Makes the bytes and the length durable.
    fn sync(&self) -> Result<(), DiskError>;
    /// Cuts the file, or appends zeros.
    fn set_length(&self, length: u64) -> Result<(), DiskError>;
    /// How long it is.
    fn length(&self) -> Result<u64, DiskError>;
}

/// What was asked of the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// To lock a directory.
    Lock,
    /// To list one.
    List,
    /// To make names durable.
    SyncDirectory,
    /// To make a file.
    Create,
    /// To open one.
    Open,
    /// To rename one.
    Rename,
    /// To remove one.
    Remove,
    /// To read.
    Read,
    /// To write.
    Write,
    /// To make bytes durable.
    Sync,
    /// To change the length.
    SetLength,
    /// To ask for the length.
    Length,
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lock => "lock",
            Self::List => "list",
            Self::SyncDirectory => "sync the directory of",
            Self::Create => "create",
            Self::Open => "open",
            Self::Rename => "rename",
            Self::Remove => "remove",
            Self::Read => "read",
            Self::Write => "write",
            Self::Sync => "sync",
            Self::SetLength => "change the length of",
            Self::Length => "ask for the length of",
        })
    }
}

/// What went wrong with a file or a directory.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DiskError {
    /// Another process, or another broker of this one, has it.
    #[error("{path} is used by another broker; stop that one, or choose another store directory")]
    Locked {
        /// The directory.
        path: String,
    },
    /// No room is left.
    #[error("can't {call} {path}: the disk is full; free some space")]
    Full {
        /// What was asked.
        call: Call,
        /// Of which file.
        path: String,
    },
    /// There is no such file.
    #[error("can't {call} {path}: it does not exist")]
    Missing {
        /// What was asked.
        call: Call,
        /// Of which file.
        path: String,
    },
    /// Anything else that the system says.
    #[error("can't {call} {path}: {reason}")]
    Failed {
        /// What was asked.
        call: Call,
        /// Of which file.
        path: String,
        /// The system's words.
        reason: String,
    },
}
