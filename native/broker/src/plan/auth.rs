//! Who may connect, and who decides it.
//!
//! Plain passwords and tokens are compared at once, so that no client times out because the control plane is busy.
//! Where that is not enough the decision is to wait: for a thread that computes bcrypt, or for a function of the
//! embedding program. Decides, and keeps no state: what waits is kept in `client/admission.rs`.

use crate::interest::account::Account;
use crate::plan::connection_types::ConnectionTypes;
use crate::plan::in_force::AuthRules;
use crate::plan::permissions::Permissions;
use crate::plan::secret::{Comparison, Secret};
use nt_protocol::ConnectOptions;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// A user of the plan, or one that the embedding program named.
#[derive(Debug, PartialEq)]
pub struct User {
    /// Its name; empty where a token is all there is.
    pub name: String,
    /// Its password. Empty: it has none, and a client must send none.
    pub password: Secret,
    /// The account its connections belong to.
    pub account: String,
    /// Its permissions; `None`: those of its account.
    pub permissions: Option<Arc<Permissions>>,
    /// The kinds of connection it may open.
    pub connections: ConnectionTypes,
}

impl User {
    /// A user without password and without restrictions of connections, for clients that are decided about otherwise.
    pub fn without_password(name: String, account: String, permissions: Option<Arc<Permissions>>) -> Self {
        Self {
            name,
            password: Secret::new(""),
            account,
            permissions,
            connections: ConnectionTypes::ALL,
        }
    }

    /// Whether it may open the only kind of connection there is.
    fn may_connect(&self) -> bool {
        self.connections.include(ConnectionTypes::STANDARD)
    }
}

/// Who may connect.
#[derive(Debug)]
pub struct Auth {
    /// Who decides.
    pub authenticator: Authenticator,
    /// A single token.
    pub token: Option<Secret>,
    /// Users by name.
    pub users: BTreeMap<String, Arc<User>>,
    /// The user of connections without credentials.
    pub no_auth_user: Option<String>,
    /// Without such a user they have no user, in `$G`. INFO requires credentials all the same.
    pub anonymous: bool,
    /// Time to send a valid CONNECT, and for the embedding program to decide about it.
    pub timeout: Duration,
}

/// Who decides about a CONNECT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authenticator {
    /// The tokens and users of the plan.
    Credentials,
    /// The embedding program, asked once for each CONNECT.
    Embedder,
}

/// The decision of an authenticator about a CONNECT.
pub(crate) enum Decision<W> {
    Admit(W),
    Refuse,
    /// It is decided elsewhere, by the answer to this question.
    Wait(Question),
}

/// What has to be answered before a CONNECT is decided.
pub(crate) enum Question {
    /// Whether this is the hash of that password.
    Password { hash: Arc<str>, password: String },
    /// Which user the client is, if any: the embedding program decides.
    Embedder,
}

/// What has been proved about a client. As long as it applies, no question has to be asked again.
#[derive(Debug, Clone, Default)]
pub(crate) enum Proof {
    /// Nothing.
    #[default]
    None,
    /// The password of its CONNECT has this hash.
    Hash(Arc<str>),
    /// The embedding program has said which user it is.
    Embedder(Arc<User>),
}

impl Proof {
    /// The part that still applies once a connection is this user: not that the embedder named another one.
    pub fn of(self, user: Option<&Arc<User>>) -> Self {
        match self {
            Self::Embedder(named) if !user.is_some_and(|user| Arc::ptr_eq(user, &named)) => Self::None,
            proof => proof,
        }
    }
}

impl Auth {
    /// All of it besides the users.
    pub(crate) fn rules(&self) -> AuthRules {
        AuthRules {
            authenticator: self.authenticator,
            token: self.token.clone(),
            no_auth_user: self.no_auth_user.clone(),
            anonymous: self.anonymous,
            timeout: self.timeout,
        }
    }

    /// Takes over the objects of equal users and permissions from an older plan, so that comparing their addresses
    /// shows that nothing has changed. Returns the names of users that have changed, are new or are not there any more.
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

    /// Adds a user, or replaces the one of its name. False: nothing has changed.
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

    /// The user of connections without credentials; `None`: they are refused.
    pub(crate) fn default_user(&self) -> Option<Arc<User>> {
        if self.authenticator == Authenticator::Embedder {
            return None;
        }
        let Some(name) = &self.no_auth_user else {
            return self.anonymous.then(nobody);
        };
        let user = self.users.get(name)?;
        user.may_connect().then(|| user.clone())
    }

    /// Whether this object of a user is in force.
    pub(crate) fn knows(&self, user: &Arc<User>) -> bool {
        let known = self.users.get(&user.name);
        // Users that the embedder named belong to the server's part, and so do those without a name.
        let is_no_part = user.name.is_empty() || self.authenticator == Authenticator::Embedder;
        is_no_part || known.is_some_and(|known| Arc::ptr_eq(known, user))
    }

    /// Decides about a CONNECT.
    pub(crate) fn decide(&self, connect: &ConnectOptions, proof: &Proof) -> Decision<Arc<User>> {
        match (self.authenticator, proof) {
            (Authenticator::Credentials, _) => self.decide_by_credentials(connect, proof),
            (Authenticator::Embedder, Proof::Embedder(user)) => Decision::Admit(user.clone()),
            (Authenticator::Embedder, _) => Decision::Wait(Question::Embedder),
        }
    }

    fn decide_by_credentials(&self, connect: &ConnectOptions, proof: &Proof) -> Decision<Arc<User>> {
        if !connect.has_credentials() && (self.no_auth_user.is_some() || self.anonymous) {
            return self.default_user().map_or(Decision::Refuse, Decision::Admit);
        }
        if let Some(token) = &self.token {
            return compare(token, &connect.auth_token, proof, nobody);
        }
        match self.users.get(&connect.user) {
            Some(user) if user.may_connect() => compare(&user.password, &connect.pass, proof, || user.clone()),
            _ => Decision::Refuse,
        }
    }
}

/// Who is let in without being one of the users.
fn nobody() -> Arc<User> {
    let (name, account) = (String::new(), Account::GLOBAL.to_owned());
    Arc::new(User::without_password(name, account, None))
}

fn compare(secret: &Secret, given: &str, proof: &Proof, user: impl FnOnce() -> Arc<User>) -> Decision<Arc<User>> {
    match secret.compare(given) {
        Comparison::Same => Decision::Admit(user()),
        Comparison::Different => Decision::Refuse,
        Comparison::Hashed(hash) if matches!(proof, Proof::Hash(known) if *known == hash) => Decision::Admit(user()),
        Comparison::Hashed(hash) => Decision::Wait(Question::Password {
            hash,
            password: given.to_owned(),
        }),
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
