//! The last step of a log line: a thread that writes, so that whoever logs never waits.
//!
//! A [`Pump`] has a queue, a thread and a [`Sink`]: a file, standard error, a syslog. A pipe nobody reads or a disk that
//! hangs holds up that thread and nobody else; a disk that is full is tried again until there is room. What a line says,
//! how much may wait and what happens to more is the business of whoever fills the queue.
#![forbid(unsafe_code)]

mod pump;
mod sink;
mod syslog;

#[cfg(test)]
mod tests;

pub use pump::{Pump, State};
pub use sink::Sink;
pub use syslog::{Network, Syslog};
