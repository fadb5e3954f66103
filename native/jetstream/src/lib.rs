//! Streams of JetStream as state machines: what becomes of a message that is published to a stream.
//!
//! What exists: streams in memory ([`stream`]), reads of them ([`read`]), what the headers of a published message ask for
//! ([`publish`]), ids in the duplicate window ([`dedupe`]), patterns of schedules ([`schedule`]; nothing fires them yet),
//! sums of counters ([`counter`]), deadlines of messages ([`deadlines`]).
//!
//! Invariants: the crate is pure: no clock, socket, file, thread or lock, and no unsafe code. Time is an argument, in
//! nanoseconds since 1970. No input makes it panic.

#![forbid(unsafe_code)]

mod contents;
pub mod counter;
pub mod deadlines;
pub mod dedupe;
pub mod duration;
pub mod errors;
pub mod publish;
pub mod read;
pub mod schedule;
pub mod stream;
mod time;
