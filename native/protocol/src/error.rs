//! The errors of a peer: the text it gets, and the text for the log.

use thiserror::Error;

/// Why parsing can't continue. Every variant ends the connection.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ParseError {
    /// The bytes are not an operation of a client, or a payload does not end in CRLF.
    #[error("Unknown Protocol Operation")]
    UnknownOperation,
    /// Arguments are missing, too many or not numbers. The error is logged; the peer gets no text.
    #[error("{what}: {argument:?}")]
    Arguments {
        /// Which operation and what is wrong, in the words that operators search their logs for.
        what: &'static str,
        /// The argument as far as it can be shown.
        argument: String,
    },
    /// `HPUB` from a client that did not request headers, or on a server without them.
    #[error("message headers not supported")]
    HeadersNotSupported,
    /// A control line longer than `max_control_line`.
    #[error("maximum control line exceeded")]
    ControlLine,
    /// A payload longer than allowed; detected before any of it arrives.
    #[error("maximum payload exceeded: {size} vs {limit}")]
    Payload {
        /// What the client announced.
        size: usize,
        /// What it may send.
        limit: usize,
    },
    /// The client sent `-ERR`.
    #[error("Client Error {0}")]
    ClientError(String),
}

impl ParseError {
    /// The text of the `-ERR` for the peer, if it gets one.
    pub fn wire_text(&self) -> Option<&'static str> {
        match self {
            Self::UnknownOperation => Some("Unknown Protocol Operation"),
            Self::ControlLine => Some("maximum control line exceeded"),
            Self::Payload { .. } => Some("Maximum Payload Violation"),
            Self::Arguments { .. } | Self::HeadersNotSupported | Self::ClientError(_) => None,
        }
    }

    pub(crate) fn arguments(what: &'static str, argument: &[u8]) -> Self {
        Self::Arguments {
            what,
            argument: String::from_utf8_lossy(argument).into_owned(),
        }
    }
}
