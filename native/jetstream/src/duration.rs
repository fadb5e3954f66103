//! Durations as Go writes them: `1h30m`, `1.5s`, `-300ms`.

const NANOSECOND: u64 = 1;
const MICROSECOND: u64 = 1_000 * NANOSECOND;
const MILLISECOND: u64 = 1_000 * MICROSECOND;
pub(crate) const SECOND: u64 = 1_000 * MILLISECOND;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;

/// Reads a duration, in nanoseconds; `None` if it is none, or does not fit.
pub fn parse_duration(text: &[u8]) -> Option<i64> {
    let (is_negative, mut rest) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    if rest == b"0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut total = 0_u64;
    while !rest.is_empty() {
        let (part, after) = parse_part(rest)?;
        total = total.checked_add(part).filter(|&total| total <= 1 << 63)?;
        rest = after;
    }
    if is_negative {
        return Some((total as i64).wrapping_neg());
    }
    i64::try_from(total).ok()
}

/// A number and its unit, and what follows.
fn parse_part(text: &[u8]) -> Option<(u64, &[u8])> {
    let (whole, after_whole) = split_digits(text);
    let (fraction, after) = match after_whole {
        [b'.', after @ ..] => split_digits(after),
        after => (&[][..], after),
    };
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let unit_end = after
        .iter()
        .position(|&byte| byte == b'.' || byte.is_ascii_digit())
        .unwrap_or(after.len());
    let (unit, rest) = after.split_at(unit_end);
    let unit = unit_nanoseconds(unit)?;
    let nanoseconds = number(whole)?.checked_mul(unit)?;
    Some((nanoseconds.checked_add(part_of(fraction, unit))?, rest))
}

fn split_digits(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text
        .iter()
        .position(|byte| !byte.is_ascii_digit())
        .unwrap_or(text.len());
    text.split_at(end)
}

fn number(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0_u64, |sum, digit| {
        sum.checked_mul(10)?.checked_add(u64::from(digit - b'0'))
    })
}

/// The part of a unit that the digits behind a point say, rounded down.
fn part_of(digits: &[u8], unit: u64) -> u64 {
    // No unit has more than 13 digits of nanoseconds; later digits say less than one.
    let (mut sum, mut scale) = (0_u128, 1_u128);
    for digit in digits.iter().take(18) {
        sum = sum * 10 + u128::from(digit - b'0');
        scale *= 10;
    }
    (sum * u128::from(unit) / scale) as u64
}

fn unit_nanoseconds(unit: &[u8]) -> Option<u64> {
    Some(match unit {
        b"ns" => NANOSECOND,
        // With the micro sign and with the Greek letter.
        b"us" | b"\xC2\xB5s" | b"\xCE\xBCs" => MICROSECOND,
        b"ms" => MILLISECOND,
        b"s" => SECOND,
        b"m" => MINUTE,
        b"h" => HOUR,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_go_reads_them() {
        let read = |text: &str| parse_duration(text.as_bytes());
        for (text, nanoseconds) in [
            ("0", 0),
            ("+0", 0),
            ("5s", 5_000_000_000),
            ("+5s", 5_000_000_000),
            ("-300ms", -300_000_000),
            ("1h30m", 5_400_000_000_000),
            ("1.5s", 1_500_000_000),
            (".5h", 1_800_000_000_000),
            ("1.s", 1_000_000_000),
            ("1us1µs1μs", 3_000),
            ("0.3333333333333333333h", 1_199_999_999_999),
            ("2562047h47m16.854775807s", i64::MAX),
            ("-2562047h47m16.854775808s", i64::MIN),
        ] {
            assert_eq!(read(text), Some(nanoseconds), "{text}");
        }
        for text in [
            "",
            "-",
            "5",
            "1_000s",
            "s",
            ".s",
            "1d",
            "1.5",
            "5 s",
            "1h ",
            "--1s",
            "2562048h",
            "9223372036854775808ns",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
