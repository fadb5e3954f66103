//! Sums of counters (ADR-49): integers of any size, as text.

use num_bigint::BigInt;
use thiserror::Error;

/// Why a sum can't be made.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum CounterError {
    /// The message's increment is not an integer.
    #[error("the increment is not an integer")]
    Increment,
    /// The last message on the subject has no total.
    #[error("the last message on the subject has no readable total")]
    LastTotal,
}

/// Reads an increment: digits, with a sign if you like.
pub fn parse_increment(text: &[u8]) -> Result<BigInt, CounterError> {
    integer(text).ok_or(CounterError::Increment)
}

/// The body of the next message: the total of the last one, if there is one, and the increment.
pub fn add(last_body: Option<&[u8]>, increment: &BigInt) -> Result<String, CounterError> {
    let last = match last_body {
        Some(body) => total(body)?,
        None => BigInt::ZERO,
    };
    Ok((last + increment).to_string())
}

/// The body of a counter's message.
pub fn body(total: &str) -> String {
    format!("{{\"val\":\"{total}\"}}")
}

/// The total that a body says. Bodies are written by [`body`], so nothing else is looked for.
fn total(body: &[u8]) -> Result<BigInt, CounterError> {
    body.strip_prefix(b"{\"val\":\"")
        .and_then(|rest| rest.strip_suffix(b"\"}"))
        .and_then(integer)
        .ok_or(CounterError::LastTotal)
}

fn integer(text: &[u8]) -> Option<BigInt> {
    let digits = match text {
        [b'+' | b'-', digits @ ..] => digits,
        digits => digits,
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    BigInt::parse_bytes(text, 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn increments_of_any_size_and_sign_are_added() {
        let sum = |last: Option<&str>, increment: &str| {
            let last = last.map(body);
            parse_increment(increment.as_bytes())
                .and_then(|increment| add(last.as_ref().map(String::as_bytes), &increment))
        };
        assert_eq!(sum(None, "+1").as_deref(), Ok("1"));
        assert_eq!(sum(None, "0").as_deref(), Ok("0"));
        assert_eq!(sum(Some("5"), "-10").as_deref(), Ok("-5"));
        let huge = "9".repeat(40);
        assert_eq!(sum(Some(&huge), "1"), Ok(format!("1{}", "0".repeat(40))));
    }

    #[test]
    fn what_is_no_integer_is_refused() {
        for text in ["", "+", "-", "1.5", "1_0", " 1", "1 ", "0x10", "one", "--1"] {
            assert_eq!(parse_increment(text.as_bytes()), Err(CounterError::Increment), "{text}");
        }
        for last in ["", "{}", "{\"val\":\"\"}", "{\"val\":\"x\"}", "{\"val\":12}"] {
            let sum = add(Some(last.as_bytes()), &BigInt::from(1));
            assert_eq!(sum, Err(CounterError::LastTotal), "{last}");
        }
    }
}
