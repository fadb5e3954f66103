//! Who may connect, and who decides it.
//!
//! Plain passwords and tokens are compared at once, so that no client times out because the control plane is busy.
//! Where that is not enough the decision is to wait: for a thread that computes bcrypt or verifies a signature, or for
//! a function of the embedding program. Decides, and keeps no state: what waits is kept in `client/admission.rs`.
//!
//! The order is that of nats-server: the key that a client names, then its user and password, then the token.

use crate::connection::close::CloseReason;
use crate::plan::in_force::AuthRules;
use crate::plan::secret::{Comparison, Secret};
use crate::plan::users::{User, Users};
use nt_protocol::{ConnectOptions, PublicKey};
use std::sync::Arc;
use std::time::Duration;

/// Who may connect.
#[derive(Debug)]
pub struct Auth {
    /// Who decides.
    pub authenticator: Authenticator,
    /// A single token.
    pub token: Option<Secret>,
    /// Users by name.
    pub users: Users,
    /// The user of connections without credentials.
    pub no_auth_user: Option<String>,
    /// Without such a user they have no user, in `$G`. INFO requires credentials all the same.
    pub anonymous: bool,
    /// Whether clients with the token have to come through a trusted proxy.
    pub proxy_required: bool,
    /// How long a login waits after the one before it, where many from its address have failed; zero: not at all.
    pub failed_login_delay: Duration,
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
    Refuse(Refusal),
    /// It is decided elsewhere, by the answer to this question.
    Wait(Question),
}

/// Why a client is refused. It is told nothing of that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Its credentials are wrong, or it has none.
    Credentials,
    /// It did not come through a trusted proxy, and has to.
    ProxyRequired,
    /// No trusted proxy made the signature it brings.
    ProxyNotTrusted,
}

impl Refusal {
    /// The reason that operators see.
    pub fn close_reason(self) -> CloseReason {
        match self {
            Self::Credentials => CloseReason::AuthenticationFailure,
            Self::ProxyRequired => CloseReason::ProxyRequired,
            Self::ProxyNotTrusted => CloseReason::ProxyNotTrusted,
        }
    }
}

/// What has to be answered before a CONNECT is decided.
pub(crate) enum Question {
    /// Whether this is the hash of that password. `is_spare`: the client is refused anyway. To find that out takes as
    /// long as to find a wrong password, so time does not tell which names there are.
    Password {
        hash: Arc<str>,
        password: String,
        is_spare: bool,
    },
    /// Whether this is the key's signature of the connection's nonce. `None`: no user has the key that the client
    /// named; to find that out takes as long as to find a wrong signature.
    Signature { key: Option<PublicKey>, signature: String },
    /// Which of these proxies has signed the connection's nonce.
    Proxy { keys: Vec<PublicKey>, signature: String },
    /// Which user the client is, if any: the embedding program decides.
    Embedder,
}

impl Question {
    /// Whether the client is refused whatever the answer is.
    pub fn is_in_vain(&self) -> bool {
        matches!(
            self,
            Self::Password { is_spare: true, .. } | Self::Signature { key: None, .. }
        )
    }
}

/// What has been proved about a client. As long as it applies, no question has to be asked again.
#[derive(Debug, Clone, Default)]
pub(crate) enum Proof {
    /// Nothing.
    #[default]
    None,
    /// The password of its CONNECT has this hash.
    Hash(Arc<str>),
    /// It has the private half of this key.
    Key(PublicKey),
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
            proxy_required: self.proxy_required,
            failed_login_delay: self.failed_login_delay,
            timeout: self.timeout,
        }
    }

    /// Whether clients may have something to sign.
    pub(crate) fn needs_nonces(&self) -> bool {
        self.users.have_keys()
    }

    /// The user of connections without credentials. `proxied`: they came through a trusted proxy.
    pub(crate) fn default_user(&self, proxied: bool) -> Result<Arc<User>, Refusal> {
        if self.authenticator == Authenticator::Embedder {
            return Err(Refusal::Credentials);
        }
        let Some(name) = &self.no_auth_user else {
            return self.anonymous.then(User::nobody).ok_or(Refusal::Credentials);
        };
        let user = self.users.get(name).filter(|user| user.may_connect());
        let user = user.ok_or(Refusal::Credentials)?;
        require_proxy(user.proxy_required, proxied)?;
        Ok(user.clone())
    }

    /// Whether this object of a user is in force.
    pub(crate) fn knows(&self, user: &Arc<User>) -> bool {
        // Users that the embedder named belong to the server's part, and so do those without a name.
        let is_no_part = user.name.is_empty() || self.authenticator == Authenticator::Embedder;
        is_no_part || self.users.contain(user)
    }

    /// Decides about a CONNECT. `proxied`: it came through a trusted proxy.
    pub(crate) fn decide(&self, connect: &ConnectOptions, proof: &Proof, proxied: bool) -> Decision<Arc<User>> {
        match (self.authenticator, proof) {
            (Authenticator::Credentials, _) => {
                let decided = self.decide_by_credentials(connect, proof, proxied);
                decided.unwrap_or_else(Decision::Refuse)
            }
            (Authenticator::Embedder, Proof::Embedder(user)) => Decision::Admit(user.clone()),
            (Authenticator::Embedder, _) => Decision::Wait(Question::Embedder),
        }
    }

    fn decide_by_credentials(
        &self,
        connect: &ConnectOptions,
        proof: &Proof,
        proxied: bool,
    ) -> Result<Decision<Arc<User>>, Refusal> {
        if !connect.has_credentials() && (self.no_auth_user.is_some() || self.anonymous) {
            return self.default_user(proxied).map(Decision::Admit);
        }
        if self.users.have_keys() && !connect.nkey.is_empty() {
            return self.decide_by_key(connect, proof, proxied);
        }
        if let Some(token) = &self.token {
            require_proxy(self.proxy_required, proxied)?;
            return Ok(compare(token, &connect.auth_token, proof, User::nobody));
        }
        match self.users.with_password(&connect.user) {
            Some((user, password)) if user.may_connect() => {
                require_proxy(user.proxy_required, proxied)?;
                Ok(match compare(password, &connect.pass, proof, || user.clone()) {
                    Decision::Refuse(_) => self.refuse_slowly(connect),
                    decision => decision,
                })
            }
            _ => Ok(self.refuse_slowly(connect)),
        }
    }

    /// Refuses a name or a password, by a check in vain where passwords of other users take one.
    fn refuse_slowly<W>(&self, connect: &ConnectOptions) -> Decision<W> {
        match self.users.any_hash() {
            Some(hash) if !connect.user.is_empty() => Decision::Wait(Question::Password {
                hash: hash.clone(),
                password: connect.pass.clone(),
                is_spare: true,
            }),
            _ => Decision::Refuse(Refusal::Credentials),
        }
    }

    fn decide_by_key(
        &self,
        connect: &ConnectOptions,
        proof: &Proof,
        proxied: bool,
    ) -> Result<Decision<Arc<User>>, Refusal> {
        let known = self.users.with_key(&connect.nkey);
        let known = known.filter(|(user, _)| user.may_connect());
        if let Some((user, key)) = known {
            require_proxy(user.proxy_required, proxied)?;
            // Who may connect without saying who it is may say it without proof.
            let is_default = self.no_auth_user.as_ref() == Some(&user.name);
            if is_default || matches!(proof, Proof::Key(proved) if *proved == key) {
                return Ok(Decision::Admit(user.clone()));
            }
        }
        if connect.sig.is_empty() {
            return Err(Refusal::Credentials);
        }
        Ok(Decision::Wait(Question::Signature {
            key: known.map(|(_, key)| key),
            signature: connect.sig.clone(),
        }))
    }
}

fn require_proxy(required: bool, proxied: bool) -> Result<(), Refusal> {
    if required && !proxied {
        Err(Refusal::ProxyRequired)
    } else {
        Ok(())
    }
}

fn compare(secret: &Secret, given: &str, proof: &Proof, user: impl FnOnce() -> Arc<User>) -> Decision<Arc<User>> {
    match secret.compare(given) {
        Comparison::Same => Decision::Admit(user()),
        Comparison::Different => Decision::Refuse(Refusal::Credentials),
        Comparison::Hashed(hash) if matches!(proof, Proof::Hash(known) if *known == hash) => Decision::Admit(user()),
        Comparison::Hashed(hash) => Decision::Wait(Question::Password {
            hash,
            password: given.to_owned(),
            is_spare: false,
        }),
    }
}
