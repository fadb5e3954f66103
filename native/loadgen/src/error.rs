//! What ends a run before its time. Errors during a run are counted instead and stand in the report.

use thiserror::Error;

/// One sentence per variant; [`LoadError::code`] is what JavaScript switches on.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
pub enum LoadError {
    /// The plan contradicts itself or is no plan.
    #[error("the load plan is invalid: {0}")]
    InvalidPlan(String),
    /// A server could not be reached, or ended the connection before it was one.
    #[error("{server}: {reason}")]
    ConnectFailed {
        /// As the plan names it.
        server: String,
        /// The system's error, or what went wrong.
        reason: String,
    },
    /// The server does not know us. The text is its own.
    #[error("{server} refused the credentials: {text}")]
    AuthRefused {
        /// As the plan names it.
        server: String,
        /// What the server said.
        text: String,
    },
    /// Anything else that makes going on pointless.
    #[error("{0}")]
    Failed(String),
}

impl LoadError {
    /// The `code` of the contract.
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidPlan(_) => "INVALID_PLAN",
            Self::ConnectFailed { .. } => "CONNECT_FAILED",
            Self::AuthRefused { .. } => "AUTH_REFUSED",
            Self::Failed(_) => "LOAD_FAILED",
        }
    }
}
