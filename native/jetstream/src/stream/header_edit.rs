//! Changes of a block of headers before a message is stored.

const VERSION_LINE: &[u8] = b"NATS/1.0\r\n";

/// The block without a status behind the version.
pub(super) fn without_status(block: &[u8]) -> Option<Vec<u8>> {
    if block.is_empty() || block.starts_with(VERSION_LINE) {
        return None;
    }
    let end = block.windows(2).position(|pair| pair == b"\r\n")? + 2;
    Some([VERSION_LINE, &block[end..]].concat())
}

/// The block without the lines of a name; empty if nothing is left.
pub(super) fn without(block: &[u8], name: &str) -> Vec<u8> {
    let mut kept = Vec::with_capacity(block.len());
    let mut lines = 0;
    for line in block.split_inclusive(|&byte| byte == b'\n') {
        let is_named = line
            .strip_prefix(name.as_bytes())
            .is_some_and(|rest| rest.first() == Some(&b':'));
        if !is_named {
            kept.extend_from_slice(line);
            lines += usize::from(line != b"\r\n");
        }
    }
    if lines > 1 { kept } else { Vec::new() }
}

/// The block with one more line at its end.
pub(super) fn with(block: &[u8], name: &str, value: &str) -> Vec<u8> {
    with_lines(block, &[(name, value)])
}

/// The block with more lines at its end.
pub(crate) fn with_lines(block: &[u8], added: &[(&str, &str)]) -> Vec<u8> {
    let lines = match block.strip_suffix(b"\r\n") {
        Some(lines) if !block.is_empty() => lines,
        _ => VERSION_LINE,
    };
    let mut longer = Vec::with_capacity(lines.len() + 64 * added.len());
    longer.extend_from_slice(lines);
    for (name, value) in added {
        for part in [name, ": ", value, "\r\n"] {
            longer.extend_from_slice(part.as_bytes());
        }
    }
    longer.extend_from_slice(b"\r\n");
    longer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_added_and_removed() {
        let block = with(b"", "A", "1");
        assert_eq!(block, b"NATS/1.0\r\nA: 1\r\n\r\n");
        let longer = with(&block, "B", "2");
        assert_eq!(longer, b"NATS/1.0\r\nA: 1\r\nB: 2\r\n\r\n");
        assert_eq!(without(&longer, "A"), b"NATS/1.0\r\nB: 2\r\n\r\n");
        assert_eq!(without(&longer, "C"), longer);
        assert_eq!(without(&block, "A"), b"");
    }

    /// PUB-9
    #[test]
    fn pub_9_a_status_behind_the_version_is_not_stored() {
        let stored = without_status(b"NATS/1.0 503 x\r\nA: 1\r\n\r\n");
        assert_eq!(stored.as_deref(), Some(&b"NATS/1.0\r\nA: 1\r\n\r\n"[..]));
        assert_eq!(without_status(b"NATS/1.0\r\nA: 1\r\n\r\n"), None);
        assert_eq!(without_status(b""), None);
    }
}
