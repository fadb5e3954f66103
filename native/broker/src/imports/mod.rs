//! Stream imports: what the connections of one account receive from other accounts.
//!
//! A stream import is kept by copies. A subscription that overlaps with an import has a copy in the interest of the
//! exporting account, with that account's name for the subject. So a message is looked up in one account only, the one
//! it is published in, and a resolved subject names its subscribers in all accounts: whoever imports costs a message no
//! more than whoever subscribes. What the importing account calls the subject is written into the frame's prefix when
//! the subject is resolved.
//!
//! Copies belong to the connection of their original. Only its loop makes and removes them: at SUB before the next
//! PONG, at UNSUB, at another CONNECT, when it closes, and when a reload changes the imports of its account. A copy and
//! its original count deliveries together, so `UNSUB max` limits both.
//!
//! Subscriptions of the control plane have copies as well; its table makes and removes them (`internal/client.rs`).
//!
//! Lock order: a loop holds the interest of one account at a time. Only a connection that moves to another loop needs
//! all of its accounts at once, and locks them in the order of their ids (`connection/migrate.rs`).
//!
//! Owns the imports as they are executed, and what a connection has of them. Decides nothing about who may import what:
//! plans are checked before they come here.

pub(crate) mod copies;
mod follow;
pub(crate) mod rename;
pub(crate) mod stream;

pub use rename::InvalidImport;
pub use stream::StreamImportPlan;
