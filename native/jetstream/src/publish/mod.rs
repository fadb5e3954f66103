//! What the headers of a published message ask for.

mod headers;
mod ttl;

pub use headers::PublishHeaders;
pub use ttl::{InvalidTtl, Ttl};
