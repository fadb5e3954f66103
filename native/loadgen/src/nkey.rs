//! The part of nkeys that a client needs: a seed, its public key, and a signature of the server's nonce.
//!
//! ring does the cryptography.

use nt_protocol::{decode_nkey, encode_nkey};
use ring::signature::{Ed25519KeyPair, KeyPair};

/// A key pair of a user.
pub struct Nkey {
    pair: Ed25519KeyPair,
    kind: u8,
}

impl Nkey {
    /// Reads a seed (`SU…`).
    pub fn from_seed(seed: &str) -> Result<Self, String> {
        let body = decode_nkey(seed.trim()).ok_or("the nkey seed is no nkey, or has a typing error in it")?;
        // Two prefixes in two bytes: 5 bits for "seed", 8 bits for the kind of key.
        let [first, second, key @ ..] = &body[..] else {
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
        encode_nkey(&[&[self.kind], self.pair.public_key().as_ref()].concat())
    }

    /// A signature in the form that CONNECT needs.
    pub fn sign(&self, nonce: &str) -> String {
        base64_url(self.pair.sign(nonce.as_bytes()).as_ref())
    }
}

const SEED: u8 = 18 << 3;
const BASE64_URL: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Without padding.
fn base64_url(bytes: &[u8]) -> String {
    let (mut text, mut bits, mut held) = (String::new(), 0u32, 0u32);
    for byte in bytes {
        bits = bits << 8 | u32::from(*byte);
        held += 8;
        while held >= 6 {
            held -= 6;
            text.push(char::from(BASE64_URL[(bits >> held & 63) as usize]));
        }
    }
    if held > 0 {
        text.push(char::from(BASE64_URL[(bits << (6 - held) & 63) as usize]));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_by_known_answers() {
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
        assert!(broken("su!").contains("no nkey"));
        assert!(broken("").contains("no nkey"));
        let mut seed = seed_of([7; 32]);
        seed.replace_range(10..11, if &seed[10..11] == "A" { "B" } else { "A" });
        assert!(broken(&seed).contains("typing error"));
        let nkey = Nkey::from_seed(&seed_of([7; 32])).expect("a valid seed");
        assert!(broken(&nkey.public()).contains("no seed"));
    }

    fn seed_of(key: [u8; 32]) -> String {
        const USER: u8 = 20 << 3;
        encode_nkey(&[&[SEED | USER >> 5, USER << 3], &key[..]].concat())
    }
}
