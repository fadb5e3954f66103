//! CONNECT as a log may show it: secrets are replaced by `[REDACTED]`.
//!
//! Everything else is shown as it was sent, so that what a client got wrong can be seen; bytes that are no JSON are
//! therefore searched, too. In doubt a value is hidden.

const HIDDEN: &str = "[REDACTED]";

/// `text` without the values of secrets.
pub(crate) fn redact(text: &str) -> String {
    loosely(&quoted(text))
}

/// Whether a field of this name is a secret. Names are matched in any case, as they are when they are read.
fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.contains("pass") || name.contains("auth_token") || matches!(name.as_str(), "sig" | "proxy_sig" | "nkey")
}

/// Hides the strings of secret JSON fields, whatever is escaped in their names and values.
fn quoted(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(open) = text[at..].find('"').map(|n| at + n) {
        let end = string_end(bytes, open);
        out.push_str(&text[at..end]);
        at = end;
        let token = &text[open..end];
        let name = serde_json::from_str::<String>(token).unwrap_or_else(|_| token.to_owned());
        let value = after_separator(bytes, end).filter(|&value| bytes.get(value) == Some(&b'"'));
        if let Some(value) = value.filter(|_| is_secret(name.trim_matches('"'))) {
            out.push_str(&text[end..=value]);
            out.push_str(HIDDEN);
            at = string_end(bytes, value);
            if at > value + 1 && bytes[at - 1] == b'"' {
                out.push('"');
            }
        }
    }
    out.push_str(&text[at..]);
    out
}

/// The position after the closing quote of the string that opens at `open`, or the end if it is not closed.
fn string_end(bytes: &[u8], open: usize) -> usize {
    let mut at = open + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 1,
            b'"' => return at + 1,
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}

/// Where the value begins when `:` or `=` comes next.
fn after_separator(bytes: &[u8], at: usize) -> Option<usize> {
    let separator = skip_blanks(bytes, at);
    matches!(bytes.get(separator)?, b':' | b'=').then(|| skip_blanks(bytes, separator + 1))
}

fn skip_blanks(bytes: &[u8], mut at: usize) -> usize {
    while bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
        at += 1;
    }
    at
}

/// Hides what follows the name of a secret and a separator anywhere else, up to what ends a value.
fn loosely(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let bytes = lower.as_bytes();
    let mut out = String::with_capacity(text.len());
    let (mut at, mut kept) = (0, 0);
    while at < bytes.len() {
        let Some(value) = loose_value(bytes, at) else {
            at += 1;
            continue;
        };
        let value = if bytes.get(value) == Some(&b'"') {
            value + 1
        } else {
            value
        };
        let len = bytes[value..]
            .iter()
            .take_while(|b| !matches!(b, b'"' | b',' | b'\r' | b'\n' | b'}'))
            .count();
        out.push_str(&text[kept..value]);
        out.push_str(HIDDEN);
        (at, kept) = (value + len, value + len);
    }
    out.push_str(&text[kept..]);
    out
}

/// Where the value begins if the name of a secret is here.
fn loose_value(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = &bytes[at..];
    for prefix in ["auth_token", "pass"] {
        if rest.starts_with(prefix.as_bytes()) {
            let word = rest
                .iter()
                .take_while(|b| !b.is_ascii_whitespace() && !matches!(b, b':' | b'='))
                .count();
            return after_separator(bytes, at + word);
        }
    }
    let inside_word = at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_');
    let name = ["proxy_sig", "nkey", "sig"]
        .into_iter()
        .find(|name| !inside_word && rest.starts_with(name.as_bytes()))?;
    let end = at + name.len();
    after_separator(bytes, end + usize::from(bytes.get(end) == Some(&b'"')))
}

#[cfg(test)]
mod tests {
    use super::redact;

    #[test]
    fn secrets_are_hidden_and_the_rest_is_shown_as_sent() {
        for (sent, shown) in [
            (r#"{"b":1, "a" : "x"}"#, r#"{"b":1, "a" : "x"}"#),
            (
                r#"{"user":"u","pass":"p","z":1}"#,
                r#"{"user":"u","pass":"[REDACTED]","z":1}"#,
            ),
            (r#"{"pass" : "a,b}c\"d", "x":1}"#, r#"{"pass" : "[REDACTED]", "x":1}"#),
            (r#"{"PASS":"p"}"#, r#"{"PASS":"[REDACTED]"}"#),
            (r#"{"p\u0061ss":"p"}"#, r#"{"p\u0061ss":"[REDACTED]"}"#),
            (
                r#"{"auth_token":"","sig":"s"}"#,
                r#"{"auth_token":"[REDACTED]","sig":"[REDACTED]"}"#,
            ),
            (
                r#"{"nkey":"U1","proxy_sig":"s"}"#,
                r#"{"nkey":"[REDACTED]","proxy_sig":"[REDACTED]"}"#,
            ),
            (r#"{"jwt":"eyJ","design":"x"}"#, r#"{"jwt":"eyJ","design":"x"}"#),
            (
                r#"{"password": 12, "nkey":null}"#,
                r#"{"password": [REDACTED], "nkey":[REDACTED]}"#,
            ),
            (r#"{bad, "pass":"x y"}"#, r#"{bad, "pass":"[REDACTED]"}"#),
            (r#"{"pass":"never closed"#, r#"{"pass":"[REDACTED]"#),
            (r#"{"pass":""#, r#"{"pass":"[REDACTED]"#),
            (r#"{"name":"pass=abc"}"#, r#"{"name":"pass=[REDACTED]"}"#),
            ("pass: abc, sig = x", "pass: [REDACTED], sig = [REDACTED]"),
            ("", ""),
            ("pass", "pass"),
        ] {
            assert_eq!(redact(sent), shown);
        }
    }
}
