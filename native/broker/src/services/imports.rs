//! Service imports: which requests of an account another account answers, and under which subject.

use crate::imports::InvalidImport;
use crate::imports::rename::Rename;
use crate::interest::account::Account;
use nt_subject::{HashSeed, Matches, Sublist, check_subject, has_wildcard};
use std::sync::Arc;
use std::time::Duration;

/// How a service answers a request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ResponseKind {
    /// With one message.
    #[default]
    Single,
    /// With any number of messages; an empty one is the last.
    Stream,
    /// The same, as in nats-server: only the name differs.
    Chunked,
}

/// What is measured of the answers of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LatencyPlan {
    /// Where measurements are published, in the exporting account.
    pub subject: String,
    /// Percent of requests; 0: those whose headers ask for it.
    pub sampling: u32,
}

/// What an export says about its answers.
#[derive(Debug, Clone, PartialEq)]
pub struct ServicePlan {
    /// How it answers.
    pub response: ResponseKind,
    /// After this time without an answer a request ends.
    pub threshold: Duration,
    /// `None`: nothing is measured.
    pub latency: Option<LatencyPlan>,
    /// Whether the importing account tells the service who asks.
    pub share: bool,
    /// Whether traces of messages go on in the exporting account.
    pub allow_trace: bool,
}

impl Default for ServicePlan {
    fn default() -> Self {
        Self {
            response: ResponseKind::Single,
            threshold: Duration::from_secs(120),
            latency: None,
            share: false,
            allow_trace: false,
        }
    }
}

/// A service import, as it is written in a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct ServiceImportPlan {
    account: String,
    subject: Box<[u8]>,
    names: Names,
    /// What its export says.
    pub service: ServicePlan,
}

/// What the importing account calls the subject.
#[derive(Debug, Clone, PartialEq)]
enum Names {
    /// The same.
    Same,
    /// Any subject that matches this pattern stands for the one subject there.
    All(Box<[u8]>),
    /// Another name for each subject.
    Renamed(Rename),
}

impl ServiceImportPlan {
    /// Requests on `subject` of an account. `to`: what the importing account calls it, in the form of a transform's
    /// destination or with the same wildcards; `None`: the same.
    pub fn new(account: &str, subject: &str, to: Option<&str>, service: ServicePlan) -> Result<Self, InvalidImport> {
        for subject in [subject].into_iter().chain(to) {
            check_subject(subject.as_bytes()).map_err(|_| InvalidImport::Subject(subject.to_owned()))?;
        }
        let names = match to.filter(|&to| to != subject) {
            None => Names::Same,
            Some(to) if has_wildcard(subject.as_bytes()) => Names::Renamed(Rename::new(subject, to)?),
            Some(to) => Names::All(to.as_bytes().into()),
        };
        Ok(Self {
            account: account.to_owned(),
            subject: subject.as_bytes().into(),
            names,
            service,
        })
    }

    /// The name of the exporting account.
    pub fn account(&self) -> &str {
        &self.account
    }

    /// The pattern of the subjects of the importing account that it is for.
    pub(crate) fn local(&self) -> &[u8] {
        match &self.names {
            Names::Same => &self.subject,
            Names::All(local) => local,
            Names::Renamed(rename) => rename.local(),
        }
    }

    /// What the exporting account calls a subject that matches [`Self::local`].
    fn exported_name(&self, local: &[u8]) -> Vec<u8> {
        match &self.names {
            Names::Same => local.to_vec(),
            Names::All(_) => self.subject.to_vec(),
            Names::Renamed(rename) => rename.exported_name(local),
        }
    }
}

/// A service import in force.
#[derive(Debug)]
pub(crate) struct ServiceImport {
    plan: ServiceImportPlan,
    exporter: Arc<Account>,
}

impl ServiceImport {
    /// The account whose clients answer.
    pub fn exporter(&self) -> &Arc<Account> {
        &self.exporter
    }

    /// What is said about it.
    pub fn service(&self) -> &ServicePlan {
        &self.plan.service
    }

    /// Whether both are the same import.
    pub fn is_same(&self, other: &Self) -> bool {
        std::ptr::eq(self, other) || (Arc::ptr_eq(&self.exporter, &other.exporter) && self.plan == other.plan)
    }
}

/// Where the requests on one subject go.
#[derive(Debug, Clone)]
pub(crate) struct ServiceTarget {
    pub import: Arc<ServiceImport>,
    /// The subject there.
    pub subject: Box<[u8]>,
}

/// The service imports of one account.
#[derive(Debug)]
pub(crate) struct ServiceImports {
    imports: Vec<Arc<ServiceImport>>,
    /// By the subjects of the importing account.
    index: Sublist,
}

impl ServiceImports {
    /// `exporter`: the account of a name. `None`: there are no imports.
    pub fn new(plans: &[ServiceImportPlan], exporter: impl Fn(&str) -> Arc<Account>) -> Option<Self> {
        let mut index = Sublist::new(HashSeed::new(0));
        let mut imports = Vec::new();
        for plan in plans {
            let added = index.insert(plan.local(), None, imports.len() as u32);
            debug_assert!(added.is_ok(), "a plan has valid subjects");
            imports.push(Arc::new(ServiceImport {
                plan: plan.clone(),
                exporter: exporter(plan.account()),
            }));
        }
        (!imports.is_empty()).then_some(Self { imports, index })
    }

    /// The accounts that answer.
    pub fn exporters(&self) -> impl Iterator<Item = &Arc<Account>> {
        self.imports.iter().map(|import| &import.exporter)
    }

    /// The patterns of the subjects of the importing account.
    pub fn locals(&self) -> impl Iterator<Item = &[u8]> {
        self.imports.iter().map(|import| import.plan.local())
    }

    /// Whether the imports are those of the plans, from accounts that are still there.
    pub fn is_of(&self, plans: &[ServiceImportPlan], exporter: impl Fn(&str) -> Arc<Account>) -> bool {
        let is_same = |(import, plan): (&Arc<ServiceImport>, &ServiceImportPlan)| {
            import.plan == *plan && Arc::ptr_eq(&import.exporter, &exporter(plan.account()))
        };
        self.imports.len() == plans.len() && self.imports.iter().zip(plans).all(is_same)
    }

    /// Adds where a request on this subject goes, in the order of the plan.
    pub fn collect(&self, subject: &[u8], targets: &mut Vec<ServiceTarget>) {
        let mut found = Matches::new();
        self.index.matches(subject, &mut found);
        found.plain.sort_unstable();
        targets.extend(found.plain.iter().map(|&at| {
            let import = &self.imports[at as usize];
            ServiceTarget {
                import: import.clone(),
                subject: import.plan.exported_name(subject).into(),
            }
        }));
    }
}

/// What the system account answers in every account: questions about that account, and about who asks.
#[derive(Debug, Clone)]
pub(crate) struct SystemImports {
    importer: Arc<Account>,
    system: Arc<Account>,
}

/// What all subjects of these services start with.
const SYSTEM_REQUESTS: &[u8] = b"$SYS.REQ.";
const USER_INFO: &[u8] = b"$SYS.REQ.USER.INFO";

/// Whether the system account may answer requests on this subject in every account.
pub(crate) fn is_system_request(subject: &[u8]) -> bool {
    subject.starts_with(SYSTEM_REQUESTS)
}

impl SystemImports {
    /// Those of an account, where there is a system account.
    pub fn of(importer: &Arc<Account>, system: Option<&Arc<Account>>) -> Option<Self> {
        let (importer, system) = (importer.clone(), system?.clone());
        Some(Self { importer, system })
    }

    /// Adds the service of this subject, if there is one.
    pub fn collect(&self, subject: &[u8], targets: &mut Vec<ServiceTarget>) {
        if is_system_request(subject)
            && let Some((to, service)) = self.service_on(subject)
            && !targets
                .iter()
                .any(|known| Arc::ptr_eq(known.import.exporter(), &self.system))
        {
            targets.extend(self.target(subject, &to, service));
        }
    }

    fn target(&self, subject: &[u8], to: &str, service: ServicePlan) -> Option<ServiceTarget> {
        let local = std::str::from_utf8(subject).ok()?;
        let plan = ServiceImportPlan::new(&self.system.name, to, Some(local), service).ok()?;
        let import = ServiceImport {
            plan,
            exporter: self.system.clone(),
        };
        Some(ServiceTarget {
            import: Arc::new(import),
            subject: to.as_bytes().into(),
        })
    }

    /// The subject in the system account, and how it answers.
    fn service_on(&self, subject: &[u8]) -> Option<(String, ServicePlan)> {
        let account = &self.importer.name;
        let is_system = Arc::ptr_eq(&self.importer, &self.system);
        let stream = || ServicePlan {
            response: ResponseKind::Stream,
            ..ServicePlan::default()
        };
        match subject {
            USER_INFO => {
                let share = true;
                let service = ServicePlan {
                    share,
                    ..ServicePlan::default()
                };
                Some((format!("$SYS.REQ.USER.{account}.INFO"), service))
            }
            // The system account asks all servers about all accounts.
            _ if is_system => None,
            b"$SYS.REQ.ACCOUNT.PING.CONNZ" | b"$SYS.REQ.SERVER.PING.CONNZ" => {
                Some((format!("$SYS.REQ.ACCOUNT.{account}.CONNZ"), stream()))
            }
            b"$SYS.REQ.ACCOUNT.PING.STATZ" => Some((format!("$SYS.REQ.ACCOUNT.{account}.STATZ"), stream())),
            _ => None,
        }
    }
}

impl PartialEq for SystemImports {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.importer, &other.importer) && Arc::ptr_eq(&self.system, &other.system)
    }
}
