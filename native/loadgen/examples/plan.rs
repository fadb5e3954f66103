//! Runs a load plan without Node: `cargo run --release -p nt-loadgen --example plan -- PLAN.json` prints the report.

use nt_loadgen::{Load, LoadError};
use std::thread;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = std::env::args().nth(1).ok_or("usage: plan PLAN.json")?;
    let text = std::fs::read_to_string(file)?;
    let threads = serde_json::from_str::<serde_json::Value>(&text)?["threads"]
        .as_u64()
        .unwrap_or(1) as usize;
    let load = Load::new(&text)?;
    let outcomes: Vec<Result<(), LoadError>> = thread::scope(|scope| {
        let loops: Vec<_> = (0..threads)
            .map(|thread| {
                scope.spawn({
                    let load = &load;
                    move || load.run(thread)
                })
            })
            .collect();
        loops
            .into_iter()
            .map(|l| l.join().expect("a loop does not panic"))
            .collect()
    });
    outcomes.into_iter().collect::<Result<Vec<()>, _>>()?;
    let mut report = serde_json::to_value(load.report()?)?;
    for histogram in ["latency", "connects"] {
        if let Some(histogram) = report.get_mut(histogram).and_then(|h| h.as_object_mut()) {
            histogram.remove("counts");
        }
    }
    report["clientLatencies"] = serde_json::Value::Null;
    report["timeline"] = report["timeline"].as_array().map_or(0, Vec::len).into();
    println!("{report:#}");
    Ok(())
}
