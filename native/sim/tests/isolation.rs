//! No random configuration of accounts lets anything through that it must not, and nothing is missing.

use nt_sim::{Fault, isolation};

/// How far a search for a planted leak may go.
const SEARCH_MAX: u64 = 3000;

#[test]
fn accounts_are_isolated() {
    if let Some(failure) = isolation(0, 1500, None) {
        panic!("seed {} fails: {}", failure.seed, failure.text);
    }
}

fn is_found(fault: Fault) {
    let failure = isolation(0, SEARCH_MAX, Some(fault));
    let failure = failure.unwrap_or_else(|| panic!("{} is never found", fault.name()));
    println!("{} is found by seed {}: {}", fault.name(), failure.seed, failure.text);
}

#[test]
fn a_result_of_another_account_is_found() {
    is_found(Fault::SharedResults);
}

#[test]
fn a_response_to_the_wrong_account_is_found() {
    is_found(Fault::ResponseToExporter);
}

#[test]
fn a_late_answer_is_found() {
    is_found(Fault::LateAnswers);
}

#[test]
fn copies_without_permissions_are_found() {
    is_found(Fault::UncheckedCopies);
}

#[test]
fn imports_that_survive_a_reload_are_found() {
    is_found(Fault::OldImports);
}

#[test]
fn a_mixture_of_two_plans_is_found() {
    is_found(Fault::MixedPlans);
}

#[test]
fn a_reload_of_half_the_loops_is_found() {
    is_found(Fault::HalfReload);
}
