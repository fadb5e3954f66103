//! The disk of the system: a directory with its files.
//!
//! The only part of this crate that touches files, and it does nothing else. Jobs call it on threads that may wait.
#![allow(
    clippy::disallowed_types,
    reason = "the implementation of Disk over the system's files; everything else of the crate gets it as an argument"
)]

use crate::disk::{Call, Disk, DiskError, DiskFile};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

const LOCK: &str = "LOCK";

/// A directory of the file system.
#[derive(Debug, Clone)]
pub struct Directory {
    path: PathBuf,
}

impl Directory {
    /// The directory at this path, which exists.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    fn file(
        &self,
        name: &str,
        call: Call,
        open: impl FnOnce(&Path) -> io::Result<File>,
    ) -> Result<OpenFile, DiskError> {
        let path = self.path.join(name);
        match open(&path) {
            Ok(file) => Ok(OpenFile { file, path }),
            Err(error) => Err(failure(call, &path, &error)),
        }
    }
}

/// An open file of the system.
#[derive(Debug)]
pub struct OpenFile {
    file: File,
    path: PathBuf,
}

impl OpenFile {
    fn check<T>(&self, call: Call, outcome: io::Result<T>) -> Result<T, DiskError> {
        outcome.map_err(|error| failure(call, &self.path, &error))
    }
}

impl Disk for Directory {
    type File = OpenFile;
    type Lock = OpenFile;

    fn lock(&self) -> Result<OpenFile, DiskError> {
        let lock = self.file(LOCK, Call::Lock, |path| {
            OpenOptions::new().create(true).truncate(false).write(true).open(path)
        })?;
        match lock.file.try_lock() {
            Ok(()) => Ok(lock),
            Err(TryLockError::WouldBlock) => Err(DiskError::Locked {
                path: self.path.display().to_string(),
            }),
            Err(TryLockError::Error(error)) => Err(failure(Call::Lock, &self.path, &error)),
        }
    }

    fn list(&self) -> Result<Vec<String>, DiskError> {
        let names = || -> io::Result<Vec<String>> {
            let mut names = Vec::new();
            for entry in fs::read_dir(&self.path)? {
                names.push(entry?.file_name().to_string_lossy().into_owned());
            }
            names.retain(|name| name != LOCK);
            Ok(names)
        };
        names().map_err(|error| failure(Call::List, &self.path, &error))
    }

    fn create(&self, name: &str, length: u64) -> Result<OpenFile, DiskError> {
        let file = self.file(name, Call::Create, |path| {
            OpenOptions::new().create_new(true).read(true).write(true).open(path)
        })?;
        file.set_length(length)?;
        Ok(file)
    }

    fn open(&self, name: &str) -> Result<OpenFile, DiskError> {
        self.file(name, Call::Open, |path| {
            OpenOptions::new().read(true).write(true).open(path)
        })
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), DiskError> {
        let (from, to) = (self.path.join(from), self.path.join(to));
        fs::rename(&from, to).map_err(|error| failure(Call::Rename, &from, &error))
    }

    fn remove(&self, name: &str) -> Result<(), DiskError> {
        let path = self.path.join(name);
        fs::remove_file(&path).map_err(|error| failure(Call::Remove, &path, &error))
    }

    fn sync_directory(&self) -> Result<(), DiskError> {
        // Elsewhere a directory can't be opened, and names are durable with their files.
        if !cfg!(unix) {
            return Ok(());
        }
        let outcome = File::open(&self.path).and_then(|directory| directory.sync_all());
        outcome.map_err(|error| failure(Call::SyncDirectory, &self.path, &error))
    }
}

impl DiskFile for OpenFile {
    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> Result<usize, DiskError> {
        let mut read = 0;
        while read < bytes.len() {
            match read_some(&self.file, &mut bytes[read..], offset + read as u64) {
                Ok(0) => break,
                Ok(count) => read += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return self.check(Call::Read, Err(error)),
            }
        }
        Ok(read)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<(), DiskError> {
        let mut written = 0;
        while written < bytes.len() {
            match write_some(&self.file, &bytes[written..], offset + written as u64) {
                Ok(0) => return self.check(Call::Write, Err(ErrorKind::WriteZero.into())),
                Ok(count) => written += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return self.check(Call::Write, Err(error)),
            }
        }
        Ok(())
    }

    fn sync(&self) -> Result<(), DiskError> {
        // On macOS this is F_FULLFSYNC.
        self.check(Call::Sync, self.file.sync_data())
    }

    fn set_length(&self, length: u64) -> Result<(), DiskError> {
        self.check(Call::SetLength, self.file.set_len(length))
    }

    fn length(&self) -> Result<u64, DiskError> {
        self.check(Call::Length, self.file.metadata().map(|metadata| metadata.len()))
    }
}

#[cfg(unix)]
use std::os::unix::fs::FileExt;

#[cfg(unix)]
fn read_some(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
    file.read_at(bytes, offset)
}

#[cfg(unix)]
fn write_some(file: &File, bytes: &[u8], offset: u64) -> io::Result<usize> {
    file.write_at(bytes, offset)
}

#[cfg(windows)]
use std::os::windows::fs::FileExt;

#[cfg(windows)]
fn read_some(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
    file.seek_read(bytes, offset)
}

#[cfg(windows)]
fn write_some(file: &File, bytes: &[u8], offset: u64) -> io::Result<usize> {
    file.seek_write(bytes, offset)
}

fn failure(call: Call, path: &Path, error: &io::Error) -> DiskError {
    let path = path.display().to_string();
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => DiskError::Full { call, path },
        ErrorKind::NotFound => DiskError::Missing { call, path },
        _ => DiskError::Failed {
            call,
            path,
            reason: error.to_string(),
        },
    }
}
