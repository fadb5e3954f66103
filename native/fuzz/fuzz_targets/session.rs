//! Any bytes make a session of several clients on two loops: see `native/broker/src/tests/session.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| nt_broker::session(data));
