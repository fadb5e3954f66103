//! The simulator, for development only: loops, brokers and clients in one thread; clock, network and order of events
//! come from a seed.
//!
//! It runs the production core: [`nt_broker::EventLoop`] with its order of a turn, and [`nt_broker::Brokers`]. Only
//! sockets, threads and clocks are replaced.
//!
//! - `world` owns the loops and the network, and decides which loop runs next. At each call that a loop makes to its
//!   sockets, other loops may take turns, as threads would.
//! - `io` implements the sockets of one loop and notes each call in the trace.
//! - `run` is one run: what the seed decides, random operations of the clients, reloads, the end.
//! - `model` is a simple and slow broker that says what each client must have received; `probes` checks reloads.
//! - `trace` is the hash of everything that happened. The same seed gives the same hash in every process.
//!
//! `isolation` and `store` are simulations of their own: of accounts, and of the store on a simulated disk.
//!
//! A run that fails panics; [`search`] catches that. To add a step, give it a share in `Run::step`; what must hold
//! afterwards belongs to `model`, or to a module beside `probes`.
#![forbid(unsafe_code)]

mod io;
mod isolation;
mod model;
mod probes;
mod run;
mod store;
mod trace;
mod world;

pub use isolation::isolation;
pub use nt_broker::simulation::Fault;
pub use nt_store::Fault as StoreFault;
pub use run::Report;
pub use store::{StoreReport, store, store_run};

use std::panic;

/// How seeds are run.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// The fault that is planted.
    pub fault: Option<Fault>,
    /// Whether every step of the trace is printed.
    pub print_trace: bool,
}

/// A seed whose run failed.
#[derive(Debug)]
pub struct Failure {
    /// The seed.
    pub seed: u64,
    /// Which check failed, and how.
    pub text: String,
}

/// Runs one seed to its end. Panics when a check fails.
pub fn run(seed: u64, options: Options) -> Report {
    run::run(seed, options)
}

/// Runs seed after seed, `count` of them beginning with `first`, until one fails.
pub fn search(first: u64, count: u64, options: Options) -> Option<Failure> {
    (first..first.saturating_add(count)).find_map(|seed| {
        let outcome = panic::catch_unwind(|| run(seed, options));
        outcome.err().map(|panic| Failure {
            seed,
            text: text_of(&*panic),
        })
    })
}

fn text_of(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
        .unwrap_or_else(|| "a panic without a text".to_owned())
}
