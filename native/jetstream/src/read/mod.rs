//! Reads of a stream without a consumer: direct gets (ADR-31), and the messages that the API shows.
//!
//! Layout: `request` is what is asked for, `select` finds messages, `direct` answers direct gets, `show` writes a message
//! as JSON.
//!
//! Invariants: an answer is made at one moment of the stream; nothing is stored between its messages.

mod direct;
mod request;
mod select;
mod show;

pub use direct::DirectGets;
pub use request::{BadRequest, GetRequest};
pub use select::Selection;
pub use show::show_message;

#[cfg(test)]
mod tests;
