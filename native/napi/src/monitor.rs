//! The exports that monitoring uses: connections and subscriptions in pages, and the lengths of the queues.
#![allow(missing_docs)]

use crate::snapshot::{ConnectionInfo, SubscriptionInfo};
use crate::{Result, no_broker, runtime};
use napi::bindgen_prelude::Float64Array;
use napi_derive::napi;
use nt_broker::{ConnectionOrder, ConnectionQuery as Query, InterestStats as Stats, SubscriptionQuery as SubsQuery};

/// See `ConnectionQuery`.
#[napi(object)]
pub struct ConnectionQuery {
    pub order: String,
    pub account: Option<String>,
    pub user: Option<String>,
    pub limit: f64,
    pub now_ms: f64,
}

/// See `FoundConnections`.
#[napi(object)]
pub struct FoundConnections {
    pub total: f64,
    pub matching: f64,
    pub cids: Float64Array,
    pub keys: Float64Array,
}

/// See `NativeAddon.findConnections`.
#[napi]
pub fn find_connections(handle: u32, broker: u32, query: ConnectionQuery) -> Result<FoundConnections> {
    let state = runtime(handle)?.state(broker).ok_or_else(|| no_broker(broker))?;
    let found = state.find_connections(&Query {
        order: order(&query.order),
        account: query.account.as_deref(),
        user: query.user.as_deref(),
        // Saturates; NaN becomes 0.
        limit: query.limit as usize,
        now_ns: (query.now_ms.max(0.0) * 1e6) as u64,
    });
    Ok(FoundConnections {
        total: found.total as f64,
        matching: found.matching as f64,
        cids: Float64Array::new(found.cids.into_iter().map(|cid| cid as f64).collect()),
        keys: Float64Array::new(found.keys),
    })
}

fn order(name: &str) -> ConnectionOrder {
    match name {
        "subs" => ConnectionOrder::Subscriptions,
        "pending" => ConnectionOrder::Pending,
        "msgs_to" => ConnectionOrder::OutMsgs,
        "msgs_from" => ConnectionOrder::InMsgs,
        "bytes_to" => ConnectionOrder::OutBytes,
        "bytes_from" => ConnectionOrder::InBytes,
        "last" => ConnectionOrder::LastActivity,
        "idle" => ConnectionOrder::Idle,
        "uptime" => ConnectionOrder::Uptime,
        "rtt" => ConnectionOrder::Rtt,
        _ => ConnectionOrder::Cid,
    }
}

/// See `NativeAddon.describeConnections`.
#[napi]
pub fn describe_connections(handle: u32, broker: u32, cids: Float64Array) -> Result<Vec<ConnectionInfo>> {
    let state = runtime(handle)?.state(broker).ok_or_else(|| no_broker(broker))?;
    let cids: Vec<u64> = cids.iter().map(|&cid| cid as u64).collect();
    Ok(state
        .describe_connections(&cids)
        .into_iter()
        .map(ConnectionInfo::from)
        .collect())
}

/// See `SubscriptionQuery`.
#[napi(object)]
pub struct SubscriptionQuery {
    pub account: Option<String>,
    pub cids: Option<Float64Array>,
    pub subject: Option<String>,
    pub offset: f64,
    pub limit: f64,
}

/// See `FoundSubscriptions`.
#[napi(object)]
pub struct FoundSubscriptions {
    pub matching: f64,
    pub list: Vec<SubscriptionInfo>,
}

/// See `NativeAddon.findSubscriptions`.
#[napi]
pub fn find_subscriptions(handle: u32, broker: u32, query: SubscriptionQuery) -> Result<FoundSubscriptions> {
    let state = runtime(handle)?.state(broker).ok_or_else(|| no_broker(broker))?;
    let found = state.find_subscriptions(&SubsQuery {
        account: query.account.as_deref(),
        cids: query.cids.map(|cids| cids.iter().map(|&cid| cid as u64).collect()),
        subject: query.subject.as_deref(),
        offset: query.offset as usize,
        limit: query.limit as usize,
    });
    Ok(FoundSubscriptions {
        matching: found.matching as f64,
        list: found.list.into_iter().map(SubscriptionInfo::from).collect(),
    })
}

/// See `QueueInfo`.
#[napi(object)]
pub struct QueueInfo {
    pub name: String,
    pub pending: f64,
}

/// See `NativeAddon.queues`.
#[napi]
pub fn queues(handle: u32) -> Result<Vec<QueueInfo>> {
    let queues = runtime(handle)?.queues();
    Ok(queues
        .into_iter()
        .map(|(name, pending)| QueueInfo {
            name,
            pending: pending as f64,
        })
        .collect())
}

/// See `InterestStats`.
#[napi(object)]
pub struct InterestStats {
    pub inserts: f64,
    pub removes: f64,
    pub matches: f64,
    pub cache_hits: f64,
    pub cached: f64,
    pub fanout: f64,
    pub fanout_max: f64,
}

impl From<Stats> for InterestStats {
    fn from(s: Stats) -> Self {
        Self {
            inserts: s.inserts as f64,
            removes: s.removes as f64,
            matches: s.matches as f64,
            cache_hits: s.cache_hits as f64,
            cached: s.cached as f64,
            fanout: s.fanout as f64,
            fanout_max: s.fanout_max as f64,
        }
    }
}

/// See `OpenTotals`.
#[napi(object)]
pub struct OpenTotals {
    pub pending_bytes: f64,
    pub subscriptions: f64,
    pub in_msgs: f64,
    pub in_bytes: f64,
    pub out_msgs: f64,
    pub out_bytes: f64,
}

impl From<nt_broker::OpenTotals> for OpenTotals {
    fn from(t: nt_broker::OpenTotals) -> Self {
        Self {
            pending_bytes: t.pending_bytes as f64,
            subscriptions: t.subscriptions as f64,
            in_msgs: t.in_msgs as f64,
            in_bytes: t.in_bytes as f64,
            out_msgs: t.out_msgs as f64,
            out_bytes: t.out_bytes as f64,
        }
    }
}
