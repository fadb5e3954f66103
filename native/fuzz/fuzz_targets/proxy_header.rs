//! Any first bytes give a client, nobody, a wish for more or an error; and what arrives later makes no difference.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nt_protocol::{ProxyHeader, parse_proxy_header};

fuzz_target!(|data: &[u8]| {
    let Some((&cut, input)) = data.split_first() else {
        return;
    };
    let outcome = parse_proxy_header(input);
    let used = match outcome {
        Ok(ProxyHeader::Client { used, .. } | ProxyHeader::Local { used }) => used,
        Ok(ProxyHeader::Absent) | Err(_) => input.len(),
        Ok(ProxyHeader::Incomplete { need }) => {
            assert!(need == 0 || need > input.len());
            return;
        }
    };
    assert!(used > 0 && used <= input.len());
    let followed = [&input[..used], b"\r\nCONNECT {}\r\n"].concat();
    if used < input.len() || outcome.as_ref().is_ok_and(|header| *header != ProxyHeader::Absent) {
        assert_eq!(parse_proxy_header(&followed), outcome, "what follows does not matter");
    }
    let part = &input[..usize::from(cut) % used];
    match parse_proxy_header(part) {
        Ok(ProxyHeader::Incomplete { need }) => assert!(need == 0 || need > part.len()),
        early => assert_eq!(early, outcome, "the first {} of {used} bytes", part.len()),
    }
});
