//! Converts plans from JavaScript objects to the types of the broker. The types are documented in `contract.ts`.
#![allow(missing_docs)]

use napi_derive::napi;
use nt_broker::{
    Auth, Authenticator, Config, ConnectionTypes, Credential, InfoConfig, ListenerKind, PermissionLists, Permissions,
    Plan, ReplyAllowance, ResponseKind, Secret, TrustedProxy, User, Users,
};
use nt_protocol::PublicKey;
use nt_subject::transform::Destination;
use nt_subject::{Mapping, MappingTable};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

#[napi(object)]
pub struct SubjectPermission {
    pub allow: Option<Vec<String>>,
    pub deny: Option<Vec<String>>,
}

#[napi(object)]
pub struct AllowResponses {
    pub max: i64,
    pub expires_ms: f64,
}

#[napi(object)]
pub struct PermissionsPlan {
    pub publish: Option<SubjectPermission>,
    pub subscribe: Option<SubjectPermission>,
    pub allow_responses: Option<AllowResponses>,
}

#[napi(object)]
pub struct AccountLimits {
    pub max_connections: Option<f64>,
    pub max_subscriptions: Option<f64>,
    pub max_payload: Option<f64>,
}

#[napi(object)]
pub struct AccountPlan {
    pub name: String,
    pub default_permissions: Option<PermissionsPlan>,
    pub limits: Option<AccountLimits>,
    pub stream_imports: Option<Vec<StreamImportPlan>>,
    pub service_imports: Option<Vec<ServiceImportPlan>>,
    pub msg_trace: Option<MsgTracePlan>,
    pub mappings: Option<Vec<MappingPlan>>,
}

#[napi(object)]
pub struct StreamImportPlan {
    pub account: String,
    pub subject: String,
    pub to: Option<String>,
    pub allow_trace: Option<bool>,
}

#[napi(object)]
pub struct MsgTracePlan {
    pub destination: String,
    pub sampling: u32,
}

#[napi(object)]
pub struct LatencyPlan {
    pub subject: String,
    pub sampling: u32,
}

#[napi(object)]
pub struct ServiceImportPlan {
    pub account: String,
    pub subject: String,
    pub to: Option<String>,
    pub share: Option<bool>,
    pub response: Option<String>,
    pub threshold: Option<f64>,
    pub latency: Option<LatencyPlan>,
    pub allow_trace: Option<bool>,
}

#[napi(object)]
pub struct MappingDestination {
    pub subject: String,
    pub weight: u32,
    pub cluster: Option<String>,
}

#[napi(object)]
pub struct MappingPlan {
    pub source: String,
    pub destinations: Vec<MappingDestination>,
}

#[napi(object)]
pub struct UserPlan {
    pub user: Option<String>,
    pub password: Option<String>,
    pub nkey: Option<String>,
    pub account: String,
    pub permissions: Option<PermissionsPlan>,
    pub connection_types: Option<Vec<String>>,
    pub proxy_required: Option<bool>,
}

#[napi(object)]
pub struct AuthPlan {
    pub token: Option<String>,
    pub users: Vec<UserPlan>,
    pub plain_users: Vec<String>,
    pub no_auth_user: Option<String>,
    pub anonymous: Option<bool>,
    pub embedder: Option<bool>,
    pub proxy_required: Option<bool>,
    pub failed_login_delay_ms: f64,
    pub timeout_ms: f64,
}

#[napi(object)]
pub struct InfoPlan {
    pub server_id: String,
    pub server_name: String,
    pub version: String,
    pub go: String,
    pub git_commit: Option<String>,
    pub advertise_host: Option<String>,
    pub advertise_port: Option<u32>,
    pub xkey: String,
    pub tags: Vec<String>,
    pub metadata: HashMap<String, String>,
    pub feature_flags: HashMap<String, bool>,
}

#[napi(object)]
pub struct ListenerPlan {
    pub kind: String,
    pub host: String,
    pub port: u32,
}

#[napi(object)]
pub struct BrokerPlan {
    pub listeners: Vec<ListenerPlan>,
    pub info: InfoPlan,
    pub accounts: Vec<AccountPlan>,
    pub plain_accounts: Vec<String>,
    pub system_account: Option<String>,
    pub auth: Option<AuthPlan>,
    pub headers: bool,
    pub max_payload: f64,
    pub max_control_line: f64,
    pub max_pending: f64,
    pub max_connections: f64,
    pub max_subscriptions: f64,
    pub max_sub_tokens: f64,
    pub ping_interval_ms: f64,
    pub ping_max: f64,
    pub write_deadline_ms: f64,
    pub write_timeout_retry: bool,
    pub no_fast_producer_stall: bool,
    pub proxy_protocol: bool,
    pub trusted_proxies: Vec<String>,
    pub max_closed_clients: f64,
    pub result_cache: bool,
    pub log_debug: bool,
    pub log_trace: bool,
    pub trace_headers: bool,
    pub max_traced_msg_len: f64,
}

fn millis(ms: f64) -> Duration {
    Duration::from_secs_f64((ms / 1e3).clamp(0.0, 1e9))
}

impl BrokerPlan {
    /// Compiles the plan. The error says which entry is wrong.
    pub fn compile(self) -> Result<Plan, String> {
        let auth = self.auth.map(AuthPlan::compile).transpose()?;
        let listeners = self.listeners.into_iter().map(ListenerPlan::compile);
        let listeners = listeners.collect::<Result<_, _>>()?;
        let accounts = self.accounts.into_iter().map(AccountPlan::compile);
        let mut accounts = accounts.collect::<Result<Vec<_>, _>>()?;
        accounts.extend(self.plain_accounts.into_iter().map(nt_broker::AccountPlan::named));
        let trusted = self.trusted_proxies.into_iter().map(|text| {
            TrustedProxy::new(text.clone()).map_err(|error| format!("proxy trusted key {text:?}: {error}"))
        });
        let trusted_proxies = trusted.collect::<Result<_, _>>()?;
        let config = Config {
            info: InfoConfig {
                server_id: self.info.server_id,
                server_name: self.info.server_name,
                version: self.info.version,
                go: self.info.go,
                git_commit: self.info.git_commit,
                host: self.info.advertise_host.unwrap_or_default(),
                port: self.info.advertise_port.unwrap_or_default() as u16,
                xkey: self.info.xkey,
                tags: self.info.tags,
                metadata: self.info.metadata.into_iter().collect(),
                feature_flags: self.info.feature_flags.into_iter().collect(),
            },
            headers: self.headers,
            max_payload: (self.max_payload >= 0.0).then_some(self.max_payload as usize),
            max_control_line: self.max_control_line as usize,
            max_pending: self.max_pending as usize,
            system_account: self.system_account.unwrap_or_default(),
            max_connections: self.max_connections as i64,
            max_closed_clients: self.max_closed_clients as usize,
            result_cache: self.result_cache,
            max_subscriptions: self.max_subscriptions as usize,
            max_sub_tokens: self.max_sub_tokens as usize,
            ping_interval: millis(self.ping_interval_ms),
            // JavaScript passes a float: converting it here saturates, where a 32-bit field would wrap.
            ping_max: self.ping_max as u32,
            write_deadline: millis(self.write_deadline_ms),
            write_timeout_retry: self.write_timeout_retry,
            no_fast_producer_stall: self.no_fast_producer_stall,
            proxy_protocol: self.proxy_protocol,
            trusted_proxies,
            log_debug: self.log_debug,
            log_trace: self.log_trace,
            trace_headers: self.trace_headers,
            max_traced_msg_len: self.max_traced_msg_len as usize,
        };
        let plan = Plan::new(config, auth, accounts).map_err(|error| error.to_string())?;
        Ok(plan.with_listeners(listeners))
    }
}

impl ListenerPlan {
    fn compile(self) -> Result<nt_broker::ListenerPlan, String> {
        let kind = ListenerKind::from_name(&self.kind)
            .ok_or_else(|| format!("there are no listeners of the kind {:?}", self.kind))?;
        let (host, port) = (self.host, self.port as u16);
        Ok(nt_broker::ListenerPlan { kind, host, port })
    }
}

impl AccountPlan {
    fn compile(self) -> Result<nt_broker::AccountPlan, String> {
        let whose = format!("account {:?}", self.name);
        let default_permissions = self.default_permissions.map(|p| p.compile(&whose)).transpose()?;
        let imports = self.stream_imports.unwrap_or_default().into_iter();
        let imports = imports.map(StreamImportPlan::compile);
        let services = self.service_imports.unwrap_or_default().into_iter();
        let services = services.map(|import| import.compile(&whose));
        Ok(nt_broker::AccountPlan {
            name: self.name,
            default_permissions: default_permissions.map(Arc::new),
            limits: self.limits.map(AccountLimits::compile).unwrap_or_default(),
            stream_imports: imports
                .collect::<Result<_, _>>()
                .map_err(|error| format!("{whose}: {error}"))?,
            msg_trace: self.msg_trace.map(|trace| nt_broker::MsgTracePlan {
                destination: trace.destination,
                sampling: trace.sampling,
            }),
            service_imports: services.collect::<Result<_, _>>()?,
            mappings: compile_mappings(self.mappings.unwrap_or_default())
                .map_err(|error| format!("{whose}: {error}"))?
                .into(),
        })
    }
}

impl StreamImportPlan {
    fn compile(self) -> Result<nt_broker::StreamImportPlan, nt_broker::InvalidImport> {
        let import = nt_broker::StreamImportPlan::new(&self.account, &self.subject, self.to.as_deref())?;
        Ok(import.with_trace(self.allow_trace.unwrap_or_default()))
    }
}

impl ServiceImportPlan {
    fn compile(self, whose: &str) -> Result<nt_broker::ServiceImportPlan, String> {
        let standard = nt_broker::ServicePlan::default();
        let response = match self.response.as_deref() {
            None => ResponseKind::Single,
            Some("stream") => ResponseKind::Stream,
            Some("chunked") => ResponseKind::Chunked,
            Some(other) => {
                return Err(format!(
                    "{whose}: {other:?} is no kind of response; take stream or chunked"
                ));
            }
        };
        let threshold = match self.threshold {
            None => standard.threshold,
            Some(ms) => Duration::try_from_secs_f64(ms / 1000.0)
                .map_err(|_| format!("{whose}: the threshold {ms} of a service is no time"))?,
        };
        let latency = self.latency.map(|latency| nt_broker::LatencyPlan {
            subject: latency.subject,
            sampling: latency.sampling,
        });
        let service = nt_broker::ServicePlan {
            response,
            threshold,
            latency,
            share: self.share.unwrap_or_default(),
            allow_trace: self.allow_trace.unwrap_or_default(),
        };
        nt_broker::ServiceImportPlan::new(&self.account, &self.subject, self.to.as_deref(), service)
            .map_err(|error| format!("{whose}: {error}"))
    }
}

/// The table of the rules. The error says which one is wrong.
fn compile_mappings(rules: Vec<MappingPlan>) -> Result<MappingTable, String> {
    let compile = |rule: &MappingPlan| {
        let destinations: Vec<_> = rule.destinations.iter().map(MappingDestination::borrowed).collect();
        // This broker is in no cluster.
        Mapping::new(rule.source.as_bytes(), &destinations, b"")
            .map_err(|error| format!("mapping of {:?}: {error}", rule.source))
    };
    let mappings = rules.iter().map(compile).collect::<Result<Vec<_>, _>>()?;
    Ok(MappingTable::new(mappings))
}

impl MappingDestination {
    fn borrowed(&self) -> Destination<'_> {
        Destination {
            subject: self.subject.as_bytes(),
            weight: self.weight.min(u32::from(u8::MAX)) as u8,
            cluster: self.cluster.as_deref().unwrap_or_default().as_bytes(),
        }
    }
}

impl AccountLimits {
    fn compile(self) -> nt_broker::AccountLimits {
        let count = |limit: Option<f64>| limit.map(|limit| limit as usize);
        nt_broker::AccountLimits {
            connections: count(self.max_connections),
            subscriptions: count(self.max_subscriptions),
            payload: count(self.max_payload),
        }
    }
}

impl AuthPlan {
    fn compile(self) -> Result<Auth, String> {
        let mut users = Users::default();
        let others = self.users.into_iter().map(UserPlan::compile);
        for user in others.chain(plain_users(self.plain_users).map(Ok)) {
            if let Some(twice) = users.insert(Arc::new(user?)) {
                return Err(format!("user {:?} is named twice; name it once", twice.name));
            }
        }
        Ok(Auth {
            authenticator: match self.embedder {
                Some(true) => Authenticator::Embedder,
                _ => Authenticator::Credentials,
            },
            token: self.token.map(Secret::new),
            users,
            no_auth_user: self.no_auth_user,
            anonymous: self.anonymous.unwrap_or_default(),
            proxy_required: self.proxy_required.unwrap_or_default(),
            failed_login_delay: millis(self.failed_login_delay_ms),
            timeout: millis(self.timeout_ms),
        })
    }
}

/// A user for every name, password and account in the list.
fn plain_users(texts: Vec<String>) -> impl Iterator<Item = User> {
    let mut texts = texts.into_iter();
    std::iter::from_fn(move || {
        let (name, password, account) = (texts.next()?, texts.next()?, texts.next()?);
        Some(User {
            name,
            credential: Credential::Password(Secret::new(password)),
            account,
            permissions: None,
            connections: ConnectionTypes::ALL,
            proxy_required: false,
        })
    })
}

impl UserPlan {
    fn compile(self) -> Result<User, String> {
        let (name, credential) = match (self.user, self.nkey) {
            (Some(name), None) => (
                name,
                Credential::Password(Secret::new(self.password.unwrap_or_default())),
            ),
            (None, Some(text)) => {
                let key = PublicKey::of_user(&text).map_err(|error| format!("nkey {text:?}: {error}"))?;
                (text, Credential::Key(key))
            }
            _ => return Err("a user has a name or an nkey, and not both".to_owned()),
        };
        let whose = format!("user {name:?}");
        let permissions = self.permissions.map(|p| p.compile(&whose)).transpose()?;
        let connections = match &self.connection_types {
            None => ConnectionTypes::ALL,
            Some(names) => {
                ConnectionTypes::named(names).map_err(|name| format!("{whose}: unknown connection type {name:?}"))?
            }
        };
        Ok(User {
            name,
            credential,
            account: self.account,
            permissions: permissions.map(Arc::new),
            connections,
            proxy_required: self.proxy_required.unwrap_or_default(),
        })
    }
}

impl PermissionsPlan {
    /// `whose`: in the words of an error, e.g. `user "a"`.
    pub(crate) fn compile(self, whose: &str) -> Result<Permissions, String> {
        let lists = |p: Option<SubjectPermission>| p.map_or((None, None), |p| (p.allow, p.deny));
        let (publish_allow, publish_deny) = lists(self.publish);
        let (subscribe_allow, subscribe_deny) = lists(self.subscribe);
        Permissions::new(PermissionLists {
            publish_allow,
            publish_deny: publish_deny.unwrap_or_default(),
            subscribe_allow,
            subscribe_deny: subscribe_deny.unwrap_or_default(),
            allow_responses: self.allow_responses.map(|r| ReplyAllowance {
                max: r.max,
                expires: millis(r.expires_ms),
            }),
        })
        .map_err(|error| format!("permissions of {whose}: {error}"))
    }
}
