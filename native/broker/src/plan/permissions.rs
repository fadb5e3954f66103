//! What a user may publish and subscribe to, compiled from the plan.

use nt_subject::{InvalidPattern, PatternSet};
use std::time::Duration;

/// Answers that a responder may give although its publish permissions do not list the reply subjects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReplyAllowance {
    /// How many per request; negative: any number.
    pub max: i64,
    /// For how long; zero: for ever.
    pub expires: Duration,
}

/// The permissions of one user. Deny takes precedence over allow; no allow list allows everything, an empty one
/// nothing.
#[derive(Debug, Default)]
pub struct Permissions {
    publish_allow: Option<PatternSet>,
    publish_deny: PatternSet,
    subscribe_allow: Option<PatternSet>,
    subscribe_deny: PatternSet,
    /// The lists they were compiled from.
    lists: PermissionLists,
    /// See [`ReplyAllowance`].
    pub allow_responses: Option<ReplyAllowance>,
}

/// Lists as they are written in a plan.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct PermissionLists {
    pub publish_allow: Option<Vec<String>>,
    pub publish_deny: Vec<String>,
    pub subscribe_allow: Option<Vec<String>>,
    pub subscribe_deny: Vec<String>,
    pub allow_responses: Option<ReplyAllowance>,
}

impl Permissions {
    /// Compiles lists. `allow_responses` without a publish list means that only answers may be published.
    pub fn new(lists: PermissionLists) -> Result<Self, InvalidPattern> {
        let written = lists.clone();
        let set = |list: Option<Vec<String>>| list.map(PatternSet::new).transpose();
        let publish_allow = match (lists.publish_allow, lists.allow_responses) {
            (None, Some(_)) => Some(Vec::new()),
            (list, _) => list,
        };
        Ok(Self {
            publish_allow: set(publish_allow)?,
            publish_deny: PatternSet::new(lists.publish_deny)?,
            subscribe_allow: set(lists.subscribe_allow)?,
            subscribe_deny: PatternSet::new(lists.subscribe_deny)?,
            allow_responses: lists.allow_responses,
            lists: written,
        })
    }

    /// Whether the lists allow to publish on this literal subject.
    pub fn may_publish(&self, subject: &[u8]) -> bool {
        self.publish_allow
            .as_ref()
            .is_none_or(|set| set.matches_literal(subject))
            && !self.publish_deny.matches_literal(subject)
    }

    /// Whether the subscription may be made: its subject, read as if `*` and `>` were ordinary tokens, matches an
    /// allowed one and no denied one. It may match subjects that are not allowed or are denied: messages on those are
    /// not delivered, see [`Self::may_receive`].
    pub fn may_subscribe(&self, subject: &[u8], queue: Option<&[u8]>) -> bool {
        self.subscribe_allow
            .as_ref()
            .is_none_or(|set| set.allows(subject, queue))
            && !self.subscribe_deny.matches_literal_in_queue(subject, queue)
    }

    /// Whether a message on this literal subject may be delivered to a subscription that was allowed.
    pub fn may_receive(&self, subject: &[u8], queue: Option<&[u8]>) -> bool {
        self.subscribe_allow
            .as_ref()
            .is_none_or(|set| set.matches_literal_in_queue(subject, queue))
            && !self.subscribe_deny.matches_literal_in_queue(subject, queue)
    }
}

/// Whether they were compiled from the same lists.
impl PartialEq for Permissions {
    fn eq(&self, other: &Self) -> bool {
        self.lists == other.lists
    }
}
