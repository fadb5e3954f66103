//! Makes a failing case smaller: leaves out what it fails without.

use crate::isolation::run::{Failed, run};
use crate::isolation::script::Case;
use crate::isolation::setup::Setup;
use nt_broker::simulation::Fault;

/// Leaves out steps, users, imports, exports, mappings and permissions, one after the other, as long as the case still
/// fails.
pub(super) fn shrink(mut case: Case, seed: u64, fault: Option<Fault>) -> (Case, Failed) {
    let fails = |case: &Case| run(case, seed, fault).err();
    let mut failed = fails(&case).expect("the case fails");
    loop {
        case.steps.truncate(failed.step + 1);
        let Some((smaller, why)) = smaller(&case).find_map(|one| fails(&one).map(|why| (one, why))) else {
            return (case, failed);
        };
        (case, failed) = (smaller, why);
    }
}

/// The case with less of everything, the larger parts first.
fn smaller(case: &Case) -> impl Iterator<Item = Case> {
    let count = case.steps.len();
    let portions = [8, 1].into_iter().filter(move |portion| *portion < count || count == 1);
    let steps = portions.flat_map(move |portion| {
        let starts = (0..count).step_by(portion);
        starts.map(move |start| {
            let mut less = case.clone();
            less.steps.drain(start..count.min(start + portion));
            less
        })
    });
    let setups = (0..case.setups.len()).flat_map(move |at| {
        less_of(&case.setups[at]).into_iter().map(move |setup| {
            let mut less = case.clone();
            less.setups[at] = setup;
            less
        })
    });
    let loops = (1..case.loops).map(move |loops| Case { loops, ..case.clone() });
    steps.chain(loops).chain(setups)
}

fn less_of(setup: &Setup) -> Vec<Setup> {
    let mut all = Vec::new();
    let mut add = |change: &dyn Fn(&mut Setup)| {
        let mut less = setup.clone();
        change(&mut less);
        less.drop_dangling();
        if less != *setup {
            all.push(less);
        }
    };
    for at in 0..setup.accounts.len() {
        let account = &setup.accounts[at];
        add(&|setup| setup.accounts[at] = Default::default());
        add(&|setup| setup.accounts[at].default_permissions = None);
        for number in 0..account.stream_imports.len() {
            add(&|setup| drop(setup.accounts[at].stream_imports.remove(number)));
            add(&|setup| setup.accounts[at].stream_imports[number].to = None);
        }
        for number in 0..account.service_imports.len() {
            add(&|setup| drop(setup.accounts[at].service_imports.remove(number)));
            add(&|setup| setup.accounts[at].service_imports[number].to = None);
            add(&|setup| setup.accounts[at].service_imports[number].share = false);
        }
        for number in 0..account.mappings.len() {
            add(&|setup| drop(setup.accounts[at].mappings.remove(number)));
        }
        for number in 0..account.services.len() {
            add(&|setup| drop(setup.accounts[at].services.remove(number)));
            add(&|setup| setup.accounts[at].services[number].latency = None);
        }
    }
    for number in 0..setup.users.len() {
        add(&|setup| drop(setup.users.remove(number)));
        add(&|setup| setup.users[number].permissions = None);
        if let Some(lists) = &setup.users[number].permissions {
            let without = |change: &dyn Fn(&mut nt_broker::PermissionLists)| {
                let mut lists = lists.clone();
                change(&mut lists);
                Some(lists)
            };
            add(&|setup| setup.users[number].permissions = without(&|lists| lists.publish_allow = None));
            add(&|setup| setup.users[number].permissions = without(&|lists| lists.publish_deny.clear()));
            add(&|setup| setup.users[number].permissions = without(&|lists| lists.subscribe_allow = None));
            add(&|setup| setup.users[number].permissions = without(&|lists| lists.subscribe_deny.clear()));
            add(&|setup| setup.users[number].permissions = without(&|lists| lists.allow_responses = None));
        }
    }
    all
}
