//! The answer to a publish.

use crate::errors::{Refusal, write_json_string};
use std::fmt::Write;

/// What every answer of a stream starts with.
#[derive(Debug, Clone)]
pub(super) struct AckText {
    /// `{"stream":"S","domain":"D","seq":`
    success: String,
    /// `},"stream":"S","seq":0}`
    failure_end: String,
}

/// What an acknowledgement says besides the sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extra<'a> {
    Nothing,
    Duplicate,
    /// The total of a counter.
    Total(&'a str),
}

impl AckText {
    pub(super) fn new(stream: &str, domain: Option<&str>) -> Self {
        let mut name = String::new();
        write_json_string(stream, &mut name);
        let mut success = format!("{{\"stream\":{name},");
        if let Some(domain) = domain {
            success.push_str("\"domain\":");
            write_json_string(domain, &mut success);
            success.push(',');
        }
        success.push_str("\"seq\":");
        Self {
            success,
            failure_end: format!("}},\"stream\":{name},\"seq\":0}}"),
        }
    }

    pub(super) fn success(&self, sequence: u64, extra: Extra<'_>) -> String {
        let mut text = String::with_capacity(self.success.len() + 32);
        text.push_str(&self.success);
        // Writing into a string can't fail.
        let _ = match extra {
            Extra::Nothing => write!(text, "{sequence}}}"),
            Extra::Duplicate => write!(text, "{sequence},\"duplicate\": true}}"),
            Extra::Total(total) => write!(text, "{sequence},\"val\":\"{total}\"}}"),
        };
        text
    }

    pub(super) fn failure(&self, refusal: &Refusal) -> String {
        let error = refusal.error();
        let mut text = format!(
            "{{\"error\":{{\"code\":{},\"err_code\":{},\"description\":",
            error.code, error.err_code
        );
        write_json_string(&refusal.to_string(), &mut text);
        text.push_str(&self.failure_end);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::errors::{STREAM_SEALED, STREAM_WRONG_LAST_SEQUENCE};

    /// PUB-2, PUB-3
    #[test]
    fn pub_2_answers_have_the_references_bytes() {
        let plain = AckText::new("S", None);
        assert_eq!(plain.success(1, Extra::Nothing), r#"{"stream":"S","seq":1}"#);
        assert_eq!(
            plain.success(1, Extra::Duplicate),
            r#"{"stream":"S","seq":1,"duplicate": true}"#
        );
        assert_eq!(
            plain.success(2, Extra::Total("-5")),
            r#"{"stream":"S","seq":2,"val":"-5"}"#
        );
        let domain = AckText::new("E2", Some("hub"));
        assert_eq!(
            domain.success(1, Extra::Nothing),
            r#"{"stream":"E2","domain":"hub","seq":1}"#
        );
        assert_eq!(
            domain.failure(&STREAM_WRONG_LAST_SEQUENCE.with(1)),
            r#"{"error":{"code":400,"err_code":10071,"description":"wrong last sequence: 1"},"stream":"E2","seq":0}"#
        );
        assert!(plain.failure(&STREAM_SEALED.into()).contains("10109"));
    }
}
