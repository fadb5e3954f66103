//! What a broker executes: its limits and who may connect. Never changed, only replaced as a whole.
//!
//! Each connection holds the plan it lives by, so the way of a message asks no lock and no counter which one is in
//! force. How another one gets to all connections is told in `reload.rs`.

pub(crate) mod auth;
pub(crate) mod config;
pub(crate) mod connection_types;
pub(crate) mod permissions;
pub(crate) mod reload;

use crate::plan::auth::Auth;
use crate::plan::config::Config;

/// One plan of one broker.
#[derive(Debug)]
pub struct Plan {
    /// Grows with each plan of a broker.
    pub number: u64,
    /// Limits and habits.
    pub config: Config,
    /// Who may connect; `None`: everyone.
    pub auth: Option<Auth>,
}
