//! Times as text: RFC 3339, as Go reads and writes it.

use jiff::Timestamp;

/// A time, with as many digits behind the second as it needs.
pub(crate) fn shown_time(nanoseconds: i64) -> String {
    Timestamp::from_nanosecond(i128::from(nanoseconds)).map_or_else(|_| String::new(), |time| time.to_string())
}

/// Reads a time of RFC 3339 in exactly its form, with any number of digits behind the second.
pub(crate) fn parse_time(text: &str) -> Option<i64> {
    const FORM: &[u8] = b"dddd-dd-ddTdd:dd:dd";
    let bytes = text.as_bytes();
    let has_form = FORM.iter().enumerate().all(|(place, &form)| match bytes.get(place) {
        Some(byte) if form == b'd' => byte.is_ascii_digit(),
        Some(&byte) => byte == form,
        None => false,
    });
    if !has_form || &text[17..19] == "60" {
        return None;
    }
    let (fraction, zone) = match bytes[19..].first() {
        Some(b'.' | b',') => {
            let digits = bytes[20..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            if digits == 0 {
                return None;
            }
            (&text[20..20 + digits.min(9)], &text[20 + digits..])
        }
        _ => ("0", &text[19..]),
    };
    if !is_offset(zone.as_bytes()) {
        return None;
    }
    let exact: Timestamp = format!("{}.{fraction}{zone}", &text[..19]).parse().ok()?;
    i64::try_from(exact.as_nanosecond()).ok()
}

fn is_offset(text: &[u8]) -> bool {
    match text {
        b"Z" => true,
        [b'+' | b'-', a, b, b':', c, d] => [a, b, c, d].into_iter().all(u8::is_ascii_digit),
        _ => false,
    }
}
