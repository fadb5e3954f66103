//! Parses frames that servers send: the offsets of the parts of complete `MSG` and `HMSG` frames.

use crate::parser::parse_size;
use memchr::memchr;

/// Words for each frame in an index.
pub const INDEX_WORDS: usize = 8;

/// Indexes `frames`, which must be complete and have numbers as sids. For each frame it returns the sid and seven
/// offsets: start and end of the subject, start and end of the reply subject (equal if there is none), start of the
/// headers, end of the headers and start of the payload, end of the payload. Stops at anything else.
pub fn index_frames(frames: &[u8]) -> Vec<u32> {
    let mut index = Vec::new();
    let mut at = 0;
    while let Some((words, end)) = index_frame(frames, at) {
        index.extend_from_slice(&words);
        at = end;
    }
    debug_assert_eq!(at, frames.len(), "frames are whole");
    index
}

fn index_frame(frames: &[u8], at: usize) -> Option<([u32; INDEX_WORDS], usize)> {
    let rest = &frames[at..];
    let has_headers = rest.starts_with(b"HMSG ");
    let start = match has_headers {
        true => at + b"HMSG ".len(),
        false if rest.starts_with(b"MSG ") => at + b"MSG ".len(),
        false => return None,
    };
    let line_end = start + memchr(b'\r', &frames[start..])?;
    let mut parts = Parts {
        frames,
        at: start,
        line_end,
    };
    let subject = parts.next()?;
    let sid = parts.next()?;
    let sizes = if has_headers { 2 } else { 1 };
    let mut reply = (line_end, line_end);
    if parts.clone().count() > sizes {
        reply = parts.next()?;
    }
    let mut size = || parts.next().and_then(|(start, end)| parse_size(&frames[start..end]));
    let header_len = if has_headers { size()? } else { 0 };
    let total = size()?;
    let body = line_end + 2;
    let end = body + total;
    if header_len > total || frames.get(end..end + 2) != Some(b"\r\n") {
        return None;
    }
    let handle = parse_size(&frames[sid.0..sid.1])?;
    let words = [
        handle,
        subject.0,
        subject.1,
        reply.0,
        reply.1,
        body,
        body + header_len,
        end,
    ];
    Some((words.map(|word| word as u32), end + 2))
}

/// Arguments of one line, as offsets.
#[derive(Clone)]
struct Parts<'a> {
    frames: &'a [u8],
    at: usize,
    line_end: usize,
}

impl Iterator for Parts<'_> {
    type Item = (usize, usize);

    fn next(&mut self) -> Option<(usize, usize)> {
        if self.at >= self.line_end {
            return None;
        }
        let start = self.at;
        let end = memchr(b' ', &self.frames[start..self.line_end]).map_or(self.line_end, |len| start + len);
        self.at = end + 1;
        Some((start, end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(frames: &[u8]) -> Vec<(u32, Vec<String>)> {
        index_frames(frames)
            .chunks(INDEX_WORDS)
            .map(|w| {
                let text = |from: usize, to: usize| {
                    String::from_utf8_lossy(&frames[w[from] as usize..w[to] as usize]).into_owned()
                };
                (w[0], vec![text(1, 2), text(3, 4), text(5, 6), text(6, 7)])
            })
            .collect()
    }

    #[test]
    fn finds_the_parts_of_each_frame() {
        let frames = b"MSG a.b 7 2\r\nhi\r\nMSG a 12 _R.1 0\r\n\r\nHMSG h 3 12 15\r\nNATS/1.0\r\n\r\nabc\r\n\
            HMSG h 4 r 12 12\r\nNATS/1.0\r\n\r\n\r\n";
        let head = "NATS/1.0\r\n\r\n";
        assert_eq!(
            parts(frames),
            [
                (7, vec!["a.b".into(), String::new(), String::new(), "hi".into()]),
                (12, vec!["a".into(), "_R.1".into(), String::new(), String::new()]),
                (3, vec!["h".into(), String::new(), head.into(), "abc".into()]),
                (4, vec!["h".into(), "r".into(), head.into(), String::new()]),
            ]
        );
    }
}
