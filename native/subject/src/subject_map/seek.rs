//! Which subject of a sorted list can be the next one that matches a filter.

use std::cmp::Ordering;

/// What to do with a subject of the list.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// It matches.
    Matches,
    /// It does not; the next one may.
    Next,
    /// It does not, nor does any below the target.
    Seek,
    /// Neither it nor any later one does.
    End,
}

/// A filter, which may have wildcards.
#[derive(Debug)]
pub(super) struct Filter<'a> {
    text: &'a [u8],
    /// What all matches start with.
    prefix: &'a [u8],
}

/// The byte that follows the end of a token in the order of bytes.
const BEHIND_DOT: u8 = b'.' + 1;

impl<'a> Filter<'a> {
    pub(super) fn new(text: &'a [u8]) -> Self {
        let mut end = 0;
        for token in text.split(|&byte| byte == b'.') {
            if token == b"*" || token == b">" {
                break;
            }
            end += token.len() + 1;
        }
        Self {
            text,
            prefix: &text[..end.min(text.len())],
        }
    }

    /// What all matches start with.
    pub(super) fn literal_prefix(&self) -> &'a [u8] {
        self.prefix
    }

    /// Compares a subject with the filter, token by token. `target` is written when the result is to seek; it is above
    /// the subject.
    pub(super) fn step(&self, subject: &[u8], target: &mut Vec<u8>) -> Step {
        let mut wanted = self.text.split(|&byte| byte == b'.').peekable();
        // Where the subject's token starts, and the end of the last token that a `*` took.
        let (mut start, mut starred_end) = (0, None);
        let mut has_more = true;
        while let Some(token) = wanted.next() {
            if !has_more {
                // Too short; a longer one with the same tokens may follow.
                return Step::Next;
            }
            if token == b">" {
                return Step::Matches;
            }
            let length = subject[start..].iter().position(|&byte| byte == b'.');
            let end = length.map_or(subject.len(), |length| start + length);
            if token == b"*" {
                starred_end = Some(end);
            } else if token != &subject[start..end] {
                return self.past_mismatch(subject, start, token, wanted.peek().is_some(), starred_end, target);
            }
            has_more = length.is_some();
            start = end + 1;
        }
        if !has_more {
            return Step::Matches;
        }
        // Too long, and so is everything below the tokens that match.
        seek_behind(&subject[..start - 1], target)
    }

    /// The token of the subject at `start` is not the literal `token`, which is the filter's last one unless `has_more`.
    fn past_mismatch(
        &self,
        subject: &[u8],
        start: usize,
        token: &[u8],
        has_more: bool,
        starred_end: Option<usize>,
        target: &mut Vec<u8>,
    ) -> Step {
        target.clear();
        target.extend_from_slice(&subject[..start]);
        target.extend_from_slice(token);
        if has_more {
            target.push(b'.');
        }
        if target.as_slice().cmp(subject) == Ordering::Greater {
            return Step::Seek;
        }
        // All with this beginning are below: another token in place of the last `*`.
        match starred_end {
            Some(end) => seek_behind(&subject[..end], target),
            None => Step::End,
        }
    }
}

/// To the first subject that does not continue `tokens` with another token.
fn seek_behind(tokens: &[u8], target: &mut Vec<u8>) -> Step {
    target.clear();
    target.extend_from_slice(tokens);
    target.push(BEHIND_DOT);
    Step::Seek
}
