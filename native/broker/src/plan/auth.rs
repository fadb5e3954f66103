//! Credentials that the data plane decides on its own, so that a busy control plane never times clients out.

use crate::interest::account::Account;
use crate::plan::connection_types::ConnectionTypes;
use crate::plan::in_force::AuthRules;
use crate::plan::permissions::Permissions;
use nt_protocol::ConnectOptions;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// A user of the plan.
#[derive(Debug, PartialEq)]
pub struct User {
    /// Its name; empty where a token is all there is.
    pub name: String,
    /// Its password in the clear. Empty: it has none, and a client must send none.
    pub password: String,
    /// The account its connections belong to.
    pub account: String,
    /// Its rights; `None`: those of its account.
    pub permissions: Option<Arc<Permissions>>,
    /// The kinds of connection it may open.
    pub connections: ConnectionTypes,
}

impl User {
    /// Whether its kinds of connection include the one there is.
    fn may_connect(&self) -> bool {
        self.connections.include(ConnectionTypes::STANDARD)
    }
}

/// Who may connect.
#[derive(Debug)]
pub struct Auth {
    /// A single token.
    pub token: Option<String>,
    /// Users by name.
    pub users: BTreeMap<String, Arc<User>>,
    /// Who connections without credentials become.
    pub no_auth_user: Option<String>,
    /// Time to send a valid CONNECT.
    pub timeout: Duration,
}

impl Auth {
    /// All of it besides the users.
    pub(crate) fn rules(&self) -> AuthRules {
        AuthRules {
            token: self.token.clone(),
            no_auth_user: self.no_auth_user.clone(),
            timeout: self.timeout,
        }
    }

    /// Takes over users that are the same in an older plan, and permissions that are: whoever compares sees at once that
    /// nothing changed. Returns the names of those that are others, are new or are gone.
    pub(crate) fn take_over(&mut self, old: &Self) -> BTreeSet<String> {
        let mut changed = BTreeSet::new();
        for (name, user) in &mut self.users {
            match old.users.get(name) {
                Some(known) if known == user => *user = known.clone(),
                known => {
                    changed.insert(name.clone());
                    keep_permissions(user, known);
                }
            }
        }
        let gone = old.users.keys().filter(|&name| !self.users.contains_key(name));
        changed.extend(gone.cloned());
        changed
    }

    /// Puts one user into the place of the one of its name, if any. False: it is the same.
    pub(crate) fn replace(&mut self, user: User) -> bool {
        let known = self.users.get(&user.name);
        if known.is_some_and(|known| **known == user) {
            return false;
        }
        let mut user = Arc::new(user);
        keep_permissions(&mut user, known);
        self.users.insert(user.name.clone(), user);
        true
    }

    /// Who a connection without credentials becomes; `None`: refused.
    pub(crate) fn default_user(&self) -> Option<Arc<User>> {
        let user = self.users.get(self.no_auth_user.as_ref()?)?;
        user.may_connect().then(|| user.clone())
    }

    /// The user of these credentials, or `None`: refused.
    pub fn admit(&self, connect: &ConnectOptions) -> Option<Arc<User>> {
        if !connect.has_credentials() && self.no_auth_user.is_some() {
            return self.default_user();
        }
        if let Some(token) = &self.token {
            return same(token, &connect.auth_token).then(|| {
                Arc::new(User {
                    name: String::new(),
                    password: String::new(),
                    account: Account::GLOBAL.to_owned(),
                    permissions: None,
                    connections: ConnectionTypes::ALL,
                })
            });
        }
        let user = self.users.get(&connect.user).filter(|user| user.may_connect())?;
        same(&user.password, &connect.pass).then(|| user.clone())
    }
}

/// Gives a user that was just made the very permissions of an older one that allow the same.
fn keep_permissions(user: &mut Arc<User>, known: Option<&Arc<User>>) {
    let known = known.and_then(|known| known.permissions.as_ref());
    if let (Some(user), Some(known)) = (Arc::get_mut(user), known)
        && user.permissions.as_ref() == Some(known)
    {
        user.permissions = Some(known.clone());
    }
}

/// Compares secrets in a time that depends on the length of what the client sent only.
fn same(secret: &str, given: &str) -> bool {
    let (secret, given) = (secret.as_bytes(), given.as_bytes());
    let mut differs = u8::from(secret.len() != given.len());
    for (i, g) in given.iter().enumerate() {
        differs |= g ^ secret.get(i).copied().unwrap_or(0);
    }
    std::hint::black_box(differs) == 0
}
