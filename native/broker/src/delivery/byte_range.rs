//! A part of a buffer that is copied often.

/// Short ranges are copied in blocks of this size where source and target have room.
pub(crate) const BLOCK: usize = 32;

/// `text[start..end]`; bytes after `end` may be read, too.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ByteRange<'a> {
    pub text: &'a [u8],
    pub start: usize,
    pub end: usize,
}

impl<'a> ByteRange<'a> {
    pub fn bytes(self) -> &'a [u8] {
        &self.text[self.start..self.end]
    }

    pub fn len(&self) -> usize {
        self.end - self.start
    }

    /// Appends the range. Where `out` has room it does not grow.
    #[inline]
    pub fn append_to(self, out: &mut Vec<u8>) {
        let at = out.len();
        let short = self.len() <= BLOCK && self.text.len() - self.start >= BLOCK && out.capacity() - at >= BLOCK;
        if short {
            // More than needed is copied and truncated: a copy of fixed size is a few instructions and no call.
            out.extend_from_slice(&self.text[self.start..self.start + BLOCK]);
            out.truncate(at + self.len());
        } else {
            out.extend_from_slice(&self.text[self.start..self.end]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn appends_exactly_the_range() {
        let text: Vec<u8> = (0..100).collect();
        for start in 0..=text.len() {
            for end in start..=text.len() {
                for room in [0, 40, 200] {
                    let mut out = Vec::with_capacity(room);
                    out.push(7);
                    ByteRange {
                        text: &text,
                        start,
                        end,
                    }
                    .append_to(&mut out);
                    assert_eq!(out[0], 7);
                    assert_eq!(out[1..], text[start..end]);
                }
            }
        }
    }
}
