//! No seed fails, a run is the same in every process, and planted faults are found.

use nt_sim::{Fault, Options, run, search};
use std::process::Command;

/// How far a search for a planted fault may go.
const SEARCH_MAX: u64 = 10_000;

#[test]
fn no_seed_fails() {
    let failure = search(0, 2000, Options::default());
    assert!(failure.is_none(), "{failure:?}");
}

#[test]
fn a_run_is_the_same_in_every_process() {
    let replay = |seed: u64| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_nt-sim"));
        let output = command.arg(seed.to_string()).output().expect("the simulator runs");
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).expect("text")
    };
    for seed in 0..10 {
        let first = replay(seed);
        assert_eq!(first, replay(seed));
        let hash = format!("{:016x}", run(seed, Options::default()).hash);
        assert!(first.contains(&hash), "{first} here: {hash}");
    }
}

#[test]
fn different_seeds_do_different_things() {
    assert_ne!(run(1, Options::default()).hash, run(2, Options::default()).hash);
}

fn is_found(fault: Fault, says: &[&str]) {
    let failure = search(
        0,
        SEARCH_MAX,
        Options {
            fault: Some(fault),
            ..Options::default()
        },
    )
    .unwrap_or_else(|| panic!("{} is never found", fault.name()));
    assert!(
        says.iter().any(|part| failure.text.contains(part)),
        "found by another check: {failure:?}"
    );
    println!("{} is found by seed {}: {}", fault.name(), failure.seed, failure.text);
}

#[test]
fn a_pong_that_overtakes_the_inbox_is_found() {
    is_found(Fault::PongBeforeInbox, &["PONG"]);
}

#[test]
fn a_read_that_overtakes_the_inbox_is_found() {
    is_found(Fault::ReadBeforeInbox, &["PONG"]);
}

#[test]
fn a_lost_wake_up_is_found() {
    is_found(
        Fault::LostWakeUp,
        &[
            "lost for client",
            "never ended",
            "went to 0",
            "unhandled operations",
            "taken",
        ],
    );
}

#[test]
fn a_reload_of_half_the_loops_is_found() {
    is_found(Fault::HalfReload, &["was judged by another plan"]);
}
