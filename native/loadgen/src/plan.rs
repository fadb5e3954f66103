//! The plan of a run: `LoadPlan` of `src/native/load-contract.ts`, field by field.
//!
//! Owns the types and their validation. Connects nothing.

use crate::error::LoadError;
use serde::Deserialize;

/// A stamp identifies the publisher with 16 bits; the last value is reserved for messages of other programs.
pub const SENDERS_MAX: usize = (1 << 16) - 1;
/// Far more than there are cores; a larger number is a mistake.
const THREADS_MAX: usize = 256;

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)] // documented in the contract
pub struct LoadPlan {
    pub servers: Vec<String>,
    pub threads: usize,
    #[serde(default)]
    pub credentials: Credentials,
    pub tls: Option<Tls>,
    pub connect_timeout_ms: u64,
    pub connects_in_flight: usize,
    pub clients: Vec<ClientPlan>,
    pub ledgers: Vec<LedgerPlan>,
    pub warmup: Option<Warmup>,
    pub measure_ms: Option<f64>,
    pub quiet_ms: f64,
    #[serde(default = "one")]
    pub latency_every: u32,
    pub watch_pid: Option<u32>,
    /// First sequence of every sender. Other values than 0 are for tests of the wrap.
    #[serde(default)]
    pub first_sequence: u32,
}

fn one() -> u32 {
    1
}

#[derive(Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct Credentials {
    pub user: Option<String>,
    pub password: Option<String>,
    pub token: Option<String>,
    pub jwt: Option<String>,
    pub nkey_seed: Option<String>,
}

impl std::fmt::Debug for Credentials {
    /// Shows names, never secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials")
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

#[derive(Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct Tls {
    pub ca: Option<String>,
    pub cert: Option<String>,
    pub key: Option<String>,
    pub server_name: Option<String>,
    #[serde(default)]
    pub insecure: bool,
    #[serde(default)]
    pub first: bool,
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls")
            .field("first", &self.first)
            .finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct LedgerPlan {
    pub name: String,
    pub copies: u32,
    #[serde(default)]
    pub already_stored: u64,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct Warmup {
    #[serde(default)]
    pub messages_per_sender: u64,
    #[serde(default)]
    pub ms: f64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
#[allow(missing_docs)]
pub enum SizePlan {
    Fixed { fixed: usize },
    Between { min: usize, max: usize },
    Drawn { sizes: Vec<usize>, weights: Vec<f64> },
}

impl SizePlan {
    /// The smallest possible size.
    pub fn smallest(&self) -> usize {
        match self {
            Self::Fixed { fixed } => *fixed,
            Self::Between { min, .. } => *min,
            Self::Drawn { sizes, .. } => sizes.iter().copied().min().unwrap_or(0),
        }
    }

    /// The largest possible size.
    pub fn largest(&self) -> usize {
        match self {
            Self::Fixed { fixed } => *fixed,
            Self::Between { max, .. } => *max,
            Self::Drawn { sizes, .. } => sizes.iter().copied().max().unwrap_or(0),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum Order {
    Turn,
    Random,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct SubjectsPlan {
    pub pattern: String,
    pub count: u64,
    #[serde(default)]
    pub first: u64,
    pub order: Order,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct SenderPlan {
    pub subjects: SubjectsPlan,
    pub size: SizePlan,
    #[serde(default)]
    pub headers: Vec<(String, String)>,
    pub messages: Option<u64>,
    pub rate: Option<f64>,
    pub sleep_us: Option<f64>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct SubscriptionsPlan {
    pub pattern: String,
    pub count: u64,
    #[serde(default)]
    pub first: u64,
    pub queue: Option<String>,
    #[serde(default)]
    pub split: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum AnswerKind {
    Echo,
    Puback,
    Message,
    Any,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum PullStyle {
    Consume,
    Fetch,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum AckStyle {
    None,
    Explicit,
    Double,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct PullPlan {
    pub stream: String,
    pub consumer: String,
    pub prefix: String,
    pub batch: u64,
    pub style: PullStyle,
    pub expires_ms: u64,
    pub ack: AckStyle,
    pub messages: u64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct ClientPlan {
    pub connections: usize,
    pub name: String,
    #[serde(flatten)]
    pub role: RolePlan,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "role", rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum RolePlan {
    Publisher {
        ledgers: Vec<usize>,
        #[serde(flatten)]
        sender: SenderPlan,
    },
    Subscriber {
        subscriptions: SubscriptionsPlan,
        ledger: usize,
    },
    Requester {
        window: usize,
        answer: AnswerKind,
        ledgers: Vec<usize>,
        batch: Option<u64>,
        #[serde(flatten)]
        sender: SenderPlan,
    },
    Responder {
        subscriptions: SubscriptionsPlan,
        #[serde(rename = "replySize")]
        reply_size: Option<usize>,
    },
    Puller {
        ledger: usize,
        #[serde(flatten)]
        pull: PullPlan,
    },
    Ordered {
        subject: String,
        ledger: usize,
        messages: u64,
    },
    Idle,
}

impl RolePlan {
    /// The name as in the contract.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Publisher { .. } => "publisher",
            Self::Subscriber { .. } => "subscriber",
            Self::Requester { .. } => "requester",
            Self::Responder { .. } => "responder",
            Self::Puller { .. } => "puller",
            Self::Ordered { .. } => "ordered",
            Self::Idle => "idle",
        }
    }

    /// The plan of its sender, if it sends.
    pub fn sender(&self) -> Option<&SenderPlan> {
        match self {
            Self::Publisher { sender, .. } | Self::Requester { sender, .. } => Some(sender),
            _ => None,
        }
    }

    /// Ledgers its messages arrive in.
    pub fn feeds(&self) -> &[usize] {
        match self {
            Self::Publisher { ledgers, .. } | Self::Requester { ledgers, .. } => ledgers,
            _ => &[],
        }
    }

    /// Whether it reads stored messages: then its work begins with the request, not with the first message.
    pub fn asks(&self) -> bool {
        matches!(self, Self::Puller { .. } | Self::Ordered { .. })
    }

    /// The ledger for its deliveries.
    pub fn fills(&self) -> Option<usize> {
        match self {
            Self::Subscriber { ledger, .. } | Self::Puller { ledger, .. } | Self::Ordered { ledger, .. } => {
                Some(*ledger)
            }
            _ => None,
        }
    }
}

impl LoadPlan {
    /// Parses and checks a plan.
    pub fn parse(json: &str) -> Result<Self, LoadError> {
        let plan: Self = serde_json::from_str(json).map_err(|error| LoadError::InvalidPlan(error.to_string()))?;
        plan.check().map_err(LoadError::InvalidPlan)?;
        Ok(plan)
    }

    fn check(&self) -> Result<(), String> {
        ensure(!self.servers.is_empty(), || {
            "servers is empty: name one as host:port".into()
        })?;
        ensure((1..=THREADS_MAX).contains(&self.threads), || {
            format!("threads is {}: give 1 to {THREADS_MAX}", self.threads)
        })?;
        ensure(self.connects_in_flight > 0, || {
            "connectsInFlight must be 1 or more".into()
        })?;
        ensure(self.latency_every > 0, || "latencyEvery must be 1 or more".into())?;
        for client in &self.clients {
            self.check_client(client)
                .map_err(|text| format!("client {:?}: {text}", client.name))?;
        }
        for (index, ledger) in self.ledgers.iter().enumerate() {
            ensure(ledger.copies > 0, || {
                format!("ledger {index}: copies must be 1 or more")
            })?;
        }
        let senders: usize = self.senders().map(|client| client.connections).sum();
        ensure(senders <= SENDERS_MAX, || {
            format!("{senders} connections send; {SENDERS_MAX} are the most that can be told apart")
        })
    }

    fn check_client(&self, client: &ClientPlan) -> Result<(), String> {
        for &ledger in client.role.feeds().iter().chain(client.role.fills().as_ref()) {
            ensure(ledger < self.ledgers.len(), || format!("there is no ledger {ledger}"))?;
        }
        if let Some(sender) = client.role.sender() {
            check_sender(sender, self.measure_ms.is_some())?;
        }
        match &client.role {
            RolePlan::Requester { window, batch, .. } => {
                ensure(*window > 0, || "window must be 1 or more".into())?;
                ensure(*batch != Some(0), || "batch must be 1 or more".into())
            }
            RolePlan::Subscriber { subscriptions, .. } | RolePlan::Responder { subscriptions, .. } => {
                check_pattern(&subscriptions.pattern, subscriptions.count)
            }
            RolePlan::Puller { pull, .. } => ensure(pull.batch > 0, || "batch must be 1 or more".into()),
            _ => Ok(()),
        }
    }

    /// Clients that send.
    pub fn senders(&self) -> impl Iterator<Item = &ClientPlan> {
        self.clients.iter().filter(|client| client.role.sender().is_some())
    }
}

fn check_sender(sender: &SenderPlan, timed: bool) -> Result<(), String> {
    check_pattern(&sender.subjects.pattern, sender.subjects.count)?;
    ensure(timed || sender.messages.is_some(), || {
        "neither messages nor measureMs says when it ends".into()
    })?;
    let positive = |number: Option<f64>| number.is_none_or(|n| n.is_finite() && n > 0.0);
    ensure(positive(sender.rate), || "rate must be above 0".into())?;
    ensure(sender.sleep_us.is_none_or(|n| n.is_finite() && n >= 0.0), || {
        "sleepUs must be 0 or more".into()
    })?;
    for (name, value) in &sender.headers {
        let broken = |text: &str| text.contains(['\r', '\n']);
        ensure(
            !name.is_empty() && !name.contains(':') && !broken(name) && !broken(value),
            || format!("header {name:?} would break its line"),
        )?;
    }
    match &sender.size {
        SizePlan::Between { min, max } => ensure(min <= max, || format!("size from {min} to {max} is empty")),
        SizePlan::Drawn { sizes, weights } => ensure(
            !sizes.is_empty()
                && sizes.len() == weights.len()
                && weights.iter().all(|w| w.is_finite() && *w >= 0.0)
                && weights.iter().sum::<f64>() > 0.0,
            || "sizes and weights must be of one length, with a weight above 0".into(),
        ),
        SizePlan::Fixed { .. } => Ok(()),
    }
}

fn check_pattern(pattern: &str, count: u64) -> Result<(), String> {
    ensure(
        !pattern.is_empty() && !pattern.contains([' ', '\t', '\r', '\n']),
        || format!("{pattern:?} is no subject"),
    )?;
    ensure(count > 0, || "count of subjects must be 1 or more".into())
}

fn ensure(holds: bool, text: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(text()) }
}
