//! Isolation of accounts as a property: random configurations, clients and reloads; every frame that a client gets is
//! compared with what a naive model demands and allows.
//!
//! - `setup` is a configuration: for the model, as a plan of the core, and as text for nats-server.
//! - `script` is a case: configurations and steps; `generate` makes one from a seed.
//! - `driver` is the core under test; everything comes to rest after each step.
//! - `model` and `judge` say who must get what, and that nothing else arrives anywhere; `frames` takes it out of what
//!   clients got, `message` compares one message, `names` renames subjects and reads permissions. None of them uses code
//!   of the core.
//! - `run` runs a case, `shrink` makes one that fails smaller.
//!
//! Never looks into the core: it sees what clients see.

mod driver;
mod frames;
mod generate;
mod judge;
mod message;
mod model;
mod names;
mod run;
mod script;
mod setup;
mod shrink;

use crate::Failure;
use nt_broker::simulation::Fault;
use std::panic;

/// Runs the cases of `count` seeds, beginning with `first`, until one fails. That one is made as small as possible.
pub fn isolation(first: u64, count: u64, fault: Option<Fault>) -> Option<Failure> {
    (first..first.saturating_add(count)).find_map(|seed| fails(seed, fault))
}

fn fails(seed: u64, fault: Option<Fault>) -> Option<Failure> {
    let case = generate::case(seed);
    let outcome = panic::catch_unwind(|| run::run(&case, seed, fault).is_err());
    let text = match outcome {
        Ok(false) => return None,
        Ok(true) => {
            let (case, failed) = shrink::shrink(case, seed, fault);
            format!("{}\n{}", failed.why, case.text(&failed.said))
        }
        Err(panic) => format!("{}\n{}", crate::text_of(&*panic), case.text(&[])),
    };
    Some(Failure { seed, text })
}
