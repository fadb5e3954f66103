//! Bytes that a connection has sent and that are not handled yet.
//!
//! Owns the start of an unfinished operation, and whole operations that are left for a later turn. Never parses them.

use crate::connection::Conn;

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

impl Conn {
    /// Bytes to read from it at once: few where little may wait for its subscribers, so that they are not closed
    /// because of one read.
    pub fn read_bytes(&self) -> usize {
        (self.plan.config.max_pending / 16).max(4096)
    }

    /// The start of an unfinished operation and its whole length (0: unknown).
    pub fn held(&mut self) -> (&mut Vec<u8>, usize) {
        self.input.parts()
    }

    /// An operation is unfinished: how long it is as a whole; 0: unknown.
    pub(crate) fn expect_input(&mut self, need: usize) {
        self.input.expect(need);
    }

    /// What is held are whole operations, to be handled in a later turn.
    pub fn set_unhandled(&mut self) {
        self.input.set_unhandled();
    }

    /// The same for what followed the operation that made it wait.
    pub(crate) fn hold_input(&mut self) {
        self.input.expect(0);
        self.input.set_unhandled();
    }

    /// Whether whole operations are held.
    pub fn has_unhandled(&self) -> bool {
        self.input.has_unhandled()
    }

    /// Takes whole operations that are held, if there are any, to be handled now.
    pub fn take_unhandled(&mut self) -> Option<Vec<u8>> {
        self.input.take_unhandled()
    }

    pub(crate) fn input_mut(&mut self) -> &mut HeldInput {
        &mut self.input
    }

    /// Whether it was closed although something its peer sent was left unread: the peer gets a reset then.
    pub fn has_unread_input(&self) -> bool {
        self.has_unread_input
    }

    pub(crate) fn note_unread_input(&mut self) {
        self.has_unread_input = true;
    }
}
