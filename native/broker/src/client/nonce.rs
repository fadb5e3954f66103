//! What a client with an nkey signs: fresh text for each connection.
//!
//! The bytes come from a source outside of this crate, which nobody can predict from earlier ones: whoever knows the
//! next nonce could have it signed elsewhere beforehand.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::fmt;

/// Random bytes in a nonce.
pub const NONCE_BYTES: usize = 11;
/// Characters that encode them.
const NONCE_LEN: usize = 15;

/// Where nonces come from: every call returns other bytes.
pub type NonceSource = Box<dyn FnMut() -> [u8; NONCE_BYTES] + Send>;

/// The nonce of one connection.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Nonce([u8; NONCE_LEN]);

impl Nonce {
    /// The nonce that these bytes make.
    pub fn of(bytes: [u8; NONCE_BYTES]) -> Self {
        let mut text = [b'A'; NONCE_LEN];
        let written = URL_SAFE_NO_PAD.encode_slice(bytes, &mut text);
        debug_assert_eq!(written, Ok(NONCE_LEN), "11 bytes are 15 characters");
        Self(text)
    }

    /// As INFO says it, and as it is signed.
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Debug for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Nonce")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_text_that_differs_with_its_bytes() {
        let nonce = Nonce::of([0xff; NONCE_BYTES]);
        assert_eq!(nonce.as_str(), "______________8");
        assert_eq!(Nonce::of([0; NONCE_BYTES]).as_str(), "AAAAAAAAAAAAAAA");
        assert!(!format!("{nonce:?}").contains('_'));
    }
}
