//! A compiled destination: the parts whose outputs, one after the other, are the new subject.
//!
//! Dots and neighbouring literal tokens are one part of text, so that most destinations have few parts. Tokens of the
//! published subject are named by their position, from 0.

/// One part of a destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// Text of the destination, dots included.
    Text(Box<[u8]>),
    /// A token of the subject.
    Token(usize),
    /// Everything from this token on.
    Tail(usize),
    /// The number of a partition: a hash over some tokens, or the whole subject if none are listed.
    Partition { partitions: u32, tokens: Box<[usize]> },
    /// A number drawn for each message.
    Random { below: u32 },
    /// The pieces of a token between separators; its characters if the separator is empty.
    Split { token: usize, separator: Box<[u8]> },
    /// A token, cut by length.
    Cut { token: usize, cut: Cut, length: usize },
}

/// How a token is cut. A token that is not longer than the length stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cut {
    /// In two, so many bytes from its start.
    SplitFromLeft,
    /// In two, so many bytes from its end.
    SplitFromRight,
    /// Into pieces of that length; the last one may be shorter.
    SliceFromLeft,
    /// Into pieces of that length; the first one may be shorter.
    SliceFromRight,
    /// Only so many bytes of its start.
    Left,
    /// Only so many bytes of its end.
    Right,
}

impl Part {
    pub(super) fn text(text: &[u8]) -> Self {
        Self::Text(text.into())
    }

    /// The most bytes it can yield for a subject of this length.
    pub(super) fn longest(&self, subject_bytes: usize) -> usize {
        const DIGITS: usize = 10;
        match self {
            Self::Text(text) => text.len(),
            Self::Token(_) | Self::Tail(_) => subject_bytes,
            Self::Partition { .. } | Self::Random { .. } => DIGITS,
            Self::Split { separator, .. } if !separator.is_empty() => subject_bytes,
            // At most a dot for each byte.
            Self::Split { .. } | Self::Cut { .. } => subject_bytes.saturating_mul(2),
        }
    }
}

/// Joins the parts of single tokens with dots.
#[derive(Debug, Default)]
pub(super) struct Joiner {
    parts: Vec<Part>,
    text: Vec<u8>,
}

impl Joiner {
    /// Adds the part of the next token.
    pub(super) fn push(&mut self, part: Part) {
        if !self.parts.is_empty() || !self.text.is_empty() {
            self.text.push(b'.');
        }
        match part {
            Part::Text(text) => self.text.extend_from_slice(&text),
            other => {
                self.flush();
                self.parts.push(other);
            }
        }
    }

    pub(super) fn finish(mut self) -> Box<[Part]> {
        self.flush();
        self.parts.into()
    }

    fn flush(&mut self) {
        if !self.text.is_empty() {
            self.parts.push(Part::text(&self.text));
            self.text.clear();
        }
    }
}
