//! Proxies that are trusted: those that sign the nonce of the connections they pass on.
//!
//! Says whether a client came through one, or what has to be found out first. Keeps no state of connections.

use crate::plan::auth::{Question, Refusal};
use nt_protocol::{ConnectOptions, NkeyError, PublicKey};

/// The public key of a proxy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedProxy {
    text: String,
    key: PublicKey,
}

impl TrustedProxy {
    /// # Errors
    /// The text is no public key.
    pub fn new(text: String) -> Result<Self, NkeyError> {
        let key = PublicKey::of_any(&text)?;
        Ok(Self { text, key })
    }

    /// As it was written.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn key(&self) -> PublicKey {
        self.key
    }
}

/// What is known about the way of a client.
pub(crate) enum Passage {
    Direct,
    Proxied,
    Refused(Refusal),
    Unknown(Question),
}

impl Passage {
    /// `proved`: the proxy that is known to have signed the nonce of the connection.
    pub fn of(connect: &ConnectOptions, proved: Option<PublicKey>, trusted: &[TrustedProxy]) -> Self {
        match proved {
            Some(key) if trusted.iter().any(|proxy| proxy.key == key) => Self::Proxied,
            // It was trusted once.
            Some(_) => Self::Refused(Refusal::ProxyNotTrusted),
            // As in nats-server, a signature that nobody can verify means nothing.
            None if connect.proxy_sig.is_empty() || trusted.is_empty() => Self::Direct,
            None => Self::Unknown(Question::Proxy {
                keys: trusted.iter().map(TrustedProxy::key).collect(),
                signature: connect.proxy_sig.clone(),
            }),
        }
    }
}
