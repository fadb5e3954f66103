//! Executes the parts of a destination. Never fails and allocates only where the output has no room.

use super::part::{Cut, Part};

/// Appends what `parts` make of `subject`. A token that the subject lacks counts as empty.
pub(super) fn apply(parts: &[Part], subject: &[u8], random: &mut impl FnMut() -> u32, out: &mut Vec<u8>) {
    let mut tokens = Tokens::new(subject);
    for part in parts {
        match part {
            Part::Text(text) => out.extend_from_slice(text),
            Part::Token(at) => out.extend_from_slice(tokens.get(*at)),
            Part::Tail(from) => out.extend_from_slice(tokens.from(*from)),
            Part::Partition {
                partitions,
                tokens: from,
            } => {
                let hash = if from.is_empty() {
                    hash(HASH_START, subject)
                } else {
                    from.iter().fold(HASH_START, |state, &at| hash(state, tokens.get(at)))
                };
                push_number(hash % partitions, out);
            }
            Part::Random { below } => push_number(random() % below, out),
            Part::Split { token, separator } => split(tokens.get(*token), separator, out),
            Part::Cut { token, cut, length } => self::cut(tokens.get(*token), *cut, *length, out),
        }
    }
}

/// Finds tokens by their position. Positions mostly ascend, so it goes on from the last one.
struct Tokens<'s> {
    subject: &'s [u8],
    position: usize,
    start: usize,
}

impl<'s> Tokens<'s> {
    fn new(subject: &'s [u8]) -> Self {
        Self {
            subject,
            position: 0,
            start: 0,
        }
    }

    fn get(&mut self, position: usize) -> &'s [u8] {
        let rest = self.from(position);
        &rest[..find_dot(rest).unwrap_or(rest.len())]
    }

    fn from(&mut self, position: usize) -> &'s [u8] {
        if position < self.position {
            (self.position, self.start) = (0, 0);
        }
        while self.position < position {
            let Some(dot) = find_dot(&self.subject[self.start..]) else {
                return b"";
            };
            self.start += dot + 1;
            self.position += 1;
        }
        &self.subject[self.start..]
    }
}

fn find_dot(text: &[u8]) -> Option<usize> {
    text.iter().position(|&byte| byte == b'.')
}

const HASH_START: u32 = 2_166_136_261;
const HASH_PRIME: u32 = 16_777_619;

/// FNV-1a of 32 bits, by which every server of a cluster agrees on the partitions.
fn hash(state: u32, bytes: &[u8]) -> u32 {
    let step = |state: u32, &byte: &u8| (state ^ u32::from(byte)).wrapping_mul(HASH_PRIME);
    bytes.iter().fold(state, step)
}

fn push_number(number: u32, out: &mut Vec<u8>) {
    let mut digits = [0; 10];
    let (mut rest, mut start) = (number, digits.len());
    loop {
        start -= 1;
        digits[start] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[start..]);
}

/// Pieces between separators, empty ones left out.
///
/// As in nats-server, an empty first piece has no dot after it if the second piece has text, and has one otherwise:
/// `-a` yields `a`, but `--a` yields `.a`, which reaches nobody.
fn split(token: &[u8], separator: &[u8], out: &mut Vec<u8>) {
    let mut starts_empty = false;
    for (at, piece) in Pieces::new(token, separator).enumerate() {
        let after_empty_start = at == 1 && starts_empty;
        if at == 0 {
            starts_empty = piece.is_empty();
        } else if !piece.is_empty() && !after_empty_start {
            out.push(b'.');
        }
        out.extend_from_slice(piece);
    }
}

/// The pieces of a token between separators, or its characters.
struct Pieces<'t> {
    rest: Option<&'t [u8]>,
    separator: &'t [u8],
}

impl<'t> Pieces<'t> {
    fn new(token: &'t [u8], separator: &'t [u8]) -> Self {
        Self {
            rest: Some(token),
            separator,
        }
    }

    /// How long the next piece is, and how many bytes it takes with its separator, unless it is the last one.
    fn next_end(&self, rest: &[u8]) -> Option<(usize, usize)> {
        let separator = self.separator.len();
        if separator == 0 {
            let length = character_bytes(rest);
            return (length < rest.len()).then_some((length, length));
        }
        let at = rest.windows(separator).position(|window| window == self.separator)?;
        Some((at, at + separator))
    }
}

impl<'t> Iterator for Pieces<'t> {
    type Item = &'t [u8];

    fn next(&mut self) -> Option<&'t [u8]> {
        let rest = self.rest?;
        let Some((length, taken)) = self.next_end(rest) else {
            self.rest = None;
            return Some(rest);
        };
        self.rest = Some(&rest[taken..]);
        Some(&rest[..length])
    }
}

/// The length of the first character; a byte that is no UTF-8 counts as one.
fn character_bytes(text: &[u8]) -> usize {
    let longest = &text[..text.len().min(4)];
    let valid = longest.utf8_chunks().next().map_or("", |chunk| chunk.valid());
    valid.chars().next().map_or(1, char::len_utf8)
}

fn cut(token: &[u8], cut: Cut, length: usize, out: &mut Vec<u8>) {
    if length >= token.len() {
        return out.extend_from_slice(token);
    }
    let from_right = token.len() - length;
    match cut {
        Cut::Left => out.extend_from_slice(&token[..length]),
        Cut::Right => out.extend_from_slice(&token[from_right..]),
        Cut::SplitFromLeft => join([&token[..length], &token[length..]], out),
        Cut::SplitFromRight => join([&token[..from_right], &token[from_right..]], out),
        Cut::SliceFromLeft => join(token.chunks(length), out),
        Cut::SliceFromRight => {
            let (first, rest) = token.split_at(token.len() % length);
            let first = (!first.is_empty()).then_some(first);
            join(first.into_iter().chain(rest.chunks(length)), out);
        }
    }
}

fn join<'t>(pieces: impl IntoIterator<Item = &'t [u8]>, out: &mut Vec<u8>) {
    for (at, piece) in pieces.into_iter().enumerate() {
        if at > 0 {
            out.push(b'.');
        }
        out.extend_from_slice(piece);
    }
}
