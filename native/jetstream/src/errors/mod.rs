//! Errors of the JetStream API, from the table that the control plane uses, too.

#[rustfmt::skip]
mod codes;

pub use codes::*;
use std::fmt::{self, Write};

/// An error as a client gets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    error: ApiError,
    /// What the name in braces stands for, if the text has one.
    detail: Option<String>,
}

impl From<ApiError> for Refusal {
    fn from(error: ApiError) -> Self {
        Self { error, detail: None }
    }
}

impl ApiError {
    /// The error with what the name in braces stands for.
    pub fn with(self, detail: impl fmt::Display) -> Refusal {
        Refusal {
            error: self,
            detail: Some(detail.to_string()),
        }
    }
}

impl Refusal {
    /// The row of the table.
    pub fn error(&self) -> ApiError {
        self.error
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.error.text;
        let braces = text.find('{').zip(text.find('}'));
        match (braces, &self.detail) {
            (Some((open, close)), Some(detail)) => {
                f.write_str(&text[..open])?;
                f.write_str(detail)?;
                f.write_str(&text[close + 1..])
            }
            _ => f.write_str(text),
        }
    }
}

/// Writes text as a string of JSON, escaped as Go does it.
pub(crate) fn write_json_string(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\x1f' => {
                // Writing into a string can't fail.
                let _ = write!(out, "\\u{:04x}", u32::from(character));
            }
            other => out.push(other),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn api_11_a_name_in_braces_is_filled_in() {
        assert_eq!(STREAM_WRONG_LAST_SEQUENCE.with(7).to_string(), "wrong last sequence: 7");
        assert_eq!(
            STREAM_WRONG_LAST_SEQUENCE.with("{seq}").to_string(),
            "wrong last sequence: {seq}"
        );
        assert_eq!(Refusal::from(BAD_REQUEST).to_string(), "bad request");
    }

    #[test]
    fn api_17_strings_are_escaped_as_go_does() {
        let mut out = String::new();
        write_json_string("a\"b\\<>&\u{2028}\n\u{1}é", &mut out);
        assert_eq!(out, r#""a\"b\\\u003c\u003e\u0026\u2028\n\u0001é""#);
    }
}
