//! Bytes that a connection has sent and that are not handled yet.
//!
//! Owns the start of an unfinished operation, and whole operations that are left for a later turn. Never parses them.

/// Bytes held back for the next read.
#[derive(Debug, Default)]
pub(crate) struct HeldInput {
    bytes: Vec<u8>,
    /// Length of the unfinished operation where it is known, else 0.
    need: usize,
    /// The trace has shown the line of that operation.
    line_traced: bool,
    /// The bytes begin with whole operations, to be handled in a later turn.
    unhandled: bool,
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
        self.unhandled = true;
    }

    pub fn has_unhandled(&self) -> bool {
        self.unhandled
    }

    /// Takes the bytes, if they begin with whole operations.
    pub fn take_unhandled(&mut self) -> Option<Vec<u8>> {
        std::mem::take(&mut self.unhandled).then(|| std::mem::take(&mut self.bytes))
    }

    /// Nothing of it will be handled.
    pub fn clear_bytes(&mut self) {
        self.bytes = Vec::new();
    }
}
