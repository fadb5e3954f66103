//! Lists of subscriptions for monitoring, page by page.
//!
//! The account's interest is locked for one page at a time, so a list of a million subscriptions delays no message.
//! A subscription that exists all the while is listed once; one that is added or removed meanwhile may be in it or not.

use crate::connection::shared::SubscriptionSnapshot;
use crate::interest::account::Account;
use crate::interest::{Interest, Subscription};
use crate::state::BrokerState;
use std::sync::Arc;

/// Ids looked up under one lock.
const PAGE: usize = 1024;

/// The subscriptions of one connection, or of the whole account; each item is a page, which may be empty.
pub(crate) struct SubscriptionPages {
    account: Arc<Account>,
    cid: Option<u64>,
    /// The next id. A subscription keeps its id, so those below are done.
    next: usize,
}

impl SubscriptionPages {
    pub fn new(account: Arc<Account>, cid: Option<u64>) -> Self {
        Self { account, cid, next: 0 }
    }

    /// Calls `visit` with each subscription of the next page; `None`: there is no page.
    pub fn visit_page(&mut self, mut visit: impl FnMut(&Interest, &Subscription)) -> Option<()> {
        let interest = self.account.interest().read();
        if self.next >= interest.id_bound() {
            return None;
        }
        let ids = self.next..self.next + PAGE;
        self.next = ids.end;
        for sub in ids.filter_map(|id| interest.find(id as u32)) {
            let member = interest.member_of(sub);
            if !member.is_removed() && self.cid.is_none_or(|cid| cid == member.destination().cid()) {
                visit(&interest, sub);
            }
        }
        Some(())
    }
}

impl Iterator for SubscriptionPages {
    type Item = Vec<SubscriptionSnapshot>;

    fn next(&mut self) -> Option<Self::Item> {
        let account = self.account.clone();
        let mut page = Vec::new();
        self.visit_page(|interest, sub| page.push(snapshot(interest, sub, &account.name)))?;
        Some(page)
    }
}

impl BrokerState {
    /// Subscriptions of one connection, or of all. Messages flow meanwhile.
    pub fn subscriptions(&self, cid: Option<u64>) -> Vec<SubscriptionSnapshot> {
        let accounts = match cid {
            Some(cid) => self.directory().account_of(cid).into_iter().collect(),
            None => self.accounts(),
        };
        let of_account = |account| SubscriptionPages::new(account, cid).flatten();
        accounts.into_iter().flat_map(of_account).collect()
    }
}

/// One subscription at this moment.
pub(crate) fn snapshot(interest: &Interest, sub: &Subscription, account: &str) -> SubscriptionSnapshot {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    SubscriptionSnapshot {
        cid: interest.member_of(sub).destination().cid(),
        account: account.to_owned(),
        subject: text(&interest.subject_of(sub)),
        queue: sub.queue().map(text),
        sid: text(sub.sid()),
        msgs: sub.delivered(),
        max: sub.max(),
    }
}
