//! The plan of one broker, as the data plane executes it. Compiled by the control plane, which is not asked again.

use crate::plan::proxies::TrustedProxy;
use std::collections::BTreeMap;
use std::time::Duration;

/// The fields of INFO that are the same for all clients.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(missing_docs)] // the protocol's own field names
pub struct InfoConfig {
    pub server_id: String,
    pub server_name: String,
    pub version: String,
    pub go: String,
    pub git_commit: Option<String>,
    /// Advertised host and port, else the bound ones.
    pub host: String,
    pub port: u16,
    pub xkey: String,
    /// Labels and pairs: not in INFO, but in events that the server publishes.
    pub tags: Vec<String>,
    pub metadata: BTreeMap<String, String>,
    /// Feature flags: not in INFO, but in events that the server publishes.
    pub feature_flags: BTreeMap<String, bool>,
}

/// Limits and options of one broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// See [`InfoConfig`].
    pub info: InfoConfig,
    /// Whether clients may use headers.
    pub headers: bool,
    /// Largest message, headers included, bytes; `None`: any size.
    pub max_payload: Option<usize>,
    /// Longest control line argument, bytes.
    pub max_control_line: usize,
    /// Bytes that may wait for one connection before it is closed.
    pub max_pending: usize,
    /// The name of the account that the server itself uses; empty: there is none.
    pub system_account: String,
    /// Connections at once; negative: none.
    pub max_connections: i64,
    /// Closed connections that are kept for monitoring; 0: none.
    pub max_closed_clients: usize,
    /// Whether loops cache resolved subjects. A reload does not change it.
    pub result_cache: bool,
    /// Subscriptions of one connection; 0: any number.
    pub max_subscriptions: usize,
    /// Tokens of one subscription's subject; 0: any number.
    pub max_sub_tokens: usize,
    /// Time between PINGs.
    pub ping_interval: Duration,
    /// Unanswered PINGs before a connection is stale.
    pub ping_max: u32,
    /// Time one flush may take.
    pub write_deadline: Duration,
    /// Keep a connection whose flush made progress past its deadline.
    pub write_timeout_retry: bool,
    /// Drop for a full subscriber instead of pausing its publisher.
    pub no_fast_producer_stall: bool,
    /// Proxies whose signatures count.
    pub trusted_proxies: Vec<TrustedProxy>,
    /// Connections may begin with a header of a proxy with the client's address.
    pub proxy_protocol: bool,
    /// Log debug lines.
    pub log_debug: bool,
    /// Log protocol traces.
    pub log_trace: bool,
    /// Trace headers only, not payloads.
    pub trace_headers: bool,
    /// Longest payload part in a trace, bytes; 0: all.
    pub max_traced_msg_len: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            info: InfoConfig::default(),
            headers: true,
            max_payload: Some(1 << 20),
            max_control_line: 4096,
            max_pending: 64 << 20,
            system_account: String::new(),
            max_connections: 65_536,
            max_closed_clients: 10_000,
            result_cache: true,
            max_subscriptions: 0,
            max_sub_tokens: 0,
            ping_interval: Duration::from_secs(120),
            ping_max: 2,
            write_deadline: Duration::from_secs(10),
            write_timeout_retry: false,
            no_fast_producer_stall: false,
            trusted_proxies: Vec::new(),
            proxy_protocol: false,
            log_debug: false,
            log_trace: false,
            trace_headers: false,
            max_traced_msg_len: 0,
        }
    }
}

impl Config {
    /// Pending bytes of a subscriber above which its publishers pause for a moment: more would only make a queue longer
    /// that has left the cache.
    pub fn pause_threshold(&self) -> usize {
        self.stall_threshold().min(1 << 20)
    }

    /// Pending bytes above which publishers are stalled.
    pub fn stall_threshold(&self) -> usize {
        self.max_pending / 4 * 3
    }
}
