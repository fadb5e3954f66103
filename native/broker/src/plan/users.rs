//! Users, and what they prove who they are by.
//!
//! Owns the table of users: one name is one user, whether it is a name or the public key of an nkey. Keeps no state of
//! connections.

use crate::interest::account::Account;
use crate::plan::connection_types::ConnectionTypes;
use crate::plan::permissions::Permissions;
use crate::plan::secret::Secret;
use nt_protocol::PublicKey;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A user of the plan, or one that the embedding program named.
#[derive(Debug, PartialEq)]
pub struct User {
    /// Its name, or its public key as text; empty where a token is all there is.
    pub name: String,
    /// What it proves who it is by.
    pub credential: Credential,
    /// The account its connections belong to.
    pub account: String,
    /// Its permissions; `None`: those of its account.
    pub permissions: Option<Arc<Permissions>>,
    /// The kinds of connection it may open.
    pub connections: ConnectionTypes,
    /// Whether its connections have to come through a trusted proxy.
    pub proxy_required: bool,
}

/// What a user proves who it is by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credential {
    /// A password. Empty: it has none, and a client must send none.
    Password(Secret),
    /// The private half of this key, which signs the nonce of the connection.
    Key(PublicKey),
}

impl From<&str> for Credential {
    fn from(password: &str) -> Self {
        Self::Password(password.into())
    }
}

impl User {
    /// A user without password and without restrictions of connections, for clients that are decided about otherwise.
    pub fn without_password(name: String, account: String, permissions: Option<Arc<Permissions>>) -> Self {
        Self {
            name,
            credential: "".into(),
            account,
            permissions,
            connections: ConnectionTypes::ALL,
            proxy_required: false,
        }
    }

    /// Who is let in without being one of the users.
    pub(crate) fn nobody() -> Arc<Self> {
        let (name, account) = (String::new(), Account::GLOBAL.to_owned());
        Arc::new(Self::without_password(name, account, None))
    }

    /// Whether it proves who it is by a key.
    pub(crate) fn has_key(&self) -> bool {
        matches!(self.credential, Credential::Key(_))
    }

    /// Whether it may open the only kind of connection there is.
    pub(crate) fn may_connect(&self) -> bool {
        self.connections.include(ConnectionTypes::STANDARD)
    }
}

/// Users by name.
#[derive(Debug, Default)]
pub struct Users {
    by_name: BTreeMap<String, Arc<User>>,
    /// How many of them have a key.
    keys: usize,
    /// The bcrypt hash of one of them.
    hash: Option<Arc<str>>,
}

impl Users {
    /// Adds a user. Returns the one that had its name.
    pub fn insert(&mut self, user: Arc<User>) -> Option<Arc<User>> {
        self.keys += usize::from(user.has_key());
        if let Credential::Password(password) = &user.credential
            && let Some(hash) = password.hash()
        {
            self.hash = Some(hash.clone());
        }
        let before = self.by_name.insert(user.name.clone(), user);
        self.keys -= usize::from(before.as_ref().is_some_and(|user| user.has_key()));
        before
    }

    /// Whether any user has a key.
    pub(crate) fn have_keys(&self) -> bool {
        self.keys > 0
    }

    /// The bcrypt hash of any user.
    pub(crate) fn any_hash(&self) -> Option<&Arc<str>> {
        self.hash.as_ref()
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Arc<User>> {
        self.by_name.get(name)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<User>> {
        self.by_name.values()
    }

    /// The user of this name, and its password.
    pub(crate) fn with_password(&self, name: &str) -> Option<(&Arc<User>, &Secret)> {
        let user = self.get(name)?;
        match &user.credential {
            Credential::Password(password) => Some((user, password)),
            Credential::Key(_) => None,
        }
    }

    /// The user of this public key, and the key.
    pub(crate) fn with_key(&self, name: &str) -> Option<(&Arc<User>, PublicKey)> {
        let user = self.get(name)?;
        match user.credential {
            Credential::Key(key) => Some((user, key)),
            Credential::Password(_) => None,
        }
    }

    /// Takes over the objects of equal users and permissions from an older table, so that comparing their addresses
    /// shows that nothing has changed. Returns the names of users that have changed, are new or are not there any more.
    pub(crate) fn take_over(&mut self, old: &Self) -> BTreeSet<String> {
        let mut changed = BTreeSet::new();
        for (name, user) in &mut self.by_name {
            match old.by_name.get(name) {
                Some(known) if known == user => *user = known.clone(),
                known => {
                    changed.insert(name.clone());
                    keep_permissions(user, known);
                }
            }
        }
        let gone = old.by_name.keys().filter(|&name| !self.by_name.contains_key(name));
        changed.extend(gone.cloned());
        changed
    }

    /// Adds a user, or replaces the one of its name. False: nothing has changed.
    pub(crate) fn replace(&mut self, user: User) -> bool {
        let known = self.get(&user.name);
        if known.is_some_and(|known| **known == user) {
            return false;
        }
        let mut user = Arc::new(user);
        keep_permissions(&mut user, known);
        self.insert(user);
        true
    }

    /// Whether this object of a user is in the table.
    pub(crate) fn contain(&self, user: &Arc<User>) -> bool {
        self.get(&user.name).is_some_and(|known| Arc::ptr_eq(known, user))
    }
}

impl FromIterator<Arc<User>> for Users {
    fn from_iter<I: IntoIterator<Item = Arc<User>>>(users: I) -> Self {
        let mut table = Self::default();
        users.into_iter().for_each(|user| {
            table.insert(user);
        });
        table
    }
}

impl FromIterator<User> for Users {
    fn from_iter<I: IntoIterator<Item = User>>(users: I) -> Self {
        users.into_iter().map(Arc::new).collect()
    }
}

/// Gives a new user the permissions object of an older one, if the permissions are equal.
fn keep_permissions(user: &mut Arc<User>, known: Option<&Arc<User>>) {
    let known = known.and_then(|known| known.permissions.as_ref());
    if let (Some(user), Some(known)) = (Arc::get_mut(user), known)
        && user.permissions.as_ref() == Some(known)
    {
        user.permissions = Some(known.clone());
    }
}
