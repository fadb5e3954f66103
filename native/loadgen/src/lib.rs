//! The load generator of `nats-bench`: clients of a NATS server that use less CPU than the server and check what they
//! receive.
//!
//! A [`Load`] is created from a plan (JSON, `src/native/load-contract.ts`), run on as many threads of the caller as the
//! plan names, and ends with a report. JavaScript is never called per message.
//!
//! - `plan`, `report`: input and output. `load`: the interface of a run.
//! - `event_loop`, `coordinator`, `shared`, `local`: threads, phases, counters.
//! - `connection`, `transport`, `tls`, `hello`, `nkey`: connecting and the handshake.
//! - `roles`: what a client does when it is connected. `delivery`: sequence numbers of a consumer.
//! - `sender`, `pacer`, `pool`, `message`, `frames`: sending and receiving.
//! - `stamp`, `ledger`, `histogram`, `stats`: what is checked and measured.
//!
//! It never creates or deletes streams or consumers and prints nothing; the command does that.
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
