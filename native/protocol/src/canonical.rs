//! A fast parser for complete messages in the form that all clients use: operation in capitals, one space between
//! arguments, CRLF at the end of line and payload. Everything else (unusual, incomplete or invalid) is left to the full
//! parser. What this parser accepts, the full parser accepts with the same result.

use crate::Publish;
use crate::parser::{Limits, parse_size};

/// The subject of the message at the start of `buf`, if it is a `PUB` whose subject is followed by a digit: probably a
/// message without a reply.
#[inline]
pub fn published_subject(buf: &[u8]) -> Option<&[u8]> {
    const PUB: usize = b"PUB ".len();
    if !buf.starts_with(b"PUB ") {
        return None;
    }
    let at = Blanks::new(buf, PUB).next()?;
    (at > PUB && buf[at] == b' ' && buf.get(at + 1)?.is_ascii_digit()).then(|| &buf[PUB..at])
}

/// The message at the start of `buf` and the bytes it takes. `None`: use the full parser.
#[inline(always)] // its result would be copied several times
pub fn parse_canonical<'a>(buf: &'a [u8], limits: &Limits) -> Option<(Publish<'a>, usize)> {
    let (word, has_headers) = match buf {
        [b'P', b'U', b'B', b' ', ..] => (4, false),
        [b'H', b'P', b'U', b'B', b' ', ..] if limits.headers => (5, true),
        _ => return None,
    };
    let line = Line::read(buf, word)?;
    if line.end - 2 - word > limits.max_control_line {
        return None;
    }
    let (subject, reply, header_text, size_text) = match (has_headers, line.arguments()) {
        (false, &[subject, size]) => (subject, None, None, size),
        (false, &[subject, reply, size]) => (subject, Some(reply), None, size),
        (true, &[subject, header, size]) => (subject, None, Some(header), size),
        (true, &[subject, reply, header, size]) => (subject, Some(reply), Some(header), size),
        _ => return None,
    };
    let size = parse_size(size_text)?;
    let header_len = match header_text {
        Some(text) => parse_size(text)?,
        None => 0,
    };
    if size > limits.max_payload || header_len > size {
        return None;
    }
    let body_end = line.end + size;
    if buf.get(body_end..body_end + 2) != Some(b"\r\n") {
        return None;
    }
    let message = Publish {
        subject,
        reply,
        has_headers,
        header_len,
        body: &buf[line.end..body_end],
        size_text,
        tail: Some(&buf[word + subject.len() + 1..body_end + 2]),
    };
    Some((message, body_end + 2))
}

/// The largest number of arguments of a message.
const ARGUMENTS_MAX: usize = 4;
/// Lines longer than this are left to the full parser.
const LINE_MAX: usize = 8 * BLOCK;

/// The arguments of one line.
struct Line<'a> {
    parts: [&'a [u8]; ARGUMENTS_MAX],
    count: usize,
    /// The offset after its CRLF.
    end: usize,
}

impl<'a> Line<'a> {
    /// Reads the arguments that begin at `start`.
    #[inline(always)]
    fn read(buf: &'a [u8], start: usize) -> Option<Self> {
        let mut parts: [&[u8]; ARGUMENTS_MAX] = [&[]; ARGUMENTS_MAX];
        let mut count = 0;
        let mut blanks = Blanks::new(buf, start);
        let mut from = start;
        loop {
            let at = blanks.next()?;
            if at == from {
                return None;
            }
            *parts.get_mut(count)? = &buf[from..at];
            count += 1;
            from = at + 1;
            match buf[at] {
                b' ' => {}
                b'\r' if buf.get(from) == Some(&b'\n') => {
                    return Some(Self {
                        parts,
                        count,
                        end: from + 1,
                    });
                }
                _ => return None,
            }
        }
    }

    #[inline(always)]
    fn arguments(&self) -> &[&'a [u8]] {
        &self.parts[..self.count]
    }
}

/// Bytes examined at once.
const BLOCK: usize = 32;

/// Finds blanks and control characters in a line.
struct Blanks<'a> {
    buf: &'a [u8],
    base: usize,
    limit: usize,
    /// A bit for each of them in the block that starts at `base`.
    mask: u32,
}

impl<'a> Blanks<'a> {
    #[inline(always)]
    fn new(buf: &'a [u8], start: usize) -> Self {
        Self {
            buf,
            base: start,
            limit: buf.len().min(start + LINE_MAX),
            mask: block_at(buf, start),
        }
    }

    #[inline(always)]
    fn next(&mut self) -> Option<usize> {
        while self.mask == 0 {
            self.base += BLOCK;
            if self.base >= self.limit {
                return None;
            }
            self.mask = block_at(self.buf, self.base);
        }
        let at = self.base + self.mask.trailing_zeros() as usize;
        self.mask &= self.mask - 1;
        Some(at)
    }
}

#[inline(always)]
fn block_at(buf: &[u8], at: usize) -> u32 {
    if let Some(block) = buf.get(at..).and_then(<[u8]>::first_chunk) {
        return blanks_of(block);
    }
    last_block(&buf[at..])
}

#[inline(never)]
fn last_block(rest: &[u8]) -> u32 {
    let mut block = [0xFF; BLOCK];
    block[..rest.len()].copy_from_slice(rest);
    blanks_of(&block)
}

/// A bit for each byte that is not greater than a space.
#[inline]
fn blanks_of(block: &[u8; BLOCK]) -> u32 {
    let (words, _) = block.as_chunks::<8>();
    let masks = words
        .iter()
        .enumerate()
        .map(|(index, &word)| blanks_of_word(word) << (8 * index));
    masks.fold(0, |all, part| all | part)
}

/// The same for eight bytes, with integer arithmetic.
#[inline]
fn blanks_of_word(bytes: [u8; 8]) -> u32 {
    const EACH: u64 = 0x0101_0101_0101_0101;
    let word = u64::from_le_bytes(bytes);
    // Bit 7 of each byte: whether it is greater than a space. No sum carries into the next byte.
    let more = ((word & (EACH * 0x7F)) + EACH * (0x7F - b' ' as u64)) | word;
    let not_more = (!more >> 7) & EACH;
    // Collects the lowest bits of all bytes in the highest byte.
    (not_more.wrapping_mul(0x0102_0408_1020_4080) >> 56) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_blanks_wherever_they_are() {
        for byte in 0..=u8::MAX {
            for at in 0..BLOCK {
                let mut block = [b'x'; BLOCK];
                block[at] = byte;
                let expected = if byte <= b' ' { 1 << at } else { 0 };
                assert_eq!(blanks_of(&block), expected, "{byte} at {at}");
            }
        }
        assert_eq!(blanks_of(&[b' '; BLOCK]), u32::MAX);
    }

    #[test]
    fn reads_lines_of_any_length_up_to_its_own() {
        for len in 1..2 * LINE_MAX {
            let line = format!("PUB {} 2\r\nhi\r\n", "s".repeat(len));
            let limits = Limits {
                max_control_line: 4096,
                max_payload: 100,
                headers: true,
            };
            let found = parse_canonical(line.as_bytes(), &limits).map(|(message, end)| (message.subject.len(), end));
            let arguments = len + " 2\r".len();
            assert_eq!(found, (arguments <= LINE_MAX).then_some((len, line.len())), "{len}");
        }
    }
}
