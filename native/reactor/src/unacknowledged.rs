//! Bytes that were written and that the peer's system has not acknowledged.
//!
//! The only unsafe code of this crate: neither the standard library nor socket2 has this call.

use mio::net::TcpStream;

/// Bytes, our end among them, that the peer's system has not acknowledged. `None`: the system does not say.
#[cfg(target_os = "linux")]
#[allow(unsafe_code)]
pub(crate) fn unacknowledged(stream: &TcpStream) -> Option<usize> {
    use std::os::fd::AsRawFd;

    let mut bytes: libc::c_int = 0;
    // SAFETY: the descriptor is open as long as `stream` is borrowed, and this request writes one int to the place it
    // is given, which outlives the call.
    let outcome = unsafe { libc::ioctl(stream.as_raw_fd(), libc::TIOCOUTQ, &raw mut bytes) };
    (outcome == 0).then_some(bytes.max(0) as usize)
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn unacknowledged(_stream: &TcpStream) -> Option<usize> {
    None
}
