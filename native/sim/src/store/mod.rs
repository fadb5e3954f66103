//! The store's log layer on a simulated disk, from a seed: what was acknowledged is there after any crash and any damage,
//! or reported lost.
//!
//! - `run` is one run: lives of a process, crashes and damage between them, recovery that may be interrupted.
//! - `life` is one of these lives: it owns the logs, and decides which job makes its next call.
//! - `disk` loses, tears and reorders what was not synced, and fails; `damage` changes files at rest.
//! - `model` is a vector for each stream; `entries` makes what is appended, and recognises it.
//!
//! Never looks into the store, but for the codecs: with them `damage` finds out what is left of a log.

mod damage;
mod disk;
mod entries;
mod life;
mod model;
mod run;
mod trace;

pub use run::StoreReport;

use crate::Failure;
use nt_store::Fault;
use std::panic;

/// Runs one seed of the store to its end.
pub fn store_run(seed: u64, fault: Option<Fault>, print_trace: bool) -> Result<StoreReport, Failure> {
    let outcome = panic::catch_unwind(|| run::run(seed, fault, print_trace));
    outcome.unwrap_or_else(|panic| {
        let text = crate::text_of(&*panic);
        Err(Failure { seed, text })
    })
}

/// Runs the seeds of the store, `count` of them beginning with `first`, until one fails.
pub fn store(first: u64, count: u64, fault: Option<Fault>) -> Option<Failure> {
    (first..first.saturating_add(count)).find_map(|seed| store_run(seed, fault, false).err())
}
