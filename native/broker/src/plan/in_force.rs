//! The plan in force of one broker, in parts that are replaced one by one.
//!
//! Owns the parts and says which connections a change of them concerns. A part that connections hold is an object that
//! never changes: the server's, an account's, a user's. Another version of it is another object, so comparing addresses
//! shows whether a connection is up to date; the server's part, which a loop may get twice, has a number as well. Never
//! visits a connection.

use crate::imports::stream::StreamImport;
use crate::interest::account::{Account, AccountIds};
use crate::plan::account::{AccountPlan, ConnectionLimits};
use crate::plan::auth::{Auth, Authenticator, Decision, Proof, Refusal};
use crate::plan::config::Config;
use crate::plan::permissions::Permissions;
use crate::plan::proxies::Passage;
use crate::plan::secret::Secret;
use crate::plan::subject_space::{Spaces, SubjectSpace};
use crate::plan::users::User;
use crate::plan::{Plan, PlanError, no_account};
use crate::services::imports::{ServiceImports, SystemImports};
use nt_protocol::{ConnectOptions, PublicKey};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// The part of a plan that applies to every connection.
#[derive(Debug)]
pub struct ServerPart {
    /// The number of the plan it was new in.
    pub version: u64,
    /// Limits and options.
    pub config: Config,
    /// How clients are authenticated; `None`: every client may connect.
    pub auth: Option<AuthRules>,
}

/// How clients are authenticated. The users are another part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthRules {
    /// Who decides.
    pub authenticator: Authenticator,
    /// The token that every client may use.
    pub token: Option<Secret>,
    /// The user of connections without credentials.
    pub no_auth_user: Option<String>,
    /// Without such a user they have no user, in `$G`.
    pub anonymous: bool,
    /// Whether clients with the token have to come through a trusted proxy.
    pub proxy_required: bool,
    /// How long a login waits after the one before it, where many from its address have failed; zero: not at all.
    pub failed_login_delay: Duration,
    /// Time to send a valid CONNECT, and for the embedding program to decide about it.
    pub timeout: Duration,
}

impl AuthRules {
    /// Whether INFO requires clients to authenticate.
    pub(crate) fn is_required(&self) -> bool {
        self.authenticator == Authenticator::Embedder || self.no_auth_user.is_none()
    }
}

/// The part of a plan that applies to the connections of one account.
#[derive(Debug)]
pub(crate) struct AccountPart {
    plan: AccountPlan,
    /// The same object in all versions of this part.
    pub account: Arc<Account>,
    /// Its subjects under the mappings and services of this part.
    pub space: SubjectSpace,
    /// The subjects of the accounts that its messages may go to.
    spaces: Arc<Spaces>,
    /// Those that stayed the same stayed the same objects.
    stream_imports: Vec<Arc<StreamImport>>,
    services: Option<Arc<ServiceImports>>,
}

impl AccountPart {
    /// `known`: the part before it. `accounts`: all there are with it, by name. Its [`Spaces`] are set afterwards.
    fn new(
        mut plan: AccountPlan,
        known: Option<&Arc<Self>>,
        accounts: &BTreeMap<String, Arc<Account>>,
        system: Option<&Arc<Account>>,
        ids: &AccountIds,
    ) -> Self {
        let imports = plan.stream_imports.iter().map(|import| {
            let exporter = &accounts[import.account()];
            let before = known.into_iter().flat_map(|known| &known.stream_imports);
            let same = before.into_iter().find(|before| before.is_of(import, exporter));
            let new = || Arc::new(StreamImport::new(import.clone(), exporter.clone()));
            same.cloned().unwrap_or_else(new)
        });
        let stream_imports = imports.collect();
        let account = accounts[&plan.name].clone();
        let exporter = |name: &str| accounts[name].clone();
        let before = known.and_then(|known| known.services.as_ref());
        let services = match before.filter(|before| before.is_of(&plan.service_imports, exporter)) {
            Some(same) => Some(same.clone()),
            None => ServiceImports::new(&plan.service_imports, exporter).map(Arc::new),
        };
        let has_same = |known: &&Arc<Self>| {
            let id = |services: &Option<Arc<ServiceImports>>| services.as_ref().map(Arc::as_ptr);
            known.plan.mappings == plan.mappings && id(&known.services) == id(&services)
        };
        let space = match known.filter(has_same) {
            Some(known) => {
                plan.mappings = known.plan.mappings.clone();
                known.space.clone()
            }
            None => SubjectSpace::new(account.id, &plan.mappings, services.as_ref(), ids),
        };
        Self {
            space: space.with_system(SystemImports::of(&account, system)),
            plan,
            account,
            spaces: Arc::default(),
            stream_imports,
            services,
        }
    }

    /// The same, with other subjects of other accounts.
    fn with_spaces(&self, spaces: &Arc<Spaces>) -> Self {
        Self {
            plan: self.plan.clone(),
            account: self.account.clone(),
            space: self.space.clone(),
            spaces: spaces.clone(),
            stream_imports: self.stream_imports.clone(),
            services: self.services.clone(),
        }
    }

    /// The same, where another system account answers.
    fn with_system(&self, system: Option<&Arc<Account>>) -> Self {
        let space = self.space.clone();
        Self {
            space: space.with_system(SystemImports::of(&self.account, system)),
            ..self.with_spaces(&self.spaces)
        }
    }

    /// The subjects of the accounts that its messages may go to.
    pub fn spaces(&self) -> &Arc<Spaces> {
        &self.spaces
    }

    /// Whether both are the same, but for the subjects of other accounts.
    fn is_same(&self, other: &Self) -> bool {
        self.plan == other.plan && self.imports_as(other) && self.space.is_same(&other.space)
    }

    /// Whether its subjects have mappings, or services of other accounts.
    fn has_rules(&self) -> bool {
        self.services.is_some() || !self.plan.mappings.is_empty()
    }

    /// The ids of the accounts whose services it imports.
    fn service_exporters(&self) -> impl Iterator<Item = u32> {
        let services = self.services.iter();
        services.flat_map(|services| services.exporters().map(|exporter| exporter.id))
    }

    /// What its connections receive from other accounts.
    pub fn stream_imports(&self) -> &[Arc<StreamImport>] {
        &self.stream_imports
    }

    /// Whether both import the same.
    pub fn imports_as(&self, other: &Self) -> bool {
        let (ours, theirs) = (&self.stream_imports, &other.stream_imports);
        ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(a, b)| Arc::ptr_eq(a, b))
    }

    /// Where traces go of messages that are sampled by a trace of their publishers, if they go anywhere.
    pub fn trace_destination(&self) -> Option<Vec<u8>> {
        let trace = self.plan.msg_trace.as_ref()?;
        Some(trace.destination.clone().into_bytes())
    }

    /// Percent of these messages that are traced.
    pub fn trace_sampling(&self) -> u32 {
        self.plan.msg_trace.as_ref().map_or(0, |trace| trace.sampling)
    }

    /// The limits of a connection of the account, together with those of the server.
    pub fn limits_under(&self, config: &Config) -> ConnectionLimits {
        ConnectionLimits::of(config, &self.plan.limits)
    }

    /// Puts the limit of connections of the account into force.
    fn put_into_force(&self) {
        self.account.set_max_connections(self.plan.limits.connections);
    }
}

/// The user and the account of a connection, by the parts that were in force when it was decided about.
#[derive(Debug, Clone)]
pub(crate) struct Identified {
    /// `None`: it has no user.
    pub user: Option<Arc<User>>,
    pub account: Arc<AccountPart>,
}

impl Identified {
    /// What it may do; `None`: everything.
    pub fn permissions(&self) -> Option<Arc<Permissions>> {
        let user = self.user.as_ref()?;
        let own = user.permissions.as_ref();
        own.or(self.account.plan.default_permissions.as_ref()).cloned()
    }

    /// The name by which a change of the user finds it.
    pub fn user_name(&self) -> Option<&str> {
        let name = self.user.as_ref().map(|user| &*user.name);
        name.filter(|name| !name.is_empty())
    }
}

/// The connections that a change concerns.
#[derive(Debug)]
pub(crate) enum Affected {
    /// All connections.
    All,
    /// Those of these users, by name, and of these accounts, by id.
    Of {
        users: BTreeSet<String>,
        accounts: BTreeSet<u32>,
    },
}

/// All parts.
#[derive(Debug)]
pub(crate) struct PlanInForce {
    number: u64,
    server: Arc<ServerPart>,
    auth: Option<Auth>,
    accounts: BTreeMap<String, Arc<AccountPart>>,
    spaces: Arc<Spaces>,
}

impl PlanInForce {
    /// The first plan of a broker.
    pub fn new(plan: Plan, ids: &AccountIds) -> Self {
        let cached = plan.config.result_cache;
        let names = plan.accounts.keys();
        let all: BTreeMap<_, _> = names
            .map(|name| (name.clone(), Arc::new(Account::new(ids, name, cached))))
            .collect();
        let system = all.get(&plan.config.system_account).cloned();
        let accounts = plan.accounts.into_iter().map(|(name, plan)| {
            let part = AccountPart::new(plan, None, &all, system.as_ref(), ids);
            (name, part)
        });
        let accounts: BTreeMap<_, _> = accounts.collect();
        let spaces = Arc::new(spaces_of(system, accounts.values()));
        let accounts = accounts.into_iter().map(|(name, part)| {
            part.put_into_force();
            (
                name,
                Arc::new(AccountPart {
                    spaces: spaces.clone(),
                    ..part
                }),
            )
        });
        Self {
            number: 1,
            accounts: accounts.collect(),
            spaces: spaces.clone(),
            server: Arc::new(ServerPart {
                version: 1,
                config: plan.config,
                auth: plan.auth.as_ref().map(Auth::rules),
            }),
            auth: plan.auth,
        }
    }

    /// Grows with each change.
    pub fn number(&self) -> u64 {
        self.number
    }

    pub fn server(&self) -> &Arc<ServerPart> {
        &self.server
    }

    /// All accounts, by name.
    pub fn accounts(&self) -> impl Iterator<Item = &Arc<Account>> {
        self.accounts.values().map(|part| &part.account)
    }

    /// Those that another plan does not have.
    pub fn accounts_not_in(&self, other: &Self) -> impl Iterator<Item = &Arc<Account>> {
        let gone = |account: &&Arc<Account>| other.account(&account.name).is_none();
        self.accounts().filter(gone)
    }

    pub fn account(&self, name: &str) -> Option<&Arc<Account>> {
        self.accounts.get(name).map(|part| &part.account)
    }

    /// The stream imports of accounts that have any, by the account's id.
    pub fn imports(&self) -> BTreeMap<u32, Vec<Arc<StreamImport>>> {
        let parts = self.accounts.values().filter(|part| !part.stream_imports.is_empty());
        parts
            .map(|part| (part.account.id, part.stream_imports.clone()))
            .collect()
    }

    /// The subjects of all accounts under this plan.
    pub fn spaces(&self) -> &Arc<Spaces> {
        &self.spaces
    }

    /// Whether INFO gives clients something to sign.
    pub fn needs_nonces(&self) -> bool {
        !self.server.config.trusted_proxies.is_empty() || self.auth.as_ref().is_some_and(Auth::needs_nonces)
    }

    /// The user and account of connections without credentials; `None`: they are refused.
    pub fn default_user(&self) -> Option<Identified> {
        let user = self.auth.as_ref()?.default_user(false).ok()?;
        self.identified(user)
    }

    /// Decides which user sent these credentials, by them and by what has been proved: about the client, and about the
    /// proxy that it came through.
    pub fn identify(&self, options: &ConnectOptions, proof: &Proof, proxy: Option<PublicKey>) -> Decision<Identified> {
        let proxied = match Passage::of(options, proxy, &self.server.config.trusted_proxies) {
            Passage::Refused(refusal) => return Decision::Refuse(refusal),
            Passage::Unknown(question) => return Decision::Wait(question),
            Passage::Direct => false,
            Passage::Proxied => true,
        };
        let Some(auth) = &self.auth else {
            return Decision::Admit(self.nobody());
        };
        match auth.decide(options, proof, proxied) {
            Decision::Admit(user) => self
                .identified(user)
                .map_or(Decision::Refuse(Refusal::Credentials), Decision::Admit),
            Decision::Refuse(refusal) => Decision::Refuse(refusal),
            Decision::Wait(question) => Decision::Wait(question),
        }
    }

    fn identified(&self, user: Arc<User>) -> Option<Identified> {
        let account = self.accounts.get(&user.account)?.clone();
        let user = Some(user);
        Some(Identified { user, account })
    }

    /// The account of connections without a user.
    pub fn nobody(&self) -> Identified {
        let account = self.global().clone();
        Identified { user: None, account }
    }

    /// `$G` is in every plan.
    fn global(&self) -> &Arc<AccountPart> {
        &self.accounts[Account::GLOBAL]
    }

    /// Whether the parts of a connection are in force.
    pub fn is_followed_by(&self, server: &Arc<ServerPart>, identified: &Identified) -> bool {
        let account = &identified.account;
        let is_account = |part: &Arc<AccountPart>| Arc::ptr_eq(part, account);
        let is_user = |user: &Arc<User>| self.auth.as_ref().is_some_and(|auth| auth.knows(user));
        Arc::ptr_eq(&self.server, server)
            && self.accounts.get(&account.account.name).is_some_and(is_account)
            && identified.user.as_ref().is_none_or(is_user)
    }

    /// The next plan in force, and the connections that the change concerns. Equal parts are taken over, so comparing
    /// two parts is comparing their addresses.
    pub fn next(&self, plan: Plan, ids: &AccountIds) -> (Self, Affected) {
        let number = self.number + 1;
        let rules = plan.auth.as_ref().map(Auth::rules);
        let same_server = self.server.config == plan.config && self.server.auth == rules;
        let mut auth = plan.auth;
        let users = match (&mut auth, &self.auth) {
            (Some(auth), Some(old)) => auth.users.take_over(&old.users),
            _ => BTreeSet::new(),
        };
        let mut changed = BTreeSet::new();
        let names = plan.accounts.keys();
        let all: BTreeMap<_, _> = names
            .map(|name| (name.clone(), self.account_object(name, ids)))
            .collect();
        let system = all.get(&plan.config.system_account).cloned();
        let parts = plan.accounts.into_iter().map(|(name, plan)| {
            let part = self.account_part(plan, &all, system.as_ref(), ids);
            (name, part)
        });
        let mut accounts = parts.collect();
        let spaces = self.share_spaces(system, &mut accounts);
        for (name, part) in &accounts {
            let known = self.accounts.get(name).filter(|known| !Arc::ptr_eq(known, part));
            changed.extend(known.map(|known| known.account.id));
        }
        let gone = self.accounts.iter().filter(|(name, _)| !accounts.contains_key(*name));
        changed.extend(gone.map(|(_, part)| part.account.id));
        let server = if same_server {
            self.server.clone()
        } else {
            Arc::new(ServerPart {
                version: number,
                config: plan.config,
                auth: rules,
            })
        };
        let affected = if same_server {
            Affected::Of {
                users,
                accounts: changed,
            }
        } else {
            Affected::All
        };
        let next = Self {
            number,
            server,
            auth,
            accounts,
            spaces,
        };
        (next, affected)
    }

    /// The part of an account: the one there is, if the plan is equal.
    fn account_part(
        &self,
        plan: AccountPlan,
        accounts: &BTreeMap<String, Arc<Account>>,
        system: Option<&Arc<Account>>,
        ids: &AccountIds,
    ) -> Arc<AccountPart> {
        let known = self.accounts.get(&plan.name);
        let part = AccountPart::new(plan, known, accounts, system, ids);
        match known.filter(|known| known.is_same(&part)) {
            Some(same) => same.clone(),
            None => Arc::new(part.with_spaces(&self.spaces)),
        }
    }

    /// Gives the subjects of all accounts to those whose messages may go to others, if they have changed: also to those
    /// that were asked under the plan before, since they may still answer. The others need only those of the system
    /// account. Returns the subjects.
    fn share_spaces(
        &self,
        system: Option<Arc<Account>>,
        accounts: &mut BTreeMap<String, Arc<AccountPart>>,
    ) -> Arc<Spaces> {
        let spaces = spaces_of(system.clone(), accounts.values().map(|part| &**part));
        if spaces.is_same(&self.spaces) {
            return self.spaces.clone();
        }
        let spaces = Arc::new(spaces);
        let both = self.accounts.values().chain(accounts.values());
        let exporters: BTreeSet<u32> = both.flat_map(|part| part.service_exporters()).collect();
        let of_system = |spaces: &Spaces| system.as_ref().map(|system| spaces.of(system).number());
        let all_need_them = of_system(&spaces) != of_system(&self.spaces);
        for part in accounts.values_mut() {
            let is_system = system.as_ref().is_some_and(|system| Arc::ptr_eq(system, &part.account));
            let is_asked = exporters.contains(&part.account.id) || part.account.responses().pending() > 0;
            let needs_them = part.services.is_some() || is_asked;
            if all_need_them || is_system || needs_them {
                *part = Arc::new(part.with_spaces(&spaces));
            }
        }
        spaces
    }

    /// The account of that name: the one there is, or a new one.
    fn account_object(&self, name: &str, ids: &AccountIds) -> Arc<Account> {
        let known = self.account(name).cloned();
        known.unwrap_or_else(|| Arc::new(Account::new(ids, name, self.server.config.result_cache)))
    }

    /// Puts the limits of connections of its accounts into force.
    pub fn put_limits_into_force(&self) {
        self.accounts.values().for_each(|part| part.put_into_force());
    }

    /// Another configuration of the server; accounts and users stay.
    pub fn replace_server(&mut self, config: Config) -> Affected {
        self.number += 1;
        if self.server.config == config {
            return Affected::nobody();
        }
        let has_same_system = self.server.config.system_account == config.system_account;
        self.server = Arc::new(ServerPart {
            version: self.number,
            config,
            auth: self.server.auth.clone(),
        });
        if !has_same_system {
            self.replace_system_account();
        }
        Affected::All
    }

    /// Lets the account that the server's part names answer in all others.
    fn replace_system_account(&mut self) {
        let system = self.account(&self.server.config.system_account).cloned();
        let parts = self.accounts.iter();
        let parts = parts.map(|(name, part)| (name.clone(), Arc::new(part.with_system(system.as_ref()))));
        let mut accounts = parts.collect();
        self.spaces = self.share_spaces(system, &mut accounts);
        self.accounts = accounts;
    }

    /// Adds an account, or replaces its plan. Returns the account as well.
    pub fn replace_account(
        &mut self,
        plan: AccountPlan,
        ids: &AccountIds,
    ) -> Result<(Affected, Arc<Account>), PlanError> {
        plan.check_exporters(|name| name == plan.name || self.accounts.contains_key(name))?;
        self.number += 1;
        let all = plan
            .exporters()
            .chain([&*plan.name])
            .map(|name| (name.to_owned(), self.account_object(name, ids)))
            .collect();
        let system = self.account(&self.server.config.system_account).cloned();
        let part = self.account_part(plan, &all, system.as_ref(), ids);
        part.put_into_force();
        let account = part.account.clone();
        let before = self.accounts.get(&account.name).cloned();
        let mut affected = Affected::nobody();
        let Affected::Of { accounts: changed, .. } = &mut affected else {
            return Ok((affected, account));
        };
        if before.as_ref().is_some_and(|before| Arc::ptr_eq(before, &part)) {
            return Ok((affected, account));
        }
        changed.extend(before.as_ref().map(|_| account.id));
        let may_change_spaces = part.has_rules() || before.is_some_and(|before| before.has_rules());
        if !may_change_spaces {
            self.accounts.insert(account.name.clone(), part);
            return Ok((affected, account));
        }
        let mut accounts = self.accounts.clone();
        accounts.insert(account.name.clone(), part);
        self.spaces = self.share_spaces(system, &mut accounts);
        let is_other = |(name, part): &(&String, &Arc<AccountPart>)| {
            let known = self.accounts.get(*name);
            known.is_some_and(|known| !Arc::ptr_eq(known, part))
        };
        changed.extend(accounts.iter().filter(is_other).map(|(_, part)| part.account.id));
        self.accounts = accounts;
        Ok((affected, account))
    }

    /// Adds a user, or replaces its password, account or permissions.
    pub fn replace_user(&mut self, user: User) -> Result<Affected, PlanError> {
        if !self.accounts.contains_key(&user.account) {
            return Err(no_account(&user));
        }
        let Some(auth) = &mut self.auth else {
            return Err(PlanError::NobodyIsAsked(user.name));
        };
        self.number += 1;
        let name = user.name.clone();
        let mut affected = Affected::nobody();
        if let (true, Affected::Of { users, .. }) = (auth.users.replace(user), &mut affected) {
            users.insert(name);
        }
        Ok(affected)
    }
}

/// The subjects of all these accounts.
fn spaces_of<'a>(system: Option<Arc<Account>>, accounts: impl Iterator<Item = &'a AccountPart>) -> Spaces {
    Spaces::new(system, accounts.map(|part| (part.account.id, &part.space)))
}

impl Affected {
    fn nobody() -> Self {
        Self::Of {
            users: BTreeSet::new(),
            accounts: BTreeSet::new(),
        }
    }
}
