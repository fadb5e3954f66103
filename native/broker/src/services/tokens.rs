//! Reply subjects of requests to other accounts: `_R_.` with the account, where it keeps the request, and a secret that
//! can't be guessed.

use std::hash::Hasher;
#[allow(deprecated)] // the one keyed hash of the standard library with keys of its own; no collection is involved
use std::hash::SipHasher;

/// Under what an account waits for a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token {
    /// Where the request is among those that are pending.
    pub place: u32,
    /// Only who got the request knows it.
    pub secret: u64,
}

/// Makes secrets: a keyed hash of a counter. Whoever has seen many can't tell the next one.
#[derive(Debug)]
pub(crate) struct Secrets {
    keys: [u64; 2],
    made: u64,
}

impl Secrets {
    /// `keys`: others for each loop.
    pub fn new(keys: [u64; 2]) -> Self {
        Self { keys, made: 0 }
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
const PLACE_LEN: usize = 5;
/// As many digits as the largest number takes.
const SECRET_LEN: usize = 13;
const PLACE_AT: usize = PREFIX.len() + TAG_LEN + 1;
const SECRET_AT: usize = PLACE_AT + PLACE_LEN;
const REPLY_LEN: usize = SECRET_AT + SECRET_LEN;
/// Places that have a number in a reply subject.
pub(super) const PLACES_MAX: usize = 1 << (5 * PLACE_LEN);

/// The reply subjects of one account: `_R_.`, a tag, `.`, place and secret.
#[derive(Debug)]
pub(super) struct ReplySubjects([u8; PLACE_AT]);

impl ReplySubjects {
    /// `tag`: any number, which tells accounts apart.
    pub fn new(tag: u64) -> Self {
        let mut text = *b"_R_.000000.";
        write_digits(tag, &mut text[PREFIX.len()..PREFIX.len() + TAG_LEN]);
        Self(text)
    }

    /// The reply subject of a request that has no place yet.
    pub fn unplaced(&self, secret: u64) -> [u8; REPLY_LEN] {
        let mut text = [b'0'; REPLY_LEN];
        text[..PLACE_AT].copy_from_slice(&self.0);
        write_digits(secret, &mut text[SECRET_AT..]);
        text
    }

    /// The token of a reply subject of this account.
    pub fn token_of(&self, subject: &[u8]) -> Option<Token> {
        let digits = subject.strip_prefix(&self.0)?;
        let (place, secret) = digits.split_at_checked(PLACE_LEN)?;
        let secret: &[u8; SECRET_LEN] = secret.try_into().ok()?;
        let (low, high) = secret.split_at(SECRET_LEN - 1);
        let high = read_digits(high)?;
        // Of the last digit only four bits are part of the number.
        (high < 16).then_some(())?;
        Some(Token {
            place: read_digits(place)? as u32,
            secret: read_digits(low)? | high << 60,
        })
    }
}

/// Completes a reply subject with the place of its request.
pub(super) fn write_place(place: u32, reply: &mut [u8]) {
    write_digits(place.into(), &mut reply[PLACE_AT..SECRET_AT]);
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

/// The number that these digits stand for, at most twelve.
fn read_digits(digits: &[u8]) -> Option<u64> {
    let (mut number, mut all) = (0, 0);
    for &digit in digits.iter().rev() {
        let value = VALUES[usize::from(digit)];
        all |= value;
        number = number << 5 | u64::from(value);
    }
    (all & NONE == 0).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_tells_its_token_and_its_account() {
        let (one, other) = (ReplySubjects::new(7), ReplySubjects::new(32));
        for secret in [0, 1, 31, 32, u64::MAX, u64::MAX - 1] {
            for place in [0, 31, 32, PLACES_MAX as u32 - 1] {
                let mut subject = one.unplaced(secret);
                write_place(place, &mut subject);
                assert_eq!(subject.len(), 29);
                assert!(
                    subject[PREFIX.len()..]
                        .iter()
                        .all(|byte| byte.is_ascii_alphanumeric() || *byte == b'.')
                );
                assert_eq!(one.token_of(&subject), Some(Token { place, secret }));
                assert_eq!(other.token_of(&subject), None);
                for length in 0..subject.len() {
                    assert_eq!(one.token_of(&subject[..length]), None);
                }
                assert_eq!(one.token_of(&[&subject[..], b"0"].concat()), None);
            }
        }
        assert_eq!(one.token_of(b"_R_.700000.00000VVVVVVVVVVVVV"), None, "too large");
        assert_eq!(one.token_of(b"_R_.700000.00000000000000000+"), None);
        assert_eq!(one.token_of(b"_R_.700000.+0000000000000000"), None);
    }

    #[test]
    fn ids_are_22_letters_and_digits() {
        let mut secrets = Secrets::new([1, 2]);
        for _ in 0..1000 {
            let id = secrets.next_text();
            assert!(
                id.len() == 22 && id.bytes().all(|byte| byte.is_ascii_alphanumeric()),
                "{id}"
            );
        }
    }

    #[test]
    fn loops_with_other_keys_make_other_secrets() {
        let mut made = std::collections::BTreeSet::new();
        for keys in [[1, 2], [1, 3], [2, 2]] {
            let mut secrets = Secrets::new(keys);
            made.extend((0..1000).map(|_| secrets.next()));
        }
        assert_eq!(made.len(), 3000);
    }
}
