//! An account as it is written in a plan: its name, the permissions of its users, its limits, mappings and imports.
//!
//! Values only. The comment of each limit says where it is enforced.

use crate::imports::StreamImportPlan;
use crate::plan::PlanError;
use crate::plan::config::Config;
use crate::plan::permissions::Permissions;
use crate::services::ServiceImportPlan;
use nt_subject::MappingTable;
use std::sync::{Arc, LazyLock};

/// An account, as it is written in a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct AccountPlan {
    /// Its name.
    pub name: String,
    /// Permissions of its users that have none of their own; `None`: everything.
    pub default_permissions: Option<Arc<Permissions>>,
    /// What its connections may use.
    pub limits: AccountLimits,
    /// What becomes of subjects that are published in it.
    pub mappings: Arc<MappingTable>,
    /// What it imports from other accounts. Whether these let it do so is checked before.
    pub stream_imports: Vec<StreamImportPlan>,
    /// Its requests that other accounts answer. As above.
    pub service_imports: Vec<ServiceImportPlan>,
    /// Where traces go of messages that are sampled by a trace of their publishers.
    pub msg_trace: Option<MsgTracePlan>,
}

/// One table for all accounts without mappings.
static NO_MAPPINGS: LazyLock<Arc<MappingTable>> = LazyLock::new(Arc::default);

impl Default for AccountPlan {
    fn default() -> Self {
        Self {
            name: String::new(),
            default_permissions: None,
            limits: AccountLimits::default(),
            mappings: NO_MAPPINGS.clone(),
            stream_imports: Vec::new(),
            service_imports: Vec::new(),
            msg_trace: None,
        }
    }
}

/// Traces of the messages of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MsgTracePlan {
    /// Where they are published.
    pub destination: String,
    /// Percent of messages.
    pub sampling: u32,
}

impl AccountPlan {
    /// An account without default permissions and without limits.
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ..Self::default()
        }
    }

    /// The names of the accounts it imports from.
    pub(crate) fn exporters(&self) -> impl Iterator<Item = &str> {
        let streams = self.stream_imports.iter().map(StreamImportPlan::account);
        let services = self.service_imports.iter().map(ServiceImportPlan::account);
        streams.chain(services)
    }

    /// Checks that these are there.
    pub(crate) fn check_exporters(&self, is_account: impl Fn(&str) -> bool) -> Result<(), PlanError> {
        match self.exporters().find(|&name| !is_account(name)) {
            None => Ok(()),
            Some(exporter) => Err(PlanError::NoExporter {
                account: self.name.clone(),
                exporter: exporter.to_owned(),
            }),
        }
    }
}

/// What the connections of an account may use; `None`: as much as the server allows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AccountLimits {
    /// Connections at once. Checked when a connection joins the account.
    pub connections: Option<usize>,
    /// Subscriptions of each connection. Checked at SUB, and when a reload lowers it.
    pub subscriptions: Option<usize>,
    /// Bytes of a message, headers included. Checked while it is parsed.
    pub payload: Option<usize>,
}

/// The limits of one connection: the lower ones of its server and its account.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ConnectionLimits {
    /// Bytes of a message; `None`: any number.
    pub payload: Option<usize>,
    /// Subscriptions; `None`: any number.
    pub subscriptions: Option<usize>,
}

impl ConnectionLimits {
    pub fn of(config: &Config, account: &AccountLimits) -> Self {
        let of_server = Some(config.max_subscriptions).filter(|&max| max > 0);
        Self {
            payload: lower(config.max_payload, account.payload),
            subscriptions: lower(of_server, account.subscriptions),
        }
    }
}

fn lower(one: Option<usize>, other: Option<usize>) -> Option<usize> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}
