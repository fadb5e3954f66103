//! A configuration of accounts: as the model reads it, as a plan of the core, and as text for nats-server.
//!
//! Values only. Accounts are known by their place in the list; a reload never removes one.

use nt_broker::{
    AccountPlan, Auth, Authenticator, Config, ConnectionTypes, InfoConfig, LatencyPlan, PermissionLists, Permissions,
    Plan, ResponseKind, ServiceImportPlan, ServicePlan, StreamImportPlan, User,
};
use nt_subject::transform::Destination;
use nt_subject::{Mapping, MappingTable};
use std::sync::Arc;
use std::time::Duration;

/// Every name starts like this, so that one that is told to the wrong client is found in any text.
pub(super) const MARK: &str = "Marked";
pub(super) const SERVER: &str = "MarkedServer";

#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Setup {
    pub accounts: Vec<AccountSetup>,
    pub users: Vec<UserSetup>,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct AccountSetup {
    pub default_permissions: Option<PermissionLists>,
    pub services: Vec<ServiceExport>,
    pub stream_imports: Vec<StreamImport>,
    pub service_imports: Vec<ServiceImport>,
    pub mappings: Vec<Rule>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct UserSetup {
    pub name: String,
    pub account: usize,
    pub permissions: Option<PermissionLists>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct ServiceExport {
    pub subject: String,
    pub response: ResponseKind,
    pub threshold_ms: u64,
    /// Where latency is measured, and published.
    pub latency: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct StreamImport {
    pub from: usize,
    pub subject: String,
    pub to: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct ServiceImport {
    pub from: usize,
    /// Of one of the exported services.
    pub subject: String,
    pub to: Option<String>,
    pub share: bool,
}

/// A mapping: its source, and destinations with their percentage.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rule {
    pub source: String,
    pub destinations: Vec<(String, u8)>,
}

/// The name of an account.
pub(super) fn account_name(account: usize) -> String {
    format!("{MARK}Acc{account}")
}

impl Setup {
    pub fn user(&self, name: &str) -> Option<&UserSetup> {
        self.users.iter().find(|user| user.name == name)
    }

    /// What a user may do.
    pub fn permissions<'s>(&'s self, user: &'s UserSetup) -> Option<&'s PermissionLists> {
        let of_account = || self.accounts[user.account].default_permissions.as_ref();
        user.permissions.as_ref().or_else(of_account)
    }

    /// The service that an import is of.
    pub fn service(&self, import: &ServiceImport) -> Option<&ServiceExport> {
        let exports = &self.accounts.get(import.from)?.services;
        exports.iter().find(|export| export.subject == import.subject)
    }

    /// As the core executes it. `None`: it is not valid.
    pub fn plan(&self) -> Option<Plan> {
        let accounts: Option<Vec<AccountPlan>> = (0..self.accounts.len()).map(|at| self.account_plan(at)).collect();
        let users: Option<Vec<User>> = self.users.iter().map(user_plan).collect();
        let config = Config {
            info: InfoConfig {
                server_name: SERVER.to_owned(),
                ..InfoConfig::default()
            },
            ping_interval: Duration::from_secs(1_000_000),
            ..Config::default()
        };
        let auth = Auth {
            authenticator: Authenticator::Credentials,
            token: None,
            users: users?.into_iter().collect(),
            no_auth_user: None,
            proxy_required: false,
            failed_login_delay: Duration::ZERO,
            anonymous: false,
            timeout: Duration::from_secs(1_000_000),
        };
        Plan::new(config, Some(auth), accounts?).ok()
    }

    fn account_plan(&self, at: usize) -> Option<AccountPlan> {
        let account = &self.accounts[at];
        let streams = account.stream_imports.iter().map(|import| {
            StreamImportPlan::new(&account_name(import.from), &import.subject, import.to.as_deref()).ok()
        });
        let services = account.service_imports.iter().map(|import| self.service_plan(import));
        let mappings: Option<Vec<Mapping>> = account.mappings.iter().map(mapping).collect();
        Some(AccountPlan {
            default_permissions: compiled(account.default_permissions.as_ref())?,
            stream_imports: streams.collect::<Option<_>>()?,
            service_imports: services.collect::<Option<_>>()?,
            mappings: MappingTable::new(mappings?).into(),
            ..AccountPlan::named(account_name(at))
        })
    }

    fn service_plan(&self, import: &ServiceImport) -> Option<ServiceImportPlan> {
        let export = self.service(import)?;
        let service = ServicePlan {
            response: export.response,
            threshold: Duration::from_millis(export.threshold_ms),
            latency: export.latency.as_ref().map(|subject| LatencyPlan {
                subject: subject.clone(),
                sampling: 100,
            }),
            share: import.share,
            allow_trace: false,
        };
        ServiceImportPlan::new(
            &account_name(import.from),
            &import.subject,
            import.to.as_deref(),
            service,
        )
        .ok()
    }

    /// As nats-server reads it.
    pub fn text(&self) -> String {
        let is_empty = |at: usize| {
            let mut others = self.accounts.iter().flat_map(|other| &other.stream_imports);
            self.accounts[at] == AccountSetup::default()
                && self.users.iter().all(|user| user.account != at)
                && others.all(|import| import.from != at)
        };
        let accounts = (0..self.accounts.len()).filter(|&at| !is_empty(at));
        let accounts = accounts.map(|at| self.account_text(at));
        format!("accounts {{\n{}}}\n", accounts.collect::<String>())
    }

    fn account_text(&self, at: usize) -> String {
        let account = &self.accounts[at];
        let mut lines = Vec::new();
        let users = self.users.iter().filter(|user| user.account == at);
        let users: Vec<String> = users.map(user_text).collect();
        lines.push(format!("users: [{}]", users.join(", ")));
        if let Some(lists) = &account.default_permissions {
            lines.push(format!("default_permissions: {}", lists_text(lists)));
        }
        let all = self.accounts.iter();
        let streams = all
            .flat_map(|importer| &importer.stream_imports)
            .filter(|import| import.from == at);
        let mut exports: Vec<String> = streams
            .map(|import| format!("{{stream: \"{}\"}}", import.subject))
            .collect();
        exports.extend(account.services.iter().map(export_text));
        exports.sort();
        exports.dedup();
        lines.push(format!("exports: [{}]", exports.join(", ")));
        let mut imports: Vec<String> = account.stream_imports.iter().map(stream_text).collect();
        imports.extend(account.service_imports.iter().map(service_text));
        lines.push(format!("imports: [{}]", imports.join(", ")));
        let rules: Vec<String> = account.mappings.iter().map(rule_text).collect();
        lines.push(format!("mappings: {{{}}}", rules.join(", ")));
        let lines: String = lines.iter().map(|line| format!("    {line}\n")).collect();
        format!("  {}: {{\n{lines}  }}\n", account_name(at))
    }
}

/// `None`: they are not valid.
fn compiled(lists: Option<&PermissionLists>) -> Option<Option<Arc<Permissions>>> {
    let compiled = lists.map(|lists| Permissions::new(lists.clone()).map(Arc::new));
    compiled.transpose().ok()
}

fn user_plan(user: &UserSetup) -> Option<User> {
    Some(User {
        name: user.name.clone(),
        credential: user.name.as_str().into(),
        account: account_name(user.account),
        permissions: compiled(user.permissions.as_ref())?,
        connections: ConnectionTypes::ALL,
        proxy_required: false,
    })
}

fn mapping(rule: &Rule) -> Option<Mapping> {
    let destinations = rule.destinations.iter().map(|(subject, weight)| Destination {
        weight: *weight,
        ..Destination::new(subject.as_bytes())
    });
    let destinations: Vec<Destination<'_>> = destinations.collect();
    Mapping::new(rule.source.as_bytes(), &destinations, b"").ok()
}

fn user_text(user: &UserSetup) -> String {
    let permissions = user.permissions.as_ref().map(lists_text);
    let permissions = permissions
        .map(|text| format!(", permissions: {text}"))
        .unwrap_or_default();
    format!("{{user: {0}, password: {0}{permissions}}}", user.name)
}

fn lists_text(lists: &PermissionLists) -> String {
    let quoted = |list: &[String]| {
        let entries: Vec<String> = list.iter().map(|entry| format!("\"{entry}\"")).collect();
        format!("[{}]", entries.join(", "))
    };
    let both = |allow: &Option<Vec<String>>, deny: &[String]| {
        let allow = allow.as_ref().map(|allow| format!("allow: {}, ", quoted(allow)));
        format!("{{{}deny: {}}}", allow.unwrap_or_default(), quoted(deny))
    };
    let mut parts = vec![
        format!("publish: {}", both(&lists.publish_allow, &lists.publish_deny)),
        format!("subscribe: {}", both(&lists.subscribe_allow, &lists.subscribe_deny)),
    ];
    if let Some(allowance) = &lists.allow_responses {
        let seconds = allowance.expires.as_secs();
        parts.push(format!(
            "allow_responses: {{max: {}, expires: \"{seconds}s\"}}",
            allowance.max
        ));
    }
    format!("{{{}}}", parts.join(", "))
}

fn export_text(export: &ServiceExport) -> String {
    let kind = match export.response {
        ResponseKind::Single => "singleton",
        ResponseKind::Stream => "stream",
        ResponseKind::Chunked => "chunked",
    };
    let latency = export
        .latency
        .as_ref()
        .map(|l| format!(", latency: {{sampling: 100, subject: \"{l}\"}}"));
    let latency = latency.unwrap_or_default();
    let (subject, threshold) = (&export.subject, export.threshold_ms);
    format!("{{service: \"{subject}\", response_type: {kind}, threshold: \"{threshold}ms\"{latency}}}")
}

fn stream_text(import: &StreamImport) -> String {
    let to = import
        .to
        .as_ref()
        .map(|to| format!(", to: \"{to}\""))
        .unwrap_or_default();
    let from = account_name(import.from);
    format!("{{stream: {{account: {from}, subject: \"{}\"}}{to}}}", import.subject)
}

fn service_text(import: &ServiceImport) -> String {
    let to = import
        .to
        .as_ref()
        .map(|to| format!(", to: \"{to}\""))
        .unwrap_or_default();
    let share = if import.share { ", share: true" } else { "" };
    let from = account_name(import.from);
    format!(
        "{{service: {{account: {from}, subject: \"{}\"}}{to}{share}}}",
        import.subject
    )
}

fn rule_text(rule: &Rule) -> String {
    let destinations = rule.destinations.iter();
    let destinations = destinations.map(|(to, weight)| format!("{{destination: \"{to}\", weight: {weight}%}}"));
    let destinations: Vec<String> = destinations.collect();
    format!("\"{}\": [{}]", rule.source, destinations.join(", "))
}
