//! The client wire protocol, sans-IO: bytes in, operations out.
//!
//! - [`parse`] finds one operation at the start of a buffer, borrowing everything from it; [`parse_canonical`] is its
//!   quick look at messages.
//! - [`ConnectOptions`] and [`ServerInfo`] are the two JSON documents of the protocol.
//! - [`ParseError`] carries what the peer did, what it is told and why the connection ends.
//! - [`parse_proxy_header`] finds who a client is when a load balancer speaks for it.
//!
//! It owns no buffers, keeps no state between calls and knows no sockets, clocks or files: a caller that
//! has only part of an operation calls again with more bytes. Nothing here allocates on the way of a message.
#![forbid(unsafe_code)]

mod canonical;
mod connect;
mod error;
mod frames;
mod info;
mod op;
mod parser;
mod proxy_header;

pub use canonical::{parse_canonical, published_subject};
pub use connect::{ConnectError, ConnectOptions};
pub use error::ParseError;
pub use frames::{INDEX_WORDS, index_frames};
pub use info::ServerInfo;
pub use op::{Op, Publish};
pub use parser::{Limits, Parsed, parse, parse_leniently, parse_size};
pub use proxy_header::{ProxyHeader, ProxyHeaderError, parse_proxy_header};

#[cfg(test)]
mod tests;
