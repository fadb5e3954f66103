//! Any bytes after CONNECT are decoded or refused, and decoding the same twice changes nothing.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nt_protocol::ConnectOptions;

fuzz_target!(|json: &[u8]| {
    let Ok(once) = ConnectOptions::decode(json) else { return };
    let (user, name, protocol) = (once.user.clone(), once.name.clone(), once.protocol);
    let twice = once
        .decode_over(json)
        .expect("what was accepted once is accepted again");
    assert_eq!((user, name, protocol), (twice.user, twice.name, twice.protocol));
});
