//! What a get asks for. Read leniently: unknown fields are ignored, names match whatever their case (GET-1).

use crate::time::parse_time;
use serde_json::{Map, Value};
use thiserror::Error;

/// The fields of a request.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct GetRequest {
    /// A sequence.
    pub sequence: u64,
    /// Subjects whose last message is wanted, with wildcards; empty: not set.
    pub last_by_subject: String,
    /// Subjects whose next message is wanted; empty: not set.
    pub next_by_subject: String,
    /// The first message from this time on, nanoseconds since 1970.
    pub start_time_ns: Option<i64>,
    /// How many messages; 0: one, and no end is told.
    pub batch: i64,
    /// Bytes after which a batch ends; 0: the server's limit.
    pub max_bytes: i64,
    /// Filters: of each subject the last message.
    pub multi_last: Vec<String>,
    /// No message above this sequence; 0: not set.
    pub up_to_sequence: u64,
    /// No message from this time on.
    pub up_to_time_ns: Option<i64>,
    /// Without headers.
    pub no_headers: bool,
}

/// The request is no JSON of this form.
#[derive(Debug, Clone, Copy, Error, PartialEq, Eq)]
#[error("the request is malformed")]
pub struct BadRequest;

impl GetRequest {
    /// Reads a request; nothing is a request without fields.
    pub fn parse(json: &[u8]) -> Result<Self, BadRequest> {
        if json.is_empty() {
            return Ok(Self::default());
        }
        let fields = match serde_json::from_slice(json) {
            Ok(Value::Object(fields)) => fields,
            Ok(Value::Null) => Map::new(),
            _ => return Err(BadRequest),
        };
        let mut request = Self::default();
        for (name, value) in &fields {
            if !value.is_null() {
                request.set(&name.to_ascii_lowercase(), value)?;
            }
        }
        Ok(request)
    }

    fn set(&mut self, name: &str, value: &Value) -> Result<(), BadRequest> {
        match name {
            "seq" => self.sequence = value.as_u64().ok_or(BadRequest)?,
            "last_by_subj" => self.last_by_subject = text(value)?,
            "next_by_subj" => self.next_by_subject = text(value)?,
            "start_time" => self.start_time_ns = Some(time(value)?),
            "batch" => self.batch = value.as_i64().ok_or(BadRequest)?,
            "max_bytes" => self.max_bytes = value.as_i64().ok_or(BadRequest)?,
            "multi_last" => self.multi_last = texts(value)?,
            "up_to_seq" => self.up_to_sequence = value.as_u64().ok_or(BadRequest)?,
            "up_to_time" => self.up_to_time_ns = Some(time(value)?),
            "no_hdr" => self.no_headers = value.as_bool().ok_or(BadRequest)?,
            _ => {}
        }
        Ok(())
    }

    /// Whether nothing says which message is wanted.
    pub fn is_empty(&self) -> bool {
        let has_subject = !self.last_by_subject.is_empty() || !self.next_by_subject.is_empty();
        self.sequence == 0 && !has_subject && self.multi_last.is_empty() && self.start_time_ns.is_none()
    }

    /// Whether fields contradict each other (GET-8).
    pub fn has_conflict(&self) -> bool {
        let (last, next) = (!self.last_by_subject.is_empty(), !self.next_by_subject.is_empty());
        let (sequence, time, multi) = (
            self.sequence > 0,
            self.start_time_ns.is_some(),
            !self.multi_last.is_empty(),
        );
        (sequence && (last || time))
            || (last && (time || next || multi || self.batch > 0))
            || (next && multi)
            || (self.up_to_sequence > 0 && self.up_to_time_ns.is_some())
    }
}

fn text(value: &Value) -> Result<String, BadRequest> {
    value.as_str().map(str::to_string).ok_or(BadRequest)
}

fn texts(value: &Value) -> Result<Vec<String>, BadRequest> {
    value.as_array().ok_or(BadRequest)?.iter().map(text).collect()
}

fn time(value: &Value) -> Result<i64, BadRequest> {
    value.as_str().and_then(parse_time).ok_or(BadRequest)
}
