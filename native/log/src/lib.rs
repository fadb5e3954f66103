//! The last step of a log line: a thread that writes it, so that the code that logs never waits.
//!
//! A [`Pump`] has a queue, a thread and a [`Sink`]: a file, standard error or a syslog. A pipe that nobody reads or a
//! hanging disk blocks only that thread; a full disk is tried again until there is room. The caller that fills the
//! queue formats the lines, and decides how much may wait and what is dropped.
#![forbid(unsafe_code)]

mod pump;
mod sink;
mod syslog;

#[cfg(test)]
mod tests;

pub use pump::{Pump, State};
pub use sink::Sink;
pub use syslog::{Network, Syslog};
