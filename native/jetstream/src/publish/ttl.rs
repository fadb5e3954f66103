//! How long a message is to live (`Nats-TTL`, ADR-43).

use crate::duration::{SECOND, parse_duration};
use thiserror::Error;

/// How long a message is to live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ttl {
    /// Without an end; the age limit of the stream does not apply either.
    Never,
    /// Seconds, at least one.
    Seconds(u64),
}

/// The value is no TTL.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("invalid per-message TTL")]
pub struct InvalidTtl;

impl Ttl {
    /// Reads a value: `never`, a number of seconds, or a duration of at least a second, whose fractions are cut.
    /// Nothing: no TTL.
    pub fn parse(text: &[u8]) -> Result<Option<Self>, InvalidTtl> {
        if text.is_empty() {
            return Ok(None);
        }
        if text.eq_ignore_ascii_case(b"never") {
            return Ok(Some(Self::Never));
        }
        if let Some(nanoseconds) = parse_duration(text) {
            return match u64::try_from(nanoseconds) {
                Ok(nanoseconds) if nanoseconds >= SECOND => Ok(Some(Self::Seconds(nanoseconds / SECOND))),
                _ => Err(InvalidTtl),
            };
        }
        if !text.iter().all(u8::is_ascii_digit) {
            return Err(InvalidTtl);
        }
        // A number too large to be read is an eternity like the largest one.
        let seconds = text.iter().fold(0_u64, |sum, digit| {
            sum.saturating_mul(10).saturating_add(u64::from(digit - b'0'))
        });
        if seconds == 0 {
            return Err(InvalidTtl);
        }
        Ok(Some(Self::Seconds(seconds)))
    }

    /// When a message of this time ends; `None`: never.
    pub fn deadline(self, time: i64) -> Option<i64> {
        match self {
            Self::Never => None,
            Self::Seconds(seconds) => {
                let nanoseconds = seconds.saturating_mul(SECOND).min(i64::MAX as u64);
                Some(time.saturating_add(nanoseconds as i64))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// STR-56, as nats-server 2.15.2 answers.
    #[test]
    fn str_56_the_forms_of_a_ttl() {
        let read = |text: &str| Ttl::parse(text.as_bytes());
        assert_eq!(read(""), Ok(None));
        assert_eq!(read("NeVer"), Ok(Some(Ttl::Never)));
        for (text, seconds) in [
            ("5", 5),
            ("5s", 5),
            ("+5s", 5),
            ("1.9s", 1),
            ("1h1s", 3601),
            (".5h", 1800),
            ("1us1000000us", 1),
            ("9223372036854775807", i64::MAX as u64),
            ("99999999999999999999", u64::MAX),
        ] {
            assert_eq!(read(text), Ok(Some(Ttl::Seconds(seconds))), "{text}");
        }
        for text in [
            "0", "00", "-1", "500ms", "1d", "text", "5 ", "1_000", "1.5", "2562048h", "-5s",
        ] {
            assert_eq!(read(text), Err(InvalidTtl), "{text}");
        }
    }

    #[test]
    fn a_deadline_never_overflows() {
        assert_eq!(Ttl::Seconds(2).deadline(7), Some(2_000_000_007));
        assert_eq!(Ttl::Seconds(u64::MAX).deadline(7), Some(i64::MAX));
        assert_eq!(Ttl::Never.deadline(7), None);
    }
}
