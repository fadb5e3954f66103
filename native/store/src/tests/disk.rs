//! A directory in memory in which everything succeeds, and everything is durable.

use crate::{Call, Disk, DiskError, DiskFile};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

type Bytes = Rc<RefCell<Vec<u8>>>;

#[derive(Debug, Clone, Default)]
pub(super) struct MemoryDisk {
    files: Rc<RefCell<BTreeMap<String, Bytes>>>,
}

impl MemoryDisk {
    /// Changes the bytes of a file.
    pub fn change(&self, name: &str, change: impl FnOnce(&mut Vec<u8>)) {
        change(&mut self.files.borrow()[name].borrow_mut());
    }
}

impl Disk for MemoryDisk {
    type File = Bytes;
    type Lock = ();

    fn lock(&self) -> Result<(), DiskError> {
        Ok(())
    }

    fn list(&self) -> Result<Vec<String>, DiskError> {
        Ok(self.files.borrow().keys().cloned().collect())
    }

    fn create(&self, name: &str, length: u64) -> Result<Bytes, DiskError> {
        let file = Bytes::default();
        file.set_length(length)?;
        self.files.borrow_mut().insert(name.to_owned(), file.clone());
        Ok(file)
    }

    fn open(&self, name: &str) -> Result<Bytes, DiskError> {
        let missing = || DiskError::Missing {
            call: Call::Open,
            path: name.to_owned(),
        };
        self.files.borrow().get(name).cloned().ok_or_else(missing)
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), DiskError> {
        let file = self.open(from)?;
        self.remove(from)?;
        self.files.borrow_mut().insert(to.to_owned(), file);
        Ok(())
    }

    fn remove(&self, name: &str) -> Result<(), DiskError> {
        self.files.borrow_mut().remove(name);
        Ok(())
    }

    fn sync_directory(&self) -> Result<(), DiskError> {
        Ok(())
    }
}

impl DiskFile for Bytes {
    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> Result<usize, DiskError> {
        let file = self.borrow();
        let rest = file.get(offset as usize..).unwrap_or_default();
        let length = rest.len().min(bytes.len());
        bytes[..length].copy_from_slice(&rest[..length]);
        Ok(length)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<(), DiskError> {
        let mut file = self.borrow_mut();
        let (begin, end) = (offset as usize, offset as usize + bytes.len());
        let length = file.len().max(end);
        file.resize(length, 0);
        file[begin..end].copy_from_slice(bytes);
        Ok(())
    }

    fn sync(&self) -> Result<(), DiskError> {
        Ok(())
    }

    fn set_length(&self, length: u64) -> Result<(), DiskError> {
        self.borrow_mut().resize(length as usize, 0);
        Ok(())
    }

    fn length(&self) -> Result<u64, DiskError> {
        Ok(self.borrow().len() as u64)
    }
}
