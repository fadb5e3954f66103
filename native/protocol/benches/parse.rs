//! Parses what publishers send: one read of a loop, whole and in pieces.
//!
//! `cargo bench -p nt-protocol`. Throughput is counted in messages; `cargo test` runs each case once.

#![allow(missing_docs)]

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use nt_protocol::{Limits, Op, Parsed, parse};

const LIMITS: Limits = Limits {
    max_control_line: 4096,
    max_payload: 1 << 20,
    headers: true,
};
/// The bytes of one read.
const READ_BYTES: usize = 256 * 1024;
const PAYLOADS: [usize; 3] = [16, 128, 4096];

/// As many messages as fit into one read, and their number.
fn stream(message: &[u8]) -> (Vec<u8>, usize) {
    let count = READ_BYTES / message.len();
    (message.repeat(count), count)
}

fn publish(payload: usize) -> Vec<u8> {
    let mut message = format!("PUB orders.new.42 {payload}\r\n").into_bytes();
    message.resize(message.len() + payload, b'x');
    message.extend_from_slice(b"\r\n");
    message
}

fn publish_with_headers(payload: usize) -> Vec<u8> {
    let headers = "NATS/1.0\r\nTrace: 0123456789\r\n\r\n";
    let (head, total) = (headers.len(), headers.len() + payload);
    let mut message = format!("HPUB orders.new.42 _INBOX.abc.1 {head} {total}\r\n{headers}").into_bytes();
    message.resize(message.len() + payload, b'x');
    message.extend_from_slice(b"\r\n");
    message
}

/// Parses all of it as if it arrived in reads of `read` bytes; returns the number of messages.
fn parse_all(stream: &[u8], read: usize) -> usize {
    let (mut start, mut end, mut messages) = (0, 0, 0);
    while start < stream.len() {
        match parse(&stream[start..end], &LIMITS) {
            Parsed::Op(op, used) => {
                messages += usize::from(matches!(black_box(op), Op::Publish(_)));
                start += used;
            }
            Parsed::Incomplete { need } => {
                assert!(end < stream.len(), "the stream ends within a message");
                end = (end + read).max(start + need).min(stream.len());
            }
            Parsed::Error(error) => panic!("the stream is well formed: {error}"),
        }
    }
    messages
}

fn measure(bencher: Bencher<'_, '_>, message: &[u8], read: usize) {
    let (stream, count) = stream(message);
    assert_eq!(parse_all(&stream, read), count);
    bencher
        .counter(ItemsCount::new(count))
        .bench_local(|| parse_all(black_box(&stream), read));
}

#[divan::bench(args = PAYLOADS)]
fn whole(bencher: Bencher<'_, '_>, payload: usize) {
    measure(bencher, &publish(payload), READ_BYTES);
}

/// Reads so short that nearly every message is split: the parser sees the beginning of each more than once.
#[divan::bench(args = PAYLOADS)]
fn split(bencher: Bencher<'_, '_>, payload: usize) {
    let message = publish(payload);
    measure(bencher, &message, message.len() * 2 / 3);
}

#[divan::bench(args = PAYLOADS)]
fn headers(bencher: Bencher<'_, '_>, payload: usize) {
    measure(bencher, &publish_with_headers(payload), READ_BYTES);
}

fn main() {
    divan::main();
}
