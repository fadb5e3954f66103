//! Reply subjects of requests to other accounts: `_R_.` with the account and a token that can't be guessed.

use std::hash::Hasher;
#[allow(deprecated)] // the one keyed hash of the standard library with keys of its own; no collection is involved
use std::hash::SipHasher;

/// Makes tokens: a keyed hash of a counter. Whoever has seen many can't tell the next one.
#[derive(Debug)]
pub(crate) struct Tokens {
    keys: [u64; 2],
    made: u64,
}

impl Tokens {
    /// `secret`: another one for each loop.
    pub fn new(secret: [u64; 2]) -> Self {
        Self { keys: secret, made: 0 }
    }

    /// The next one.
    pub fn next(&mut self) -> u64 {
        self.made += 1;
        #[allow(deprecated)]
        let mut hasher = SipHasher::new_with_keys(self.keys[0], self.keys[1]);
        hasher.write_u64(self.made);
        hasher.finish()
    }

    /// A text of 22 characters that nobody else has.
    pub fn next_text(&mut self) -> String {
        let mut digits = [0; 22];
        for part in digits.chunks_mut(11) {
            write_digits(self.next(), part);
        }
        digits.map(char::from).iter().collect()
    }
}

/// What all these subjects start with.
pub(super) const PREFIX: &[u8] = b"_R_.";
/// Each stands for five bits.
const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHIJKLMNOPQRSTUV";
/// What is no digit.
const NONE: u8 = 32;
/// What each byte stands for.
const VALUES: [u8; 256] = values();
const TAG_LEN: usize = 6;
/// As many digits as the largest number takes.
const TOKEN_LEN: usize = 13;

/// The start of the reply subjects of one account: `_R_.` tag `.`.
#[derive(Debug)]
pub(super) struct ReplyPrefix([u8; PREFIX.len() + TAG_LEN + 1]);

impl ReplyPrefix {
    /// `tag`: any number, which tells accounts apart.
    pub fn new(tag: u64) -> Self {
        let mut text = *b"_R_.000000.";
        write_digits(tag, &mut text[PREFIX.len()..PREFIX.len() + TAG_LEN]);
        Self(text)
    }

    /// Appends the reply subject of a token.
    pub fn append(&self, token: u64, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0);
        let start = out.len();
        out.resize(start + TOKEN_LEN, b'0');
        write_digits(token, &mut out[start..]);
    }

    /// The token of a reply subject of this account.
    pub fn token_of(&self, subject: &[u8]) -> Option<u64> {
        read_digits(subject.strip_prefix(&self.0)?)
    }
}

const fn values() -> [u8; 256] {
    let mut values = [NONE; 256];
    let mut at = 0;
    while at < DIGITS.len() {
        values[DIGITS[at] as usize] = at as u8;
        at += 1;
    }
    values
}

/// The lowest digits of a number, the lowest one first.
fn write_digits(mut number: u64, out: &mut [u8]) {
    for digit in out {
        *digit = DIGITS[(number & 31) as usize];
        number >>= 5;
    }
}

fn read_digits(digits: &[u8]) -> Option<u64> {
    let digits: &[u8; TOKEN_LEN] = digits.try_into().ok()?;
    let mut number = 0u128;
    let mut all = 0;
    for &digit in digits.iter().rev() {
        let value = VALUES[usize::from(digit)];
        all |= value;
        number = number << 5 | u128::from(value);
    }
    (all & NONE == 0).then(|| number.try_into().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_tells_its_token_and_its_account() {
        let (one, other) = (ReplyPrefix::new(7), ReplyPrefix::new(32));
        for token in [0, 1, 31, 32, u64::MAX, u64::MAX - 1] {
            let mut subject = Vec::new();
            one.append(token, &mut subject);
            assert_eq!(subject.len(), 24);
            assert!(
                subject[PREFIX.len()..]
                    .iter()
                    .all(|byte| byte.is_ascii_alphanumeric() || *byte == b'.')
            );
            assert_eq!(one.token_of(&subject), Some(token));
            assert_eq!(other.token_of(&subject), None);
            assert_eq!(one.token_of(&subject[..23]), None);
            subject.push(b'0');
            assert_eq!(one.token_of(&subject), None);
        }
        assert_eq!(one.token_of(b"_R_.700000.VVVVVVVVVVVVV"), None, "too large");
        assert_eq!(one.token_of(b"_R_.700000.000000000000+"), None);
    }

    #[test]
    fn ids_are_22_letters_and_digits() {
        let mut tokens = Tokens::new([1, 2]);
        for _ in 0..1000 {
            let id = tokens.next_text();
            assert!(
                id.len() == 22 && id.bytes().all(|byte| byte.is_ascii_alphanumeric()),
                "{id}"
            );
        }
    }

    #[test]
    fn loops_with_other_secrets_make_other_tokens() {
        let mut made = std::collections::BTreeSet::new();
        for secret in [[1, 2], [1, 3], [2, 2]] {
            let mut tokens = Tokens::new(secret);
            made.extend((0..1000).map(|_| tokens.next()));
        }
        assert_eq!(made.len(), 3000);
    }
}
