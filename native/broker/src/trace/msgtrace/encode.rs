//! An event as bytes, compressed where its reader accepts that and it takes little time.

use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Serialize;
use std::io::{self, Write};

/// Longer events are not compressed: the account's interest is locked meanwhile, and a client that sends a megabyte of
/// headers would make all others wait.
const COMPRESSED_MAX: usize = 256 << 10;

/// Headers, if it needs any, and body. `accepted` is the value of the request's `Accept-Encoding`.
pub(super) fn encode(event: &impl Serialize, accepted: Option<&str>) -> (Vec<u8>, Vec<u8>) {
    let json = serde_json::to_vec(event).expect("plain fields always serialise");
    let Some(accepted) = accepted else {
        return (Vec::new(), json);
    };
    let accepted = accepted.to_ascii_lowercase();
    let (encoding, body) = if json.len() > COMPRESSED_MAX {
        ("identity", Ok(json))
    } else if accepted.contains("snappy") || accepted.contains("s2") {
        ("snappy", Ok(snappy_frame(&json)))
    } else if accepted.contains("gzip") {
        ("gzip", gzip(&json))
    } else {
        ("identity", Ok(json))
    };
    let headers = format!("NATS/1.0\r\nContent-Encoding: {encoding}\r\n\r\n");
    (headers.into_bytes(), body.expect("memory takes every byte"))
}

fn gzip(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes)?;
    encoder.finish()
}

/// Compressed by Snappy, in the framed format, which readers of S2 take too.
pub fn snappy_frame(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = snap::write::FrameEncoder::new(Vec::new());
    encoder.write_all(bytes).expect("memory takes every byte");
    encoder.into_inner().expect("memory takes every byte")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn what_readers_accept_decides() {
        let event = "x".repeat(1000);
        let json = serde_json::to_vec(&event).expect("text");
        for (accepted, encoding) in [
            ("gzip", "gzip"),
            ("br, GZIP;q=0.5", "gzip"),
            ("gzip, s2", "snappy"),
            ("Snappy", "snappy"),
            ("br", "identity"),
        ] {
            let (headers, body) = encode(&event, Some(accepted));
            let expected = format!("NATS/1.0\r\nContent-Encoding: {encoding}\r\n\r\n");
            assert_eq!(headers, expected.as_bytes(), "{accepted}");
            let mut plain = Vec::new();
            let read = match encoding {
                "gzip" => flate2::read::GzDecoder::new(&body[..]).read_to_end(&mut plain),
                "snappy" => snap::read::FrameDecoder::new(&body[..]).read_to_end(&mut plain),
                _ => (&body[..]).read_to_end(&mut plain),
            };
            assert_eq!(read.expect("it can be read"), json.len());
            assert_eq!(plain, json);
            assert!(encoding == "identity" || body.len() < json.len() / 4);
        }
        assert_eq!(encode(&event, None), (Vec::new(), json));
    }
    #[test]
    fn what_takes_long_is_not_compressed() {
        let event = "x".repeat(COMPRESSED_MAX);
        for accepted in ["gzip", "s2"] {
            let (headers, body) = encode(&event, Some(accepted));
            assert_eq!(headers, b"NATS/1.0\r\nContent-Encoding: identity\r\n\r\n");
            assert_eq!(body.len(), event.len() + 2);
        }
    }
}
