//! Services: requests of one account that another account answers.
//!
//! A request is routed in the account it is published in, like every message. Where that account imports a service on
//! the subject, the result names the service as well (`delivery/resolved.rs`), and the message is set aside. Once the
//! account's interest is unlocked, it is published in the exporting account, before anything else that its publisher
//! sent (`staging.rs`, `routing.rs`). So a loop never locks the interest of two accounts, and the order per publisher is
//! kept.
//!
//! Its reply subject is replaced by one that nobody can guess, and the exporting account remembers who is to get the
//! answer (`responses.rs`). A message on such a subject goes to the account of the requester in the same way. A request
//! that reached nobody is answered with a 503, as one in the same account is.
//!
//! What a message finds in another account is of the plan that its publisher holds
//! ([`Spaces`](crate::plan::subject_space::Spaces)): during a reload nothing is decided by half of a plan.
//!
//! The responses of an account are locked by themselves, once for the messages of a batch: before the messages are
//! published, and never while interest or another account's responses are locked.
//!
//! Owns the imports as they are executed, messages between accounts, pending responses and measurements of latency.
//! Decides nothing about who may import what: plans are checked before they come here.

mod batch;
mod crossing;
pub(crate) mod imports;
mod latency;
mod looking_up;
mod pending_table;
mod reply_text;
mod request_info;
mod response_timers;
pub(crate) mod responses;
mod routing;
mod sampling;
mod settling;
mod staging;
mod tokens;

pub(crate) use crossing::{Crossings, Origin};
pub use imports::{LatencyPlan, ResponseKind, ServiceImportPlan, ServicePlan};
pub(crate) use response_timers::ResponseTimers;
pub(crate) use responses::Responses;
pub(crate) use sampling::is_w3c_sampled;

/// Whether a pattern that begins with this token may match the subject of a response.
pub(crate) fn may_match_responses(first_token: &[u8]) -> bool {
    matches!(first_token, b"_R_" | b"*" | b">")
}

/// Whether a message on this subject may be a response to a request of another account.
#[inline]
pub(crate) fn is_response(subject: &[u8]) -> bool {
    subject.starts_with(tokens::PREFIX)
}
