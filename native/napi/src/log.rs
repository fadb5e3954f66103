//! The exports that the log uses: `LogAddon` in `src/native/log-contract.ts`.

use crate::Result;
use napi_derive::napi;
use nt_log::{Network, Pump, Sink, Syslog};
use parking_lot::Mutex;
use slab::Slab;
use std::fs::File;
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// Pumps by handle.
static PUMPS: Mutex<Slab<Arc<Pump>>> = Mutex::new(Slab::new());

/// The state of a pump.
#[napi(object)]
pub struct LogState {
    pub waiting: f64,
    pub problem: Option<String>,
}

fn failed(error: io::Error) -> napi::Error<String> {
    let text = error.to_string();
    let reason = text.split(" (os error").next().unwrap_or_default();
    napi::Error::new("LOG_FAILED".to_owned(), reason.to_owned())
}

fn pump(handle: u32) -> Result<Arc<Pump>> {
    let pump = PUMPS.lock().get(handle as usize).cloned();
    pump.ok_or_else(|| {
        napi::Error::new(
            "LOG_FAILED".to_owned(),
            format!("there is no log {handle}; it was closed"),
        )
    })
}

fn open(sink: Box<dyn Sink>) -> Result<u32> {
    let pump = Pump::new(sink).map_err(failed)?;
    Ok(PUMPS.lock().insert(Arc::new(pump)) as u32)
}

#[cfg(unix)]
fn take(fd: i32) -> Result<File> {
    use std::os::fd::{FromRawFd, OwnedFd};
    if fd < 0 {
        return Err(failed(io::ErrorKind::InvalidInput.into()));
    }
    // SAFETY: the caller opened it and passes its ownership: nothing else closes or uses it from here on.
    Ok(File::from(unsafe { OwnedFd::from_raw_fd(fd) }))
}

#[cfg(not(unix))]
fn take(_: i32) -> Result<File> {
    // On this system, file numbers exist only in the C runtime library.
    Err(failed(io::ErrorKind::Unsupported.into()))
}

#[cfg(unix)]
fn stderr() -> Result<File> {
    use std::os::fd::AsFd;
    let own = io::stderr().as_fd().try_clone_to_owned();
    own.map(File::from).map_err(failed)
}

#[cfg(not(unix))]
fn stderr() -> Result<File> {
    Err(failed(io::ErrorKind::Unsupported.into()))
}

/// See `LogAddon.openLogFile`.
#[napi]
pub fn open_log_file(fd: i32) -> Result<u32> {
    open(Box::new(take(fd)?))
}

/// See `LogAddon.openLogStderr`.
#[napi]
pub fn open_log_stderr() -> Result<u32> {
    open(Box::new(stderr()?))
}

/// See `LogAddon.openSyslog`.
#[napi]
pub fn open_syslog(network: String, addresses: Vec<String>) -> Result<u32> {
    let network = match network.as_str() {
        "udp" => Network::Udp,
        "tcp" => Network::Tcp,
        _ => Network::Unix,
    };
    open(Box::new(Syslog::connect(network, addresses).map_err(failed)?))
}

/// See `LogAddon.replaceLogFile`.
#[napi]
pub fn replace_log_file(handle: u32, fd: i32) -> Result<()> {
    pump(handle)?.replace(Box::new(take(fd)?));
    Ok(())
}

/// See `LogAddon.writeLog`.
#[napi]
pub fn write_log(handle: u32, text: String) -> Result<f64> {
    Ok(pump(handle)?.write(text.into_bytes()) as f64)
}

/// See `LogAddon.logState`.
#[napi]
pub fn log_state(handle: u32) -> Result<LogState> {
    let state = pump(handle)?.state();
    Ok(LogState {
        waiting: state.waiting as f64,
        problem: state.problem,
    })
}

/// See `LogAddon.flushLog`.
#[napi]
pub fn flush_log(handle: u32, patience_ms: f64) -> Result<bool> {
    Ok(pump(handle)?.flush(Duration::from_millis(patience_ms as u64)))
}

/// See `LogAddon.closeLog`.
#[napi]
pub fn close_log(handle: u32) {
    // The pump is dropped outside of the lock.
    let _pump = PUMPS.lock().try_remove(handle as usize);
}
