//! Subjects as bytes: validity and comparison, without any index.
//!
//! A subject is tokens separated by dots. The token `*` stands for exactly one token and the last token `>` for one
//! or more; both are wildcards only as whole tokens, so `fo*` and `f>o` are ordinary text.
//!
//! The comparisons return `false` for malformed input (an empty token, `>` before the end in a pattern): a malformed
//! subject matches nothing, covers nothing and overlaps nothing.

use crate::error::InvalidSubject;

const STAR: &[u8] = b"*";
const TAIL: &[u8] = b">";

/// Checks a subject to subscribe to; the error says what is wrong.
pub fn check_subject(subject: &[u8]) -> Result<(), InvalidSubject> {
    if subject.is_empty() {
        return Err(InvalidSubject::Empty);
    }
    let mut token_start = 0;
    for (i, &byte) in subject.iter().enumerate() {
        match byte {
            b'.' => {
                if i == token_start {
                    return Err(InvalidSubject::EmptyToken);
                }
                if &subject[token_start..i] == TAIL {
                    return Err(InvalidSubject::TailWildcardNotLast);
                }
                token_start = i + 1;
            }
            _ if is_blank(&byte) => return Err(InvalidSubject::Blank),
            _ => {}
        }
    }
    if token_start == subject.len() {
        Err(InvalidSubject::EmptyToken)
    } else {
        Ok(())
    }
}

/// Whether `subject` can be subscribed to: no empty token, no blank, `>` only as the last token.
pub fn is_valid_subject(subject: &[u8]) -> bool {
    check_subject(subject).is_ok()
}

/// Whether `subject` can be published to under pedantic rules: valid, and without wildcards.
pub fn is_valid_literal_subject(subject: &[u8]) -> bool {
    is_valid_subject(subject) && !has_wildcard(subject)
}

/// Whether a whole token is `*` or `>`.
pub fn has_wildcard(subject: &[u8]) -> bool {
    tokens(subject).any(|token| token == STAR || token == TAIL)
}

/// Number of tokens; 0 for an empty subject.
pub fn token_count(subject: &[u8]) -> usize {
    if subject.is_empty() {
        0
    } else {
        1 + subject.iter().filter(|&&byte| byte == b'.').count()
    }
}

/// Whether no token is empty. A subject that is not well formed is delivered to nobody.
pub fn is_well_formed(subject: &[u8]) -> bool {
    let mut at_token_start = true;
    for &byte in subject {
        if byte == b'.' {
            if at_token_start {
                return false;
            }
            at_token_start = true;
        } else {
            at_token_start = false;
        }
    }
    !at_token_start
}

/// Whether a message published to `literal` matches `pattern`. Tokens `*` and `>` of `literal` are plain text.
pub fn literal_matches(literal: &[u8], pattern: &[u8]) -> bool {
    if !is_well_formed(literal) || !is_well_formed(pattern) {
        return false;
    }
    let mut text = tokens(literal);
    let mut wanted = tokens(pattern).peekable();
    while let Some(want) = wanted.next() {
        let Some(have) = text.next() else { return false };
        if want == TAIL {
            return wanted.peek().is_none();
        }
        if want != STAR && want != have {
            return false;
        }
    }
    text.next().is_none()
}

/// Whether every subject that `subject` matches is matched by `pattern` too. Both may have wildcards.
pub fn is_subset(subject: &[u8], pattern: &[u8]) -> bool {
    check_shape(subject).is_ok() && check_shape(pattern).is_ok() && covers(pattern, subject)
}

/// Whether `pattern` matches all that `subject` does, token by token. Empty tokens are tokens here.
pub(crate) fn covers(pattern: &[u8], subject: &[u8]) -> bool {
    let mut text = tokens(subject);
    for want in tokens(pattern) {
        let Some(have) = text.next() else { return false };
        if want == TAIL {
            return true;
        }
        if have == TAIL || (want != STAR && want != have) {
            return false;
        }
    }
    text.next().is_none()
}

/// Whether some subject is matched by both `a` and `b`.
pub fn overlaps(a: &[u8], b: &[u8]) -> bool {
    if check_shape(a).is_err() || check_shape(b).is_err() {
        return false;
    }
    let (mut left, mut right) = (tokens(a), tokens(b));
    loop {
        match (left.next(), right.next()) {
            (None, None) => return true,
            (Some(x), Some(y)) => {
                if x == TAIL || y == TAIL {
                    return true;
                }
                if x != y && x != STAR && y != STAR {
                    return false;
                }
            }
            _ => return false,
        }
    }
}

/// The pattern of the subjects that both `a` and `b` match. None if there are none.
pub fn intersection(a: &[u8], b: &[u8]) -> Option<Vec<u8>> {
    if check_shape(a).is_err() || check_shape(b).is_err() {
        return None;
    }
    let (mut left, mut right) = (tokens(a), tokens(b));
    let mut common: Vec<&[u8]> = Vec::new();
    loop {
        match (left.next(), right.next()) {
            (None, None) => return Some(common.join(&b"."[..])),
            (Some(x), Some(TAIL)) => {
                common.push(x);
                common.extend(left);
                return Some(common.join(&b"."[..]));
            }
            (Some(TAIL), Some(y)) => {
                common.push(y);
                common.extend(right);
                return Some(common.join(&b"."[..]));
            }
            (Some(x), Some(y)) if x == y || y == STAR => common.push(x),
            (Some(STAR), Some(y)) => common.push(y),
            _ => return None,
        }
    }
}

/// What is before the first dot.
pub fn first_token(subject: &[u8]) -> &[u8] {
    tokens(subject).next().unwrap_or_default()
}

/// Tokens in order; an empty subject has one empty token.
pub(crate) fn tokens(subject: &[u8]) -> impl Iterator<Item = &[u8]> {
    subject.split(|&byte| byte == b'.')
}

/// Whether a byte can't be in a subject that is subscribed to.
pub(crate) fn is_blank(byte: &u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\x0c' | b'\r' | b'\n')
}

/// As [`check_subject`], but blanks are allowed: publish subjects are not searched for them.
pub(crate) fn check_shape(subject: &[u8]) -> Result<(), InvalidSubject> {
    match check_subject(subject) {
        Err(InvalidSubject::Blank) if is_well_formed(subject) && !tail_before_end(subject) => Ok(()),
        other => other,
    }
}

fn tail_before_end(subject: &[u8]) -> bool {
    subject.starts_with(b">.") || subject.windows(3).any(|w| w == b".>.")
}
