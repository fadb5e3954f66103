//! The load under `nats-bench`: clients of a NATS server that cost less than the server does, and check what they get.
//!
//! A [`Load`] is made from a plan (JSON, `src/native/load-contract.ts`), run by as many lent threads as it names, and
//! ends in a report. Nothing crosses per message.
//!
//! - `plan`, `report`: what goes in and comes out. `load`: the run as its owner sees it.
//! - `event_loop`, `coordinator`, `shared`, `local`: threads, phases, counters.
//! - `connection`, `transport`, `tls`, `hello`, `nkey`: the way to an open connection.
//! - `roles`: what a client does then; `delivery`: what a consumer tells. `sender`, `pacer`, `pool`, `message`, `frames`: sending and receiving.
//! - `stamp`, `ledger`, `histogram`, `stats`: what is checked and measured.
//!
//! It never manages streams or consumers and prints nothing: that is the business of the command on top.
#![forbid(unsafe_code)]

mod clock;
mod connection;
mod coordinator;
mod delivery;
mod error;
mod event_loop;
mod frames;
mod hello;
mod histogram;
mod ledger;
mod load;
mod local;
mod message;
mod nkey;
mod pacer;
mod plan;
mod pool;
mod process;
mod report;
mod roles;
mod sender;
mod shared;
mod stamp;
mod stats;
mod timer;
mod tls;
mod transport;

pub use error::LoadError;
pub use load::Load;
pub use report::{
    ClientReport, ErrorReport, HistogramReport, LedgerReport, ProcessCost, Progress, Report, TimelinePoint,
};
