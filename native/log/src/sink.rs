//! The output of a pump.

use std::fs::File;
use std::io::{self, Write};

/// Writes log text. Called by one thread only, which may block.
pub trait Sink: Send {
    /// Whether several texts may be passed in one call.
    fn joins(&self) -> bool;

    /// Writes some of `bytes` and returns how many. After an error the same bytes are passed again, unless the error is
    /// permanent.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize>;

    /// Whether the error is permanent: the reader of a pipe is gone, or the descriptor is closed.
    fn is_hopeless(&self, error: &io::Error) -> bool;
}

impl Sink for File {
    fn joins(&self) -> bool {
        true
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match Write::write(self, bytes)? {
            0 if !bytes.is_empty() => Err(io::ErrorKind::WriteZero.into()),
            taken => Ok(taken),
        }
    }

    fn is_hopeless(&self, error: &io::Error) -> bool {
        /// Bad file descriptor; the number is the same on all Unix systems.
        const EBADF: i32 = 9;
        error.kind() == io::ErrorKind::BrokenPipe || error.raw_os_error() == Some(EBADF)
    }
}
