//! No random configuration of accounts lets anything through that it must not, and nothing is missing.

use nt_sim::isolation;

#[test]
fn accounts_are_isolated() {
    if let Some(failure) = isolation(0, 1500, None) {
        panic!("seed {} fails: {}", failure.seed, failure.text);
    }
}
