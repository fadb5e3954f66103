//! Nkeys as text: base32 of a prefix, the bytes of a key, and a checksum.
//!
//! Owns the encoding of public keys and seeds. Never signs and never verifies.

use thiserror::Error;

const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/// The prefix of a user's public key: the letter `U`.
const USER: u8 = 20 << 3;
/// Those of all public keys: `A`, `C`, `N`, `O`, `U`, `X`.
const PUBLIC: [u8; 6] = [0, 2 << 3, 13 << 3, 14 << 3, USER, 23 << 3];
/// Letters of a public key: 35 bytes, five bits in each letter.
const KEY_LETTERS: usize = 56;

/// A text is no public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NkeyError {
    /// It is not base32, has another length, or its checksum is wrong.
    #[error("it is no nkey, or has a typing error in it")]
    Malformed,
    /// It is a seed, or the key of something else.
    #[error("it is no public key of this kind")]
    WrongKind,
}

/// A public key, as Ed25519 has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicKey([u8; 32]);

impl PublicKey {
    /// The public key of a user (`U…`).
    ///
    /// # Errors
    /// The text is none.
    pub fn of_user(text: &str) -> Result<Self, NkeyError> {
        Self::of(text, &[USER])
    }

    /// The public key of anything.
    ///
    /// # Errors
    /// The text is none.
    pub fn of_any(text: &str) -> Result<Self, NkeyError> {
        Self::of(text, &PUBLIC)
    }

    fn of(text: &str, prefixes: &[u8]) -> Result<Self, NkeyError> {
        let body = decode_nkey(text).ok_or(NkeyError::Malformed)?;
        let (prefix, key) = body.split_first().ok_or(NkeyError::Malformed)?;
        if !prefixes.contains(prefix) {
            return Err(NkeyError::WrongKind);
        }
        // Bits behind the last whole byte would make other texts of the same key.
        if text.len() != KEY_LETTERS {
            return Err(NkeyError::Malformed);
        }
        key.try_into().map(Self).map_err(|_| NkeyError::Malformed)
    }

    /// The key as a library for signatures takes it.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// What stands before the checksum: the prefix and the key. `None`: the text is no nkey.
pub fn decode_nkey(text: &str) -> Option<Vec<u8>> {
    let raw = decode_base32(text)?;
    let (body, checksum) = raw.split_at_checked(raw.len().checked_sub(2)?)?;
    (crc16(body).to_le_bytes() == checksum).then(|| body.to_vec())
}

/// The text of a prefix and a key.
pub fn encode_nkey(body: &[u8]) -> String {
    let mut raw = body.to_vec();
    raw.extend_from_slice(&crc16(body).to_le_bytes());
    encode_base32(&raw)
}

fn decode_base32(text: &str) -> Option<Vec<u8>> {
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0u32, 0u32);
    for letter in text.bytes() {
        bits = bits << 5 | ALPHABET.iter().position(|known| *known == letter)? as u32;
        held += 5;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
        }
    }
    Some(bytes)
}

fn encode_base32(bytes: &[u8]) -> String {
    let (mut text, mut bits, mut held) = (String::new(), 0u32, 0u32);
    for byte in bytes {
        bits = bits << 8 | u32::from(*byte);
        held += 8;
        while held >= 5 {
            held -= 5;
            text.push(char::from(ALPHABET[(bits >> held & 31) as usize]));
        }
    }
    if held > 0 {
        text.push(char::from(ALPHABET[(bits << (5 - held) & 31) as usize]));
    }
    text
}

/// CRC-16/XMODEM.
fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, byte| {
        (0..8).fold(crc ^ u16::from(*byte) << 8, |crc: u16, _| {
            if crc & 0x8000 != 0 { crc << 1 ^ 0x1021 } else { crc << 1 }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn user(key: [u8; 32]) -> String {
        encode_nkey(&[&[USER], &key[..]].concat())
    }

    #[test]
    fn encodings_by_known_answers() {
        assert_eq!(crc16(b"123456789"), 0x31c3);
        assert_eq!(encode_base32(b"foobar"), "MZXW6YTBOI");
        assert_eq!(decode_base32("MZXW6YTBOI").as_deref(), Some(&b"foobar"[..]));
    }

    #[test]
    fn a_public_key_of_the_reference_is_read() {
        let text = "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4";
        let key = PublicKey::of_user(text).expect("made by nsc");
        assert_eq!(PublicKey::of_any(text), Ok(key));
        assert_eq!(user(*key.as_bytes()), text);
    }

    #[test]
    fn other_kinds_and_seeds_are_no_users() {
        for prefix in PUBLIC {
            let text = encode_nkey(&[&[prefix], &[7; 32][..]].concat());
            assert!(PublicKey::of_any(&text).is_ok(), "{text}");
            let expected = if prefix == USER {
                Ok(PublicKey([7; 32]))
            } else {
                Err(NkeyError::WrongKind)
            };
            assert_eq!(PublicKey::of_user(&text), expected, "{text}");
        }
        let seed = encode_nkey(&[&[18 << 3 | USER >> 5, (USER & 31) << 3], &[7; 32][..]].concat());
        assert!(seed.starts_with("SU"), "{seed}");
        assert_eq!(PublicKey::of_any(&seed), Err(NkeyError::WrongKind));
    }

    #[test]
    fn keys_of_another_length_are_none() {
        for length in [0, 31, 33] {
            let text = encode_nkey(&[&[USER], &vec![7; length][..]].concat());
            assert_eq!(PublicKey::of_user(&text), Err(NkeyError::Malformed), "{length}");
        }
        let longer = format!("{}A", user([7; 32]));
        for text in [&longer, "", "U", "UA", "UAAA", "u\u{e4}"] {
            assert_eq!(PublicKey::of_user(text), Err(NkeyError::Malformed), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(body in prop::collection::vec(any::<u8>(), 0..80)) {
            prop_assert_eq!(decode_nkey(&encode_nkey(&body)), Some(body));
        }

        #[test]
        fn one_wrong_letter_is_noticed(key in any::<[u8; 32]>(), at in 0usize..56, letter in 0usize..32) {
            let mut text = user(key).into_bytes();
            let wrong = ALPHABET[letter];
            prop_assume!(text[at] != wrong);
            text[at] = wrong;
            let text = String::from_utf8(text).expect("letters");
            prop_assert!(PublicKey::of_user(&text).is_err());
        }

        #[test]
        fn any_text_is_refused_or_read(text in ".{0,80}") {
            let _ = PublicKey::of_any(&text);
        }
    }
}
