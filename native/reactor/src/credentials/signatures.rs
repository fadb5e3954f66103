//! Signatures of nonces: Ed25519, by ring.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use nt_broker::Nonce;
use nt_protocol::PublicKey;
use ring::signature::{ED25519, UnparsedPublicKey};

/// As nats-server reads base64: bits that belong to no byte may be anything.
const LOOSE: GeneralPurposeConfig = GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true);
const URL: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    LOOSE.with_decode_padding_mode(DecodePaddingMode::RequireNone),
);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LOOSE);

/// Of nobody: signatures by users that do not exist are compared with it, and take as long as others.
const DECOY: [u8; 32] = [
    0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7, 0xd5, 0x4b, 0xfe, 0xd3, 0xc9, 0x64, 0x07, 0x3a, 0x0e, 0xe1, 0x72,
    0xf3, 0xda, 0xa6, 0x23, 0x25, 0xaf, 0x02, 0x1a, 0x68, 0xf7, 0x07, 0x51, 0x1a,
];

/// Whether the text is a signature of the nonce by the key. False without a key or without a nonce.
pub(super) fn is_signed(key: Option<PublicKey>, nonce: Option<&Nonce>, signature: &str) -> bool {
    let Ok(signature) = decoded(signature) else {
        return false;
    };
    let bytes = key.as_ref().map_or(&DECOY, PublicKey::as_bytes);
    let is_right = verifies(bytes, nonce, &signature);
    key.is_some() && is_right
}

/// The first of these keys whose signature of the nonce the text is. Proxies use one alphabet only.
pub(super) fn signing_proxy(keys: &[PublicKey], nonce: Option<&Nonce>, signature: &str) -> Option<PublicKey> {
    let signature = URL.decode(signature).ok()?;
    let mut signing = keys.iter().filter(|key| verifies(key.as_bytes(), nonce, &signature));
    signing.next().copied()
}

fn verifies(key: &[u8], nonce: Option<&Nonce>, signature: &[u8]) -> bool {
    let signed = nonce.map(Nonce::as_str).unwrap_or_default();
    let verified = UnparsedPublicKey::new(&ED25519, key).verify(signed.as_bytes(), signature);
    nonce.is_some() && verified.is_ok()
}

/// Of either alphabet; clients use both.
fn decoded(signature: &str) -> Result<Vec<u8>, base64::DecodeError> {
    URL.decode(signature).or_else(|_| STANDARD.decode(signature))
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose;
    use nt_broker::NONCE_BYTES;
    use ring::signature::{Ed25519KeyPair, KeyPair};

    fn nonce(number: u8) -> Nonce {
        Nonce::of([number; NONCE_BYTES])
    }

    fn pair() -> Ed25519KeyPair {
        Ed25519KeyPair::from_seed_unchecked(&[7; 32]).expect("a seed")
    }

    fn key(bytes: &[u8]) -> Option<PublicKey> {
        let user = [&[20u8 << 3], bytes].concat();
        PublicKey::of_user(&nt_protocol::encode_nkey(&user)).ok()
    }

    #[test]
    fn a_signature_of_the_nonce_is_right_in_both_alphabets() {
        let key = key(pair().public_key().as_ref());
        // With letters that differ between the alphabets.
        for nonce in &(1..50).map(nonce).collect::<Vec<_>>() {
            let signature = pair().sign(nonce.as_str().as_bytes());
            for text in [
                general_purpose::URL_SAFE_NO_PAD.encode(signature.as_ref()),
                general_purpose::STANDARD.encode(signature.as_ref()),
            ] {
                assert!(is_signed(key, Some(nonce), &text), "{text}");
                assert!(!is_signed(key, Some(&self::nonce(0)), &text), "of another nonce");
                assert!(!is_signed(key, None, &text));
                assert!(!is_signed(None, Some(nonce), &text));
            }
        }
    }

    #[test]
    fn a_signature_of_nothing_lets_nobody_in_without_a_nonce() {
        let key = key(pair().public_key().as_ref());
        let of_nothing = general_purpose::URL_SAFE_NO_PAD.encode(pair().sign(b"").as_ref());
        assert!(!is_signed(key, None, &of_nothing), "it could be used again and again");
    }

    #[test]
    fn other_texts_are_no_signature() {
        let key = key(pair().public_key().as_ref());
        let other = Ed25519KeyPair::from_seed_unchecked(&[8; 32]).expect("a seed");
        let right = general_purpose::URL_SAFE_NO_PAD.encode(pair().sign(nonce(0).as_str().as_bytes()).as_ref());
        let by_another = general_purpose::URL_SAFE_NO_PAD.encode(other.sign(nonce(0).as_str().as_bytes()).as_ref());
        let padded = format!("{right}==");
        for text in [
            "",
            "x",
            "\u{e4}",
            nonce(0).as_str(),
            &right[1..],
            &format!("{right}A"),
            &by_another,
        ] {
            assert!(!is_signed(key, Some(&nonce(0)), text), "{text}");
        }
        // As in nats-server: padding belongs to the standard alphabet, where these letters are the same.
        assert_eq!(is_signed(key, Some(&nonce(0)), &padded), !right.contains(['-', '_']));
    }

    #[test]
    fn a_key_that_is_no_point_has_no_signature() {
        let signature = general_purpose::URL_SAFE_NO_PAD.encode([0; 64]);
        for bytes in [[0xff; 32], [0; 32], [2; 32]] {
            assert!(!is_signed(key(&bytes), Some(&nonce(0)), &signature), "{bytes:?}");
        }
    }

    #[test]
    fn the_proxy_that_signed_is_found_among_several() {
        let pairs = [1, 2, 3].map(|seed| Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).expect("a seed"));
        let keys = pairs
            .each_ref()
            .map(|pair| key(pair.public_key().as_ref()).expect("a key"));
        let nonce = nonce(4);
        let signature = pairs[1].sign(nonce.as_str().as_bytes());
        let text = general_purpose::URL_SAFE_NO_PAD.encode(signature.as_ref());
        assert_eq!(signing_proxy(&keys, Some(&nonce), &text), Some(keys[1]));
        assert_eq!(signing_proxy(&[keys[0], keys[2]], Some(&nonce), &text), None);
        assert_eq!(signing_proxy(&keys, None, &text), None);
        assert_eq!(signing_proxy(&keys, Some(&self::nonce(5)), &text), None);
        let padded = general_purpose::STANDARD.encode(signature.as_ref());
        assert_eq!(signing_proxy(&keys, Some(&nonce), &padded), None);
    }
}
