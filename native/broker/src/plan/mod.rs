//! What a broker executes: limits, accounts, users and their permissions.
//!
//! Owns plans as the control plane writes them ([`Plan`]), the plan in force, which is kept in parts (`in_force.rs`),
//! who may connect (`auth.rs`, `users.rs`, `proxies.rs`), and how a change of a part reaches the connections it
//! concerns, and no others (`reload.rs`). A part is never changed, only replaced; one that stays the same stays the same
//! object. Each connection holds the parts that apply to it, so a message needs no lock and no counter to find them.
//! May touch connections and interest in a reload only, through their methods. Never reads a configuration file and
//! never calls the control plane.

pub(crate) mod account;
pub(crate) mod auth;
pub(crate) mod bindings;
pub(crate) mod config;
pub(crate) mod connection_types;
pub(crate) mod in_force;
pub(crate) mod listener;
pub(crate) mod permissions;
pub(crate) mod proxies;
pub(crate) mod reload;
pub(crate) mod secret;
pub(crate) mod subject_space;
pub(crate) mod users;

use crate::interest::account::Account;
use crate::plan::account::AccountPlan;
use crate::plan::auth::Auth;
use crate::plan::config::Config;
use crate::plan::listener::ListenerPlan;
use crate::plan::users::User;
use std::collections::BTreeMap;
use thiserror::Error;

/// Why a plan, or a part of one, can't be put into force.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PlanError {
    /// Two accounts have one name.
    #[error("account {0:?} is named twice; name it once")]
    AccountTwice(String),
    /// An account imports from one that is not there.
    #[error("account {account:?} imports from account {exporter:?}, which is not there; add it to the accounts")]
    NoExporter {
        /// Which account.
        account: String,
        /// From which one.
        exporter: String,
    },
    /// A user is in an account that does not exist.
    #[error("user {user:?} is in account {account:?}, which is not there; add it to the accounts")]
    NoAccount {
        /// The user.
        user: String,
        /// The account.
        account: String,
    },
    /// The user of connections without credentials does not exist.
    #[error("no_auth_user {0:?} is no user; add it to the users")]
    NoDefaultUser(String),
    /// A user for a broker that requires no authentication.
    #[error("user {0:?} would never be asked for: the broker is open to everyone; replace the whole plan")]
    NobodyIsAsked(String),
}

/// Everything a broker executes, as it is written.
#[derive(Debug)]
pub struct Plan {
    /// Limits and options.
    pub config: Config,
    /// The listeners. A reload does not change them.
    pub listeners: Vec<ListenerPlan>,
    auth: Option<Auth>,
    accounts: BTreeMap<String, AccountPlan>,
}

impl Plan {
    /// One account, to which every client may connect.
    pub fn open(config: Config) -> Self {
        let global = AccountPlan::named(Account::GLOBAL);
        Self {
            config,
            listeners: Vec::new(),
            auth: None,
            accounts: BTreeMap::from([(global.name.clone(), global)]),
        }
    }

    /// The same plan with these listeners; without them it has none.
    pub fn with_listeners(self, listeners: Vec<ListenerPlan>) -> Self {
        Self { listeners, ..self }
    }

    /// Checks that everything named in it exists. `auth`: who may connect; `None`: every client. The account `$G` is
    /// always there.
    pub fn new(config: Config, auth: Option<Auth>, accounts: Vec<AccountPlan>) -> Result<Self, PlanError> {
        let mut by_name = BTreeMap::new();
        for account in accounts {
            if let Some(twice) = by_name.insert(account.name.clone(), account) {
                return Err(PlanError::AccountTwice(twice.name));
            }
        }
        by_name
            .entry(Account::GLOBAL.to_owned())
            .or_insert_with(|| AccountPlan::named(Account::GLOBAL));
        for account in by_name.values() {
            account.check_exporters(|name| by_name.contains_key(name))?;
        }
        if let Some(auth) = &auth {
            let mut users = auth.users.iter();
            if let Some(stray) = users.find(|user| !by_name.contains_key(&user.account)) {
                return Err(no_account(stray));
            }
            if let Some(name) = auth
                .no_auth_user
                .as_ref()
                .filter(|&name| auth.users.get(name).is_none())
            {
                return Err(PlanError::NoDefaultUser(name.clone()));
            }
        }
        Ok(Self {
            config,
            listeners: Vec::new(),
            auth,
            accounts: by_name,
        })
    }
}

fn no_account(user: &User) -> PlanError {
    PlanError::NoAccount {
        user: user.name.clone(),
        account: user.account.clone(),
    }
}
