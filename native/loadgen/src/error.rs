//! Errors that end a run early. Other errors during a run are counted and listed in the report.

use thiserror::Error;

/// One sentence per variant; [`LoadError::code`] is what JavaScript switches on.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
pub enum LoadError {
    /// The plan is invalid or contradicts itself.
    #[error("the load plan is invalid: {0}")]
    InvalidPlan(String),
    /// A server could not be reached, or closed the connection during the handshake.
    #[error("{server}: {reason}")]
    ConnectFailed {
        /// As the plan names it.
        server: String,
        /// The system's error, or what went wrong.
        reason: String,
    },
    /// The server refused the credentials. The text is the server's.
    #[error("{server} refused the credentials: {text}")]
    AuthRefused {
        /// As the plan names it.
        server: String,
        /// What the server said.
        text: String,
    },
    /// Any other reason why the run can't continue.
    #[error("{0}")]
    Failed(String),
}

impl LoadError {
    /// The `code` as in the contract.
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidPlan(_) => "INVALID_PLAN",
            Self::ConnectFailed { .. } => "CONNECT_FAILED",
            Self::AuthRefused { .. } => "AUTH_REFUSED",
            Self::Failed(_) => "LOAD_FAILED",
        }
    }
}
