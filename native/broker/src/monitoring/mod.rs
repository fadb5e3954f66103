//! Answers for monitoring: lists and pages of connections and subscriptions, open and closed.
//!
//! Reads the state of a broker and the interest of its accounts under short locks. Never changes anything.

pub(crate) mod closed;
pub(crate) mod listing;
pub(crate) mod overview;
