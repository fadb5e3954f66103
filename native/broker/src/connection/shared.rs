//! What others may see of a connection: counters its loop keeps and anyone reads.

use crate::connection::protocol::ConnectionKind;
use parking_lot::Mutex;
use std::net::SocketAddr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};

/// One connection, seen from outside its loop. Counters have one writer, so plain stores suffice.
#[derive(Debug)]
pub struct ConnShared {
    /// Unique within the broker, never reused.
    pub cid: u64,
    /// Who speaks over it.
    pub kind: ConnectionKind,
    /// Who is at the other end of the socket.
    pub peer: SocketAddr,
    /// The client, where that end is a proxy which said so.
    proxied: OnceLock<Box<SocketAddr>>,
    /// When it came, nanoseconds since the epoch.
    pub start_ns: u64,
    identity: Mutex<Option<Box<Identity>>>,
    /// What its first CONNECT adds to its name in the log.
    log_suffix: OnceLock<Box<str>>,
    /// Bytes in its output queue.
    pub out_pending: AtomicUsize,
    /// Bytes in parcels on their way to it; several writers.
    pub inbox_pending: AtomicUsize,
    /// Loops, by bit, where publishers wait for it to catch up.
    pub(crate) waited_for_by: AtomicU64,
    pub(crate) in_msgs: AtomicU64,
    pub(crate) in_bytes: AtomicU64,
    pub(crate) out_msgs: AtomicU64,
    pub(crate) out_bytes: AtomicU64,
    pub(crate) stalls: AtomicU32,
    pub(crate) subscriptions: AtomicU32,
    pub(crate) rtt_ns: AtomicU64,
    /// When it sent something last, nanoseconds since the epoch.
    pub(crate) last_activity_ns: AtomicU64,
}

/// What is kept of each text a client describes itself with, bytes. Each copy of it costs as much.
const TEXT_MAX: usize = 1024;

/// What CONNECT said.
#[derive(Debug, Clone, Default)]
pub(crate) struct Identity {
    pub name: String,
    pub lang: String,
    pub version: String,
    pub user: String,
    pub account: String,
}

/// A copy of everything, for monitoring and events.
#[derive(Debug, Clone)]
#[allow(missing_docs)] // named after the monitoring fields
pub struct ConnectionSnapshot {
    pub cid: u64,
    pub kind: ConnectionKind,
    pub peer: SocketAddr,
    pub start_ns: u64,
    pub last_activity_ns: u64,
    pub rtt_ns: u64,
    pub pending_bytes: usize,
    pub in_msgs: u64,
    pub in_bytes: u64,
    pub out_msgs: u64,
    pub out_bytes: u64,
    pub stalls: u32,
    pub subscriptions: u32,
    pub name: String,
    pub lang: String,
    pub version: String,
    pub user: String,
    pub account: String,
}

/// One subscription, for monitoring.
#[derive(Debug, Clone)]
#[allow(missing_docs)] // named after the monitoring fields
pub struct SubscriptionSnapshot {
    pub cid: u64,
    pub account: String,
    pub subject: String,
    pub queue: Option<String>,
    pub sid: String,
    pub msgs: u64,
    pub max: u64,
}

impl ConnShared {
    pub(crate) fn new(cid: u64, kind: ConnectionKind, peer: SocketAddr, start_ns: u64) -> Self {
        Self {
            cid,
            kind,
            peer,
            proxied: OnceLock::new(),
            start_ns,
            identity: Mutex::new(None),
            log_suffix: OnceLock::new(),
            out_pending: AtomicUsize::new(0),
            inbox_pending: AtomicUsize::new(0),
            waited_for_by: AtomicU64::new(0),
            in_msgs: AtomicU64::new(0),
            in_bytes: AtomicU64::new(0),
            out_msgs: AtomicU64::new(0),
            out_bytes: AtomicU64::new(0),
            stalls: AtomicU32::new(0),
            subscriptions: AtomicU32::new(0),
            rtt_ns: AtomicU64::new(0),
            last_activity_ns: AtomicU64::new(start_ns),
        }
    }

    /// Where the client is: as its proxy said, if one did.
    pub fn address(&self) -> SocketAddr {
        self.proxied.get().map_or(self.peer, |client| **client)
    }

    /// A proxy said who the client is.
    pub(crate) fn set_proxied(&self, client: SocketAddr) {
        let _ = self.proxied.set(Box::new(client));
    }

    /// Bytes waiting for this connection anywhere.
    pub fn pending(&self) -> usize {
        self.out_pending.load(Ordering::Relaxed) + self.inbox_pending.load(Ordering::Relaxed)
    }

    /// From now on log lines name it with this. Only the first time counts: names in a log do not change.
    pub(crate) fn set_log_suffix(&self, log_suffix: Option<String>) {
        if let Some(text) = log_suffix {
            let _ = self.log_suffix.set(text.into());
        }
    }

    /// `ip:port - cid:N`, with who it is once it said so: how log lines name it.
    pub(crate) fn label(&self) -> String {
        let log_suffix = self.log_suffix.get().map_or("", |text| text);
        format!("{} - {}:{}{log_suffix}", self.address(), self.kind.id_label(), self.cid)
    }

    /// ` - Account:A - user:U`: what rate-limited lines of an admitted client end with.
    pub(crate) fn account_suffix(&self) -> String {
        let account = match self.identity.lock().as_deref() {
            Some(identity) if !identity.account.is_empty() => identity.account.clone(),
            _ => return String::new(),
        };
        let label = self.log_suffix.get().map_or("", |text| text);
        let user = label.rsplit_once(&format!("\"{account}/")).map(|(_, user)| user);
        match user.and_then(|user| user.strip_suffix('"')) {
            Some(user) => format!(" - Account:{account} - {user}"),
            None => format!(" - Account:{account}"),
        }
    }

    pub(crate) fn set_identity(&self, mut identity: Identity) {
        let Identity {
            name,
            lang,
            version,
            user,
            ..
        } = &mut identity;
        for text in [name, lang, version, user] {
            cut(text);
        }
        *self.identity.lock() = Some(Box::new(identity));
    }

    /// It counts as another user, maybe of another account, from now on, with everything else it said of itself.
    pub(crate) fn set_user(&self, mut user: String, account: &str) {
        cut(&mut user);
        if let Some(identity) = self.identity.lock().as_deref_mut() {
            identity.user = user;
            account.clone_into(&mut identity.account);
        }
    }

    /// Whether it was admitted as this user.
    pub(crate) fn has_user(&self, user: &str) -> bool {
        self.identity.lock().as_deref().is_some_and(|i| i.user == user)
    }

    /// What the client calls itself, if anything.
    pub(crate) fn name(&self) -> String {
        self.identity
            .lock()
            .as_deref()
            .map(|i| i.name.clone())
            .unwrap_or_default()
    }

    /// Everything at this moment.
    pub fn snapshot(&self) -> ConnectionSnapshot {
        let identity = self.identity.lock().as_deref().cloned().unwrap_or_default();
        ConnectionSnapshot {
            cid: self.cid,
            kind: self.kind,
            peer: self.address(),
            start_ns: self.start_ns,
            last_activity_ns: self.last_activity_ns.load(Ordering::Relaxed),
            rtt_ns: self.rtt_ns.load(Ordering::Relaxed),
            pending_bytes: self.pending(),
            in_msgs: self.in_msgs.load(Ordering::Relaxed),
            in_bytes: self.in_bytes.load(Ordering::Relaxed),
            out_msgs: self.out_msgs.load(Ordering::Relaxed),
            out_bytes: self.out_bytes.load(Ordering::Relaxed),
            stalls: self.stalls.load(Ordering::Relaxed),
            subscriptions: self.subscriptions.load(Ordering::Relaxed),
            name: identity.name,
            lang: identity.lang,
            version: identity.version,
            user: identity.user,
            account: identity.account,
        }
    }
}

/// Shortens a text to [`TEXT_MAX`], at the end of a character.
pub(crate) fn cut(text: &mut String) {
    if text.len() > TEXT_MAX {
        let end = (0..=TEXT_MAX).rfind(|&at| text.is_char_boundary(at));
        text.truncate(end.unwrap_or(0));
        text.shrink_to_fit();
    }
}
