//! The part of nkeys that a client needs: a seed, its public key, and a signature of the server's nonce.
//!
//! An nkey is base32 of a prefix, 32 bytes and a checksum (CRC-16, XMODEM). Owns the encoding; ring does the
//! cryptography.

use ring::signature::{Ed25519KeyPair, KeyPair};

/// A key pair of a user.
pub struct Nkey {
    pair: Ed25519KeyPair,
    kind: u8,
}

impl Nkey {
    /// Reads a seed (`SU…`).
    pub fn from_seed(seed: &str) -> Result<Self, String> {
        let raw = base32_decode(seed.trim()).ok_or("the nkey seed is not base32")?;
        let (body, sum) = raw
            .split_at_checked(raw.len().wrapping_sub(2))
            .ok_or("the nkey seed is too short")?;
        if crc16(body).to_le_bytes() != sum {
            return Err("the nkey seed has a wrong checksum".into());
        }
        // Two prefixes in two bytes: 5 bits for "seed", 8 bits for the kind of key.
        let [first, second, key @ ..] = body else {
            return Err("the nkey seed is too short".into());
        };
        if first & 0xf8 != SEED || key.len() != 32 {
            return Err("the nkey is no seed (seeds begin with S)".into());
        }
        let pair = Ed25519KeyPair::from_seed_unchecked(key).map_err(|_| "the nkey seed is no Ed25519 seed")?;
        Ok(Self {
            pair,
            kind: (first & 7) << 5 | (second & 0xf8) >> 3,
        })
    }

    /// The public key (`U…`).
    pub fn public(&self) -> String {
        let mut raw = vec![self.kind];
        raw.extend_from_slice(self.pair.public_key().as_ref());
        raw.extend_from_slice(&crc16(&raw).to_le_bytes());
        base32_encode(&raw)
    }

    /// A signature in the form that CONNECT needs.
    pub fn sign(&self, nonce: &str) -> String {
        base64_url(self.pair.sign(nonce.as_bytes()).as_ref())
    }
}

const SEED: u8 = 18 << 3;
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const BASE64_URL: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

fn base32_decode(text: &str) -> Option<Vec<u8>> {
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0u32, 0u32);
    for c in text.bytes() {
        bits = bits << 5 | BASE32.iter().position(|b| *b == c)? as u32;
        held += 5;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
        }
    }
    Some(bytes)
}

fn base32_encode(bytes: &[u8]) -> String {
    encode(bytes, 5, BASE32)
}

fn base64_url(bytes: &[u8]) -> String {
    encode(bytes, 6, BASE64_URL)
}

/// Groups of `width` bits, without padding.
fn encode(bytes: &[u8], width: u32, alphabet: &[u8]) -> String {
    let (mut text, mut bits, mut held) = (String::new(), 0u32, 0u32);
    let mask = (1 << width) - 1;
    for byte in bytes {
        bits = bits << 8 | u32::from(*byte);
        held += 8;
        while held >= width {
            held -= width;
            text.push(char::from(alphabet[(bits >> held & mask) as usize]));
        }
    }
    if held > 0 {
        text.push(char::from(alphabet[(bits << (width - held) & mask) as usize]));
    }
    text
}

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

    #[test]
    fn encodings_by_known_answers() {
        assert_eq!(crc16(b"123456789"), 0x31c3);
        assert_eq!(base32_encode(b"foobar"), "MZXW6YTBOI");
        assert_eq!(base32_decode("MZXW6YTBOI").as_deref(), Some(&b"foobar"[..]));
        assert_eq!(base64_url(&[0xfb, 0xef, 0xff, 0x01]), "--__AQ");
    }

    #[test]
    fn a_seed_names_its_public_key() {
        let seed = seed_of([7; 32]);
        assert!(seed.starts_with("SU"), "{seed}");
        let nkey = Nkey::from_seed(&seed).expect("a valid seed");
        let public = nkey.public();
        assert!(public.starts_with('U') && public.len() == 56, "{public}");
        assert_eq!(nkey.sign("nonce").len(), 86);
    }

    #[test]
    fn broken_seeds_say_what_is_wrong() {
        let broken = |seed: &str| Nkey::from_seed(seed).err().expect("no valid seed");
        assert!(broken("su!").contains("base32"));
        assert!(broken("").contains("short"));
        let mut seed = seed_of([7; 32]);
        seed.replace_range(10..11, if &seed[10..11] == "A" { "B" } else { "A" });
        assert!(broken(&seed).contains("checksum"));
        let nkey = Nkey::from_seed(&seed_of([7; 32])).expect("a valid seed");
        assert!(broken(&nkey.public()).contains("no seed"));
    }

    fn seed_of(key: [u8; 32]) -> String {
        const USER: u8 = 20 << 3;
        let mut raw = vec![SEED | USER >> 5, USER << 3];
        raw.extend_from_slice(&key);
        raw.extend_from_slice(&crc16(&raw).to_le_bytes());
        base32_encode(&raw)
    }
}
