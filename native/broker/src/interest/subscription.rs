//! One subscription: its subject, its name, and how many messages it may have.
//!
//! A subscription that other accounts have copies of (`imports`), and each copy, is linked: they count together.

use crate::imports::StreamImportPlan;
use crate::interest::account::Account;
use nt_subject::NodeId;
use std::borrow::Cow;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};

/// One subscription of one member.
#[derive(Debug)]
pub(crate) struct Subscription {
    member: u32,
    pub(super) node: NodeId,
    sid: Box<[u8]>,
    queue: Option<Box<[u8]>>,
    /// Deliveries since SUB. Loops add to it before they release the lock, so under the write lock it is exact.
    delivered: AtomicU64,
    /// Deliveries it is limited to; 0: none.
    max: u64,
    link: Option<Box<Link>>,
}

/// What a subscription has in common with its copies in other accounts, or a copy with its original.
#[derive(Debug, Clone)]
pub(crate) struct Link {
    /// Deliveries of all of them.
    delivered: Arc<AtomicU64>,
    /// Of a copy.
    copy: Option<CopyOf>,
}

#[derive(Debug, Clone)]
struct CopyOf {
    /// What it was made for.
    import: Arc<StreamImportPlan>,
    original: Original,
}

/// Where the original of a copy is.
#[derive(Debug, Clone)]
pub(crate) struct Original {
    /// Its account. An account that is gone has no subscriptions.
    pub account: Weak<Account>,
    /// Its id there.
    pub id: u32,
}

impl Link {
    /// The link of an original that had so many deliveries.
    pub(super) fn new(delivered: u64) -> Self {
        Self {
            delivered: Arc::new(delivered.into()),
            copy: None,
        }
    }

    /// The link of a copy.
    pub fn of_copy(&self, import: Arc<StreamImportPlan>, original: Original) -> Self {
        Self {
            delivered: self.delivered.clone(),
            copy: Some(CopyOf { import, original }),
        }
    }

    fn joins(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.delivered, &other.delivered)
    }
}

impl Subscription {
    pub(super) fn new(member: u32, node: NodeId, queue: Option<&[u8]>, sid: &[u8], link: Option<Link>) -> Self {
        Self {
            member,
            node,
            sid: sid.into(),
            queue: queue.map(Into::into),
            delivered: AtomicU64::new(0),
            max: 0,
            link: link.map(Box::new),
        }
    }

    /// Its member in the interest.
    #[inline]
    pub fn member(&self) -> u32 {
        self.member
    }

    /// The client's name for it.
    #[inline]
    pub fn sid(&self) -> &[u8] {
        &self.sid
    }

    /// The same, when the subscription has ended.
    pub fn into_sid(self) -> Box<[u8]> {
        self.sid
    }

    pub fn queue(&self) -> Option<&[u8]> {
        self.queue.as_deref()
    }

    /// Deliveries it is limited to; 0: none.
    #[inline]
    pub fn max(&self) -> u64 {
        self.max
    }

    pub(super) fn set_max(&mut self, max: u64) {
        self.max = max;
    }

    /// Deliveries since SUB, of its copies or its original, too.
    pub fn delivered(&self) -> u64 {
        self.counter().load(Ordering::Relaxed)
    }

    #[inline]
    fn counter(&self) -> &AtomicU64 {
        self.link.as_ref().map_or(&self.delivered, |link| &link.delivered)
    }

    /// What it has in common with its copies, or with its original.
    pub fn link(&self) -> Option<&Link> {
        self.link.as_deref()
    }

    /// The same, for one that is to have copies.
    pub(super) fn make_link(&mut self) -> Link {
        let delivered = self.delivered();
        let link = self.link.get_or_insert_with(|| Box::new(Link::new(delivered)));
        Link::clone(link)
    }

    /// Whether it is linked by this link.
    pub fn is_linked_by(&self, link: &Link) -> bool {
        self.link().is_some_and(|own| own.joins(link))
    }

    /// Where its original is, if it is a copy.
    pub fn original(&self) -> Option<&Original> {
        self.copy_of().map(|copy| &copy.original)
    }

    /// The import it was made for, if it is a copy.
    pub fn import(&self) -> Option<&StreamImportPlan> {
        self.copy_of().map(|copy| &*copy.import)
    }

    fn copy_of(&self) -> Option<&CopyOf> {
        self.link.as_ref()?.copy.as_ref()
    }

    /// What its client calls a subject of this account.
    pub fn name_of<'a>(&self, subject: &'a [u8]) -> Cow<'a, [u8]> {
        match self.copy_of() {
            Some(copy) => copy.import.local_name(subject),
            None => Cow::Borrowed(subject),
        }
    }

    /// Whether it got the last message it may have.
    pub fn is_exhausted(&self) -> bool {
        self.max > 0 && self.delivered() >= self.max
    }

    /// Counts deliveries that needed no reservation.
    #[inline]
    pub fn count_deliveries(&self, count: u64) {
        self.counter().fetch_add(count, Ordering::Relaxed);
    }

    /// Takes one delivery of a limited subscription; publishers of all loops draw from the same number. Returns the
    /// number of the delivery, [`Self::max`] for the last one; `None`: none is left.
    #[inline]
    pub fn reserve(&self) -> Option<u64> {
        debug_assert!(self.max > 0, "only limited subscriptions need a reservation");
        let counter = self.counter();
        let before = counter.fetch_add(1, Ordering::Relaxed);
        if before >= self.max {
            counter.fetch_sub(1, Ordering::Relaxed);
            return None;
        }
        Some(before + 1)
    }
}
