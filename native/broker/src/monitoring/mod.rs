//! Queries of monitoring: lists and pages of connections and subscriptions, open and closed.
//!
//! Owns the order, the filters and the pages of these lists, and what is kept of closed connections. May read the
//! directory of a broker and the interest of its accounts, under locks that are held for one page at most. Never
//! changes what it reads and never runs on the way of a message: the control plane's thread calls it.

pub(crate) mod closed;
pub(crate) mod listing;
pub(crate) mod overview;
