//! Bytes of clients in messages to humans and to clients: quoted the way Go's `%q` does it, which tools parse.

use std::fmt::Write;

/// `bytes` in double quotes, with everything escaped that is no printable text.
pub(crate) fn quote(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() + 2);
    out.push('"');
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            escape(&mut out, c);
        }
        for byte in chunk.invalid() {
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
    out.push('"');
    out
}

fn escape(out: &mut String, c: char) {
    let _ = match c {
        '"' | '\\' => write!(out, "\\{c}"),
        '\x07' => write!(out, "\\a"),
        '\x08' => write!(out, "\\b"),
        '\x0c' => write!(out, "\\f"),
        '\n' => write!(out, "\\n"),
        '\r' => write!(out, "\\r"),
        '\t' => write!(out, "\\t"),
        '\x0b' => write!(out, "\\v"),
        '\0'..='\x1f' | '\x7f' => write!(out, "\\x{:02x}", c as u32),
        // Controls and what only looks like a space are shown by number.
        _ if c.is_control() || (c.is_whitespace() && c != ' ') || c == '\u{feff}' => write!(out, "\\u{:04x}", c as u32),
        _ => write!(out, "{c}"),
    };
}

#[cfg(test)]
mod tests {
    use super::quote;

    #[test]
    fn quotes_like_go() {
        let cases: [(&[u8], &str); 6] = [
            (b"foo.bar", "\"foo.bar\""),
            (b"a\"b\\c", "\"a\\\"b\\\\c\""),
            (b"\x01\x7f\x07\x08\x0b\x0c", "\"\\x01\\x7f\\a\\b\\v\\f\""),
            (b"\xff\xc3", "\"\\xff\\xc3\""),
            ("\u{e4}\u{20ac}".as_bytes(), "\"\u{e4}\u{20ac}\""),
            ("\u{a0}\u{85}".as_bytes(), "\"\\u00a0\\u0085\""),
        ];
        for (bytes, text) in cases {
            assert_eq!(quote(bytes), text);
        }
    }
}
