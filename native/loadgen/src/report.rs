//! Progress and result: `LoadProgress` and `LoadReport` of the contract, as types that are serialized to JSON.

use serde::Serialize;

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct Progress {
    pub phase: &'static str,
    pub connected: u64,
    pub published: u64,
    pub delivered: u64,
    pub target: u64,
    pub elapsed_ms: f64,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct HistogramReport {
    pub count: u64,
    pub min_ns: u64,
    pub max_ns: u64,
    pub mean_ns: f64,
    pub counts: Vec<(u64, u64)>,
}

impl HistogramReport {
    /// The report of an empty histogram.
    pub fn empty() -> Self {
        Self {
            count: 0,
            min_ns: 0,
            max_ns: 0,
            mean_ns: 0.0,
            counts: Vec::new(),
        }
    }
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct ClientReport {
    pub name: String,
    pub role: &'static str,
    /// The index of the client in the plan.
    pub client: usize,
    /// The number of the connection within that client.
    pub connection: usize,
    pub published: u64,
    pub delivered: u64,
    pub seconds: f64,
    pub send_seconds: f64,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct LedgerReport {
    pub name: String,
    pub expected: u64,
    pub received: u64,
    pub lost: u64,
    pub duplicated: u64,
    pub reordered: u64,
    pub foreign: u64,
}

#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs)]
pub struct ErrorReport {
    pub text: String,
    pub count: u64,
}

#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct TimelinePoint {
    pub at_ms: f64,
    pub published: u64,
    pub delivered: u64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct ProcessCost {
    pub cpu_seconds: f64,
    pub user_seconds: f64,
    pub system_seconds: f64,
    pub peak_rss_bytes: u64,
    pub rss_bytes: u64,
    pub voluntary_switches: u64,
    pub involuntary_switches: u64,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct Report {
    pub seconds: f64,
    pub send_seconds: f64,
    pub published: u64,
    pub delivered: u64,
    pub published_bytes: u64,
    pub delivered_bytes: u64,
    pub clients: Vec<ClientReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latency: Option<HistogramReport>,
    /// One entry for each client of the plan.
    pub client_latencies: Vec<Option<HistogramReport>>,
    pub connects: HistogramReport,
    pub connect_seconds: f64,
    pub warmed: u64,
    pub ledgers: Vec<LedgerReport>,
    pub errors: Vec<ErrorReport>,
    pub slow_consumers: u64,
    pub timeline: Vec<TimelinePoint>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub process: Option<ProcessCost>,
    pub generator_cpu_seconds: f64,
    pub not_measured: Vec<&'static str>,
    pub stopped: bool,
}
