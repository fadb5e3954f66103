//! What any thread may read of a connection: who is at its other end, its counters and its backlog.
//!
//! Owns what only a connection has: addresses, identity, round-trip time. Its backlog and its traffic are types of
//! their own, since not only connections have them.

use crate::connection::protocol::ConnectionKind;
use crate::connection::traffic::SharedTraffic;
use crate::delivery::backlog::Backlog;
use parking_lot::Mutex;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

/// One connection, seen from outside its loop. Its loop is the only writer of its numbers, so plain stores suffice.
#[derive(Debug)]
pub struct ConnShared {
    /// Unique within the broker, never reused.
    pub cid: u64,
    /// What is at the other end.
    pub kind: ConnectionKind,
    /// The address of the other end of the socket.
    pub peer: SocketAddr,
    /// The client's address, where that end is a proxy which reported it.
    proxied: OnceLock<Box<SocketAddr>>,
    /// When it was accepted, nanoseconds since the epoch.
    pub start_ns: u64,
    identity: Mutex<Option<Box<Identity>>>,
    /// What its first CONNECT adds to its name in the log.
    log_suffix: OnceLock<Box<str>>,
    backlog: Arc<Backlog>,
    traffic: SharedTraffic,
    subscriptions: AtomicU32,
    rtt_ns: AtomicU64,
    /// When it sent something last, nanoseconds since the epoch.
    last_activity_ns: AtomicU64,
    /// Whether it may be sent INFO at any time.
    reads_info: AtomicBool,
}

/// What is kept of each text a client describes itself with, bytes. Each copy of it costs as much.
const TEXT_MAX: usize = 1024;

/// How the client described itself in CONNECT, and its account.
#[derive(Debug, Clone, Default)]
pub(crate) struct Identity {
    /// The public key of the proxy it came through; empty: it did not.
    pub proxy: String,
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
    pub proxy: String,
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
            backlog: Arc::default(),
            traffic: SharedTraffic::default(),
            subscriptions: AtomicU32::new(0),
            rtt_ns: AtomicU64::new(0),
            last_activity_ns: AtomicU64::new(start_ns),
            reads_info: AtomicBool::new(false),
        }
    }

    /// The client's address: the one its proxy reported, if one did.
    pub fn address(&self) -> SocketAddr {
        self.proxied.get().map_or(self.peer, |client| **client)
    }

    /// A proxy reported the client's address.
    pub(crate) fn set_proxied(&self, client: SocketAddr) {
        let _ = self.proxied.set(Box::new(client));
    }

    /// What waits for it.
    #[inline]
    pub(crate) fn backlog(&self) -> &Arc<Backlog> {
        &self.backlog
    }

    /// Bytes that wait for it anywhere.
    pub fn pending(&self) -> usize {
        self.backlog.bytes()
    }

    /// What it sent and got.
    #[inline]
    pub(crate) fn traffic(&self) -> &SharedTraffic {
        &self.traffic
    }

    pub(crate) fn subscriptions(&self) -> u32 {
        self.subscriptions.load(Ordering::Relaxed)
    }

    pub(crate) fn set_subscriptions(&self, count: u32) {
        self.subscriptions.store(count, Ordering::Relaxed);
    }

    /// The round-trip time; 0: not known.
    pub(crate) fn rtt_ns(&self) -> u64 {
        self.rtt_ns.load(Ordering::Relaxed)
    }

    pub(crate) fn set_rtt_ns(&self, rtt_ns: u64) {
        self.rtt_ns.store(rtt_ns, Ordering::Relaxed);
    }

    /// Whether it may be sent INFO at any time.
    pub(crate) fn reads_info(&self) -> bool {
        self.reads_info.load(Ordering::Relaxed)
    }

    pub(crate) fn set_reads_info(&self, reads_info: bool) {
        self.reads_info.store(reads_info, Ordering::Relaxed);
    }

    /// When it sent something last, nanoseconds since the epoch.
    pub(crate) fn last_activity_ns(&self) -> u64 {
        self.last_activity_ns.load(Ordering::Relaxed)
    }

    #[inline]
    pub(crate) fn set_last_activity_ns(&self, wall_ns: u64) {
        self.last_activity_ns.store(wall_ns, Ordering::Relaxed);
    }

    /// Sets what log lines add to its name. Only the first call has an effect: names in a log do not change.
    pub(crate) fn set_log_suffix(&self, log_suffix: Option<String>) {
        if let Some(text) = log_suffix {
            let _ = self.log_suffix.set(text.into());
        }
    }

    /// `ip:port - cid:N`, with client and user once they are known: how log lines name it.
    pub(crate) fn label(&self) -> String {
        let log_suffix = self.log_suffix.get().map_or("", |text| text);
        format!("{} - {}:{}{log_suffix}", self.address(), self.kind.id_label(), self.cid)
    }

    /// ` - Account:A - user:U`: the end of rate-limited log lines about an admitted client.
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

    /// It is another user from now on, maybe of another account. Everything else it said of itself stays.
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

    /// The client's name for itself; empty: none.
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
        let traffic = self.traffic.load();
        ConnectionSnapshot {
            cid: self.cid,
            kind: self.kind,
            peer: self.address(),
            start_ns: self.start_ns,
            last_activity_ns: self.last_activity_ns(),
            rtt_ns: self.rtt_ns(),
            pending_bytes: self.pending(),
            in_msgs: traffic.in_msgs,
            in_bytes: traffic.in_bytes,
            out_msgs: traffic.out_msgs,
            out_bytes: traffic.out_bytes,
            stalls: self.backlog.stalls(),
            subscriptions: self.subscriptions(),
            name: identity.name,
            lang: identity.lang,
            version: identity.version,
            user: identity.user,
            account: identity.account,
            proxy: identity.proxy,
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
