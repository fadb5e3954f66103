//! Where a pump writes to.

use std::fs::File;
use std::io::{self, Write};

/// Takes log text. Called by one thread only, which may block in it.
pub trait Sink: Send {
    /// Whether several texts may be handed over as one.
    fn joins(&self) -> bool;

    /// Takes some of `bytes` and says how many. After an error the same bytes are offered again, unless it is hopeless.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize>;

    /// Whether trying again is of no use: nobody reads, or nothing is open.
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
        /// Bad file descriptor, the same number on all systems of the Unix kind.
        const EBADF: i32 = 9;
        error.kind() == io::ErrorKind::BrokenPipe || error.raw_os_error() == Some(EBADF)
    }
}
