//! The log text for bytes that are no operation, in the form operators know from nats-server: the state of a parser
//! that takes byte after byte, the offset where it stops, and a few bytes from there on.

use crate::trace::quote::quote;

/// Bytes shown at most.
const SNIPPET_BYTES: usize = 32;

/// The operations, and the state after the first byte of each; each following byte adds one.
const WORDS: [(&str, usize); 8] = [
    ("+OK", 1),
    ("-ERR", 4),
    ("CONNECT", 10),
    ("HPUB", 18),
    ("PUB", 29),
    ("SUB", 43),
    ("UNSUB", 59),
    ("INFO", 71),
];
/// Operations that differ from PUB after the first byte: the state after the second.
const P_WORDS: [(&str, usize); 2] = [("PING", 34), ("PONG", 37)];
/// The payload's end is expected: CR, then LF.
const PAYLOAD_CR: usize = 41;
const PAYLOAD_LF: usize = 42;

/// The log's text for bytes that are no operation. The operation begins at `start` of `data`.
pub(crate) fn unknown_operation(data: &[u8], start: usize) -> String {
    let (state, at) = stop(&data[start..]);
    let at = start + at;
    let snippet = quote(snippet(data, at));
    format!("Client parser ERROR, state={state}, i={at}: proto='{snippet}...'")
}

/// State and offset of the first byte that fits no operation.
fn stop(op: &[u8]) -> (usize, usize) {
    let (word, matched, state) = WORDS
        .iter()
        .map(|&(word, first)| (word, common(op, word), first, 1))
        .chain(P_WORDS.iter().map(|&(word, first)| (word, common(op, word), first, 2)))
        .max_by_key(|&(_, matched, _, _)| matched)
        .map_or(("", 0, 0), |(word, matched, first, offset)| {
            let state = match matched {
                0 => 0,
                n if n < offset => 29,
                n => first + n - offset,
            };
            (word, matched, state)
        });
    if matched == word.len() && word.ends_with("PUB") {
        return payload_end(op).unwrap_or((state, matched));
    }
    (state, matched)
}

/// Whether the line is that of a message, and only what follows it is wrong.
pub(crate) fn is_bad_payload(op: &[u8]) -> bool {
    matches!(stop(op), (PAYLOAD_CR | PAYLOAD_LF, _))
}

fn common(op: &[u8], word: &str) -> usize {
    op.iter()
        .zip(word.as_bytes())
        .take_while(|(a, b)| a.eq_ignore_ascii_case(b))
        .count()
}

/// A message whose payload does not end where its line says.
fn payload_end(op: &[u8]) -> Option<(usize, usize)> {
    let line_end = op.iter().position(|&b| b == b'\n')? + 1;
    let size = op[..line_end]
        .split(u8::is_ascii_whitespace)
        .rfind(|part| !part.is_empty())?;
    let end = line_end + nt_protocol::parse_size(size)?;
    match op.get(end)? {
        b'\r' => Some((PAYLOAD_LF, end + 1)),
        _ => Some((PAYLOAD_CR, end)),
    }
}

fn snippet(data: &[u8], at: usize) -> &[u8] {
    let end = at + SNIPPET_BYTES;
    let end = if end > data.len() {
        data.len().saturating_sub(1)
    } else {
        end
    };
    data.get(at..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{is_bad_payload, unknown_operation};

    #[test]
    fn tells_where_the_bytes_went_wrong() {
        for (data, start, text) in [
            (&b"FOO bar\r\n"[..], 0, "state=0, i=0: proto='\"FOO bar\\r\"..."),
            (b"PUX\r\n", 0, "state=30, i=2: proto='\"X\\r\"..."),
            (b"PX\r\n", 0, "state=29, i=1: proto='\"X\\r\"..."),
            (b"PINX\r\n", 0, "state=35, i=3: proto='\"X\\r\"..."),
            (b"ping\r\npoX\r\n", 6, "state=37, i=8: proto='\"X\\r\"..."),
            (b"UNSUB\r\n", 0, "state=63, i=5: proto='\"\\r\"..."),
            (b"PUB a 1\r\nabc\r\n", 0, "state=41, i=10: proto='\"bc\\r\"..."),
            (b"PUB a 1\r\na\rc\r\n", 0, "state=42, i=11: proto='\"c\\r\"..."),
            (b"connX", 0, "state=13, i=4: proto='\"\"..."),
        ] {
            let logged = unknown_operation(data, start);
            assert!(logged.contains(text), "{logged}");
            assert_eq!(is_bad_payload(&data[start..]), data.starts_with(b"PUB a"));
        }
    }
}
