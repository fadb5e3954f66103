//! What a connection has sent and nobody has handled yet.
//!
//! Owns the start of an unfinished operation, and whole operations that found no time in the turn they came in. Never
//! parses them.

/// Bytes held back for the next read.
#[derive(Debug, Default)]
pub(crate) struct HeldInput {
    bytes: Vec<u8>,
    /// Length of the unfinished operation where it is known, else 0.
    need: usize,
    /// The trace has shown the line of that operation.
    line_traced: bool,
    /// The bytes are whole operations that found no time in the last turn.
    backlog: bool,
}

impl HeldInput {
    /// The bytes, and the whole length of the operation that they begin with (0: unknown).
    pub fn parts(&mut self) -> (&mut Vec<u8>, usize) {
        (&mut self.bytes, self.need)
    }

    /// An operation is unfinished: how long it is as a whole; 0: unknown.
    pub fn expect(&mut self, need: usize) {
        self.need = need;
    }

    /// Notes that the line of the unfinished operation is traced. Returns whether it was before.
    pub fn note_line_traced(&mut self) -> bool {
        std::mem::replace(&mut self.line_traced, true)
    }

    /// Whether the line of the operation that is whole now was traced already. The next one's is not.
    pub fn take_line_traced(&mut self) -> bool {
        std::mem::take(&mut self.line_traced)
    }

    pub fn set_unhandled(&mut self) {
        self.backlog = true;
    }

    pub fn has_unhandled(&self) -> bool {
        self.backlog
    }

    /// Takes what found no time, if anything.
    pub fn take_unhandled(&mut self) -> Option<Vec<u8>> {
        std::mem::take(&mut self.backlog).then(|| std::mem::take(&mut self.bytes))
    }

    /// Nothing of it will be handled.
    pub fn clear_bytes(&mut self) {
        self.bytes = Vec::new();
    }
}
