//! `nt-sim SEED` runs a seed and prints the hash of everything that happened; `nt-sim search COUNT [FAULT]` looks for a
//! seed that fails. `store-seed` and `store` do the same for the store.

use nt_sim::{Failure, Fault, Options, StoreFault, isolation, run, search, store, store_run};
use std::process::ExitCode;

const USAGE: &str = "usage: nt-sim SEED [trace]
       nt-sim search COUNT [FAULT]
       nt-sim isolation COUNT [FAULT]
       nt-sim store-seed SEED [FAULT] [trace]
       nt-sim store COUNT [FAULT]

SEED runs one seed and prints a hash of all it did; with trace, every step of it.
search runs seeds 0 to COUNT - 1 until one fails, with a fault planted if one is named.
isolation does the same with random accounts; a case that fails is printed as small as possible.
store does the same with the store on a simulated disk; store-seed runs one of its seeds.";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments[..] {
        [seed] => seed.parse().ok().map(|seed| replay(seed, false)),
        [seed, "trace"] => seed.parse().ok().map(|seed| replay(seed, true)),
        ["store" | "store-seed", ..] => of_store(&arguments),
        [verb, count] => count.parse().ok().and_then(|count| look(verb, count, None)),
        [verb, count, name] => count
            .parse()
            .ok()
            .zip(Fault::named(name))
            .and_then(|(count, fault)| look(verb, count, Some(fault))),
        _ => None,
    };
    done.unwrap_or_else(|| {
        let names: Vec<&str> = Fault::ALL.iter().map(|fault| fault.name()).collect();
        let of_store: Vec<&str> = StoreFault::ALL.iter().map(|fault| fault.name()).collect();
        eprintln!(
            "{USAGE}\nFaults: {}\nFaults of the store: {}",
            names.join(", "),
            of_store.join(", ")
        );
        ExitCode::from(2)
    })
}

fn replay(seed: u64, print_trace: bool) -> ExitCode {
    let options = Options {
        print_trace,
        ..Options::default()
    };
    let report = run(seed, options);
    println!(
        "seed {seed}: hash {:016x}, {} steps, {} messages",
        report.hash, report.steps, report.published
    );
    ExitCode::SUCCESS
}

fn look(verb: &str, count: u64, fault: Option<Fault>) -> Option<ExitCode> {
    let options = Options {
        fault,
        ..Options::default()
    };
    match verb {
        "search" => Some(tell(count, search(0, count, options))),
        "isolation" => Some(tell(count, isolation(0, count, fault))),
        _ => None,
    }
}

/// What the arguments ask of the store's simulation.
fn of_store(arguments: &[&str]) -> Option<ExitCode> {
    let (arguments, is_printed) = match arguments {
        [rest @ .., "trace"] => (rest, true),
        all => (all, false),
    };
    let (verb, number, fault) = match arguments {
        [verb, number] => (*verb, number.parse().ok()?, None),
        [verb, number, fault] => (*verb, number.parse().ok()?, Some(StoreFault::named(fault)?)),
        _ => return None,
    };
    if verb == "store" {
        return Some(tell(number, store(0, number, fault)));
    }
    Some(match store_run(number, fault, is_printed) {
        Ok(report) => {
            let (hash, steps, appended) = (report.hash, report.steps, report.appended);
            println!("seed {number}: hash {hash:016x}, {steps} steps, {appended} entries");
            ExitCode::SUCCESS
        }
        Err(failure) => tell(number, Some(failure)),
    })
}

fn tell(count: u64, failure: Option<Failure>) -> ExitCode {
    match failure {
        None => {
            println!("{count} seeds, nothing found");
            ExitCode::SUCCESS
        }
        Some(failure) => {
            println!("seed {} fails: {}", failure.seed, failure.text);
            ExitCode::FAILURE
        }
    }
}
