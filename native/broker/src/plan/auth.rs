//! Credentials that the data plane decides on its own, so that a busy control plane never times clients out.

use crate::plan::connection_types::ConnectionTypes;
use crate::plan::permissions::Permissions;
use nt_protocol::ConnectOptions;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// A user of the plan.
#[derive(Debug)]
pub struct User {
    /// Its name; empty where a token is all there is.
    pub name: String,
    /// Its password in the clear. Empty: it has none, and a client must send none.
    pub password: String,
    /// Its rights; `None`: everything.
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
    pub users: HashMap<String, Arc<User>>,
    /// Who connections without credentials become.
    pub no_auth_user: Option<Arc<User>>,
    /// Time to send a valid CONNECT.
    pub timeout: Duration,
}

impl Auth {
    /// Takes over the permissions of users that have the same ones in an older plan: whoever compares sees at once that
    /// nothing changed.
    pub(crate) fn reuse_permissions(&mut self, old: &Self) {
        for (name, user) in &mut self.users {
            let known = old.users.get(name).and_then(|known| known.permissions.as_ref());
            let (Some(new), Some(known)) = (&user.permissions, known) else {
                continue;
            };
            if new.same_lists(known) {
                let kept = Arc::new(User {
                    name: user.name.clone(),
                    password: user.password.clone(),
                    permissions: Some(known.clone()),
                    connections: user.connections,
                });
                *user = kept;
            }
        }
        if let Some(default_user) = &mut self.no_auth_user
            && let Some(user) = self.users.get(&default_user.name)
        {
            *default_user = user.clone();
        }
    }

    /// Who a connection without credentials becomes; `None`: refused.
    pub(crate) fn default_user(&self) -> Option<Arc<User>> {
        self.no_auth_user.clone().filter(|user| user.may_connect())
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
                    permissions: None,
                    connections: ConnectionTypes::ALL,
                })
            });
        }
        let user = self.users.get(&connect.user).filter(|user| user.may_connect())?;
        same(&user.password, &connect.pass).then(|| user.clone())
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
