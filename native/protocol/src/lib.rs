//! The client wire protocol, sans-IO: bytes in, operations out.
//!
//! - [`parse`] finds one operation at the start of a buffer and borrows everything from it; [`parse_canonical`] is a
//!   faster parser for messages in the usual form.
//! - [`ConnectOptions`] and [`ServerInfo`] are the two JSON documents of the protocol.
//! - [`ParseError`] says what the peer did wrong, and has the texts for the peer and for the log.
//! - [`PublicKey`] is an nkey that was written as text.
//! - [`parse_proxy_header`] finds the address of a client behind a load balancer.
//!
//! It owns no buffers, keeps no state between calls and uses no sockets, clocks or files: a caller that
//! has only part of an operation calls again with more bytes. Parsing a message allocates nothing.
#![forbid(unsafe_code)]

mod canonical;
mod connect;
mod error;
mod frames;
mod info;
mod nkey;
mod op;
mod parser;
mod proxy_header;

pub use canonical::{parse_canonical, published_subject};
pub use connect::{ConnectError, ConnectOptions};
pub use error::ParseError;
pub use frames::{INDEX_WORDS, index_frames};
pub use info::ServerInfo;
pub use nkey::{NkeyError, PublicKey, decode_nkey, encode_nkey};
pub use op::{Op, Publish};
pub use parser::{Limits, Parsed, parse, parse_leniently, parse_size};
pub use proxy_header::{ProxyHeader, ProxyHeaderError, parse_proxy_header};

#[cfg(test)]
mod tests;
