//! Nothing that was acknowledged disappears from the store unnoticed, a run is the same in every process, and planted
//! faults are found.

use nt_sim::{StoreFault, store, store_run};
use std::process::Command;

/// How far a search for a planted fault may go.
const SEARCH_MAX: u64 = 3000;

#[test]
fn no_seed_fails() {
    let failure = store(0, 1500, None);
    assert!(failure.is_none(), "{failure:?}");
}

#[test]
fn a_run_is_the_same_in_every_process() {
    for seed in 0..5 {
        let mut command = Command::new(env!("CARGO_BIN_EXE_nt-sim"));
        let output = command
            .args(["store-seed", &seed.to_string()])
            .output()
            .expect("it runs");
        let printed = String::from_utf8(output.stdout).expect("text");
        let hash = format!("{:016x}", store_run(seed, None, false).expect("no failure").hash);
        assert!(printed.contains(&hash), "{printed} here: {hash}");
    }
}

fn is_found(fault: StoreFault) {
    let failure = store(0, SEARCH_MAX, Some(fault));
    let failure = failure.unwrap_or_else(|| panic!("{} is never found", fault.name()));
    println!("{} is found by seed {}: {}", fault.name(), failure.seed, failure.text);
}

#[test]
fn an_ack_before_the_sync_is_found() {
    is_found(StoreFault::AckBeforeSync);
}

#[test]
fn an_ack_out_of_order_is_found() {
    is_found(StoreFault::AckOutOfOrder);
}

#[test]
fn a_failed_sync_that_is_tried_again_is_found() {
    is_found(StoreFault::SyncRetried);
}

#[test]
fn a_directory_that_is_not_synced_is_found() {
    is_found(StoreFault::DirectoryNotSynced);
}

#[test]
fn a_hole_that_is_cut_is_found() {
    is_found(StoreFault::HoleCut);
}

#[test]
fn stale_frames_are_found() {
    is_found(StoreFault::StaleFrames);
}

#[test]
fn frames_that_were_replaced_are_found() {
    is_found(StoreFault::ReplacedFrames);
}

#[test]
fn a_tail_that_recovery_does_not_sync_is_found() {
    is_found(StoreFault::TailNotSynced);
}

#[test]
fn a_tail_that_recovery_only_syncs_is_found() {
    is_found(StoreFault::TailNotWritten);
}

#[test]
fn a_torn_tail_that_counts_is_found() {
    is_found(StoreFault::TornTailCounted);
}
