//! The configuration of a stream as its state machine needs it: checked and complete, made from what the API was given.

use nt_subject::Transform;

/// What becomes of messages when a limit is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Discard {
    /// The oldest go.
    #[default]
    Old,
    /// New ones are refused. `per_subject`: also those that a subject has no room for.
    New {
        /// Whether the limit of a subject refuses, too; otherwise the oldest of the subject is replaced.
        per_subject: bool,
    },
}

/// How long messages are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Retention {
    /// Until a limit is reached.
    #[default]
    Limits,
    /// While a consumer needs them.
    Interest,
    /// Until they are acknowledged.
    WorkQueue,
}

/// Copies of stored messages under another subject.
#[derive(Debug, Clone)]
pub struct Republish {
    /// The subjects that are copied, and what they become.
    pub transform: Transform,
    /// Without the body.
    pub headers_only: bool,
}

/// A stream's configuration.
#[derive(Debug, Clone, Default)]
pub struct StreamConfig {
    /// Its name.
    pub name: String,
    /// The domain of the server, which acknowledgements name.
    pub domain: Option<String>,
    /// The subjects that it captures.
    pub subjects: Vec<Vec<u8>>,
    /// The sequence of the first message; 0 is 1.
    pub first_sequence: u64,
    /// How long messages are kept.
    pub retention: Retention,
    /// What becomes of messages when a limit is reached.
    pub discard: Discard,
    /// The most messages.
    pub max_messages: Option<u64>,
    /// The most bytes.
    pub max_bytes: Option<u64>,
    /// The most messages of a subject.
    pub max_messages_per_subject: Option<u64>,
    /// The longest message, headers and body.
    pub max_message_bytes: Option<u64>,
    /// The age at which messages go, in nanoseconds.
    pub max_age_ns: Option<i64>,
    /// How long ids are known, in nanoseconds; 0: not at all.
    pub duplicate_window_ns: i64,
    /// What is published gets no answer.
    pub no_ack: bool,
    /// Nothing is stored or removed any more.
    pub sealed: bool,
    /// Messages may replace others (`Nats-Rollup`): allowed, and purges are not denied.
    pub allows_rollup: bool,
    /// Messages may say how long they live.
    pub allows_ttl: bool,
    /// Messages are increments of counters.
    pub is_counter: bool,
    /// Messages may be schedules.
    pub allows_schedules: bool,
    /// Seconds that a marker lives which takes the place of the last message of a subject; 0: there are none.
    pub delete_marker_ttl_s: u64,
    /// What subjects become before anything else.
    pub transform: Option<Transform>,
    /// Copies of what is stored.
    pub republish: Option<Republish>,
}
