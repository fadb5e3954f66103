//! Any text is a public key or is refused, and a key has one way to be written.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nt_protocol::{PublicKey, decode_nkey, encode_nkey};

fuzz_target!(|bytes: &[u8]| {
    let written = encode_nkey(bytes);
    assert_eq!(decode_nkey(&written).as_deref(), Some(bytes));
    let _ = PublicKey::of_any(&written);
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let _ = PublicKey::of_any(text);
    if let Ok(key) = PublicKey::of_user(text) {
        assert_eq!(PublicKey::of_any(text), Ok(key));
        assert_eq!(encode_nkey(&[&[20 << 3], &key.as_bytes()[..]].concat()), text);
    }
});
