//! Reloads, and whether all loops apply them.
//!
//! Plan number k forbids to publish on `probe.k.*` and nothing else. Once the end of its reload was reported, a message on
//! these subjects is refused on every loop, and one on those of the plan before is not. What is sent during a reload may
//! follow either plan.

use crate::model::{Outcome, PROBES, is_refused};
use nt_broker::{Account, Auth, Authenticator, Config, ConnectionTypes, PermissionLists, Permissions, Plan, User};
use std::sync::Arc;
use std::time::Duration;

struct Probe {
    client: usize,
    /// Of the action in the client's script.
    index: usize,
    subject: String,
    /// Whether it must be refused; `None` if both is allowed.
    refused: Option<bool>,
}

/// The reloads of one broker, and what was published to see their effect.
#[derive(Default)]
pub(crate) struct Probes {
    number: u64,
    /// The reload that is under way, as the broker numbers it.
    pub under_way: Option<u64>,
    sent: Vec<Probe>,
}

impl Probes {
    /// The plan in force.
    pub fn plan(&self) -> Plan {
        let permissions = Permissions::new(PermissionLists {
            publish_deny: vec![format!("{PROBES}{}.*", self.number)],
            ..PermissionLists::default()
        });
        let user = Arc::new(User {
            name: "anybody".to_owned(),
            credential: "".into(),
            account: Account::GLOBAL.to_owned(),
            permissions: Some(Arc::new(permissions.expect("a pattern"))),
            connections: ConnectionTypes::ALL,
            proxy_required: false,
        });
        let auth = Auth {
            authenticator: Authenticator::Credentials,
            token: None,
            no_auth_user: Some(user.name.clone()),
            anonymous: false,
            proxy_required: false,
            users: [user].into_iter().collect(),
            failed_login_delay: Duration::ZERO,
            timeout: Duration::from_secs(3600),
        };
        Plan::new(Config::default(), Some(auth), Vec::new()).expect("a plan")
    }

    /// Makes the next plan. `handled`: how much of each client's script had its effect.
    pub fn begin(&mut self, handled: impl Fn(usize) -> usize) -> Plan {
        self.number += 1;
        for probe in &mut self.sent {
            if probe.index >= handled(probe.client) {
                probe.refused = None;
            }
        }
        self.plan()
    }

    /// The subject of the next probe: it shows which plan applies to its publisher.
    pub fn next(&mut self, client: usize, index: usize, of_old_plan: bool) -> String {
        let plan = self.number.saturating_sub(u64::from(of_old_plan));
        let subject = format!("{PROBES}{plan}.{}", self.sent.len());
        let refused = self.under_way.is_none().then_some(plan == self.number);
        self.sent.push(Probe {
            client,
            index,
            subject: subject.clone(),
            refused,
        });
        subject
    }

    /// Panics if a probe was judged by the wrong plan.
    pub fn check(&self, outcomes: &[Outcome]) {
        for probe in &self.sent {
            let outcome = &outcomes[probe.client];
            let Some(expected) = probe.refused.filter(|_| !outcome.closed) else {
                continue;
            };
            assert_eq!(
                is_refused(outcome, &probe.subject),
                expected,
                "client {}: {} was judged by another plan than the one in force",
                probe.client,
                probe.subject
            );
        }
    }
}
