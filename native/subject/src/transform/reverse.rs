//! Inverts a destination that only moves tokens.
//!
//! nats-server does this by text and gets three or more rotated wildcards wrong; here the positions are inverted.

use super::part::{Joiner, Part};
use crate::validate::tokens;

/// The pattern of the results. None if a part is not text, a token or the tail.
pub(super) fn pattern(parts: &[Part]) -> Option<Vec<u8>> {
    let mut pattern = Vec::new();
    for part in parts {
        match part {
            Part::Text(text) => pattern.extend_from_slice(text),
            Part::Token(_) => pattern.push(b'*'),
            Part::Tail(_) => pattern.push(b'>'),
            _ => return None,
        }
    }
    Some(pattern)
}

/// The destination that restores a subject of `source`, as text and as parts.
pub(super) fn reverse(source: &[u8], parts: &[Part]) -> Option<(Vec<u8>, Box<[Part]>)> {
    let mut moved = Moved::new(parts);
    let (mut destination, mut joiner) = (Vec::new(), Joiner::default());
    for (at, token) in tokens(source).enumerate() {
        if at > 0 {
            destination.push(b'.');
        }
        match token {
            b"*" => {
                let (position, wildcard) = moved.take(at)?;
                destination.extend_from_slice(format!("${wildcard}").as_bytes());
                joiner.push(Part::Token(position));
            }
            b">" => {
                destination.push(b'>');
                joiner.push(Part::Tail(moved.tail?));
            }
            text => {
                destination.extend_from_slice(text);
                joiner.push(Part::text(text));
            }
        }
    }
    // What is left was used twice, or is a literal token of the source.
    moved.is_empty().then(|| (destination, joiner.finish()))
}

/// Where the tokens of a subject are in the result.
struct Moved {
    /// From which token, to which token, as which wildcard of the result; in order of the first.
    tokens: Vec<(usize, usize, usize)>,
    next: usize,
    tail: Option<usize>,
}

impl Moved {
    fn new(parts: &[Part]) -> Self {
        let (mut tokens, mut tail, mut position) = (Vec::new(), None, 0);
        for part in parts {
            match part {
                Part::Text(text) => position += text.iter().filter(|&&byte| byte == b'.').count(),
                Part::Token(from) => tokens.push((*from, position, tokens.len() + 1)),
                Part::Tail(_) => tail = Some(position),
                _ => {}
            }
        }
        tokens.sort_unstable();
        Self { tokens, next: 0, tail }
    }

    /// The next token, if it comes from `from`.
    fn take(&mut self, from: usize) -> Option<(usize, usize)> {
        let &(have, position, wildcard) = self.tokens.get(self.next)?;
        self.next += 1;
        (have == from).then_some((position, wildcard))
    }

    fn is_empty(&self) -> bool {
        self.next == self.tokens.len()
    }
}
