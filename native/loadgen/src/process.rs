//! The resources that another process of this machine has used so far, read from /proc.
//!
//! CPU time is the sum over its threads in nanoseconds, where the scheduler reports that, otherwise clock ticks. The
//! sum lacks threads that have ended, the ticks include them; if the ticks are larger, they are used.

use crate::report::ProcessCost;
use std::fs;

/// Linux reports 100 ticks a second in /proc on all its common platforms.
const TICKS_PER_SECOND: f64 = 100.0;

/// The cost up to now; `None` when there is no such process any more (one that only waits to be collected by its parent
/// has no memory) or no /proc.
pub fn read(pid: u32) -> Option<ProcessCost> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may contain anything; fields are counted after it.
    let fields: Vec<&str> = stat[stat.rfind(')')? + 1..].split_whitespace().collect();
    let ticks = |at: usize| fields.get(at)?.parse::<f64>().ok();
    let (user, system) = (ticks(11)? / TICKS_PER_SECOND, ticks(12)? / TICKS_PER_SECOND);
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let kib = |name| field(&status, name).map(|kib| kib * 1024);
    let mut cost = ProcessCost {
        cpu_seconds: user + system,
        user_seconds: user,
        system_seconds: system,
        peak_rss_bytes: kib("VmHWM")?,
        rss_bytes: kib("VmRSS")?,
        voluntary_switches: 0,
        involuntary_switches: 0,
    };
    let mut running_ns = 0u64;
    for thread in fs::read_dir(format!("/proc/{pid}/task")).ok()?.flatten() {
        let read = |name| fs::read_to_string(thread.path().join(name)).unwrap_or_default();
        let status = read("status");
        cost.voluntary_switches += field(&status, "voluntary_ctxt_switches").unwrap_or(0);
        cost.involuntary_switches += field(&status, "nonvoluntary_ctxt_switches").unwrap_or(0);
        running_ns += read("schedstat")
            .split(' ')
            .next()
            .and_then(|ns| ns.parse::<u64>().ok())
            .unwrap_or(0);
    }
    let finer = running_ns as f64 / 1e9;
    // Ticks are rounded; a larger difference is the time of threads that have ended.
    if finer > 0.0 && cost.cpu_seconds - finer < 0.05 {
        cost.cpu_seconds = finer;
    }
    Some(cost)
}

/// The difference of two readings; memory is that of the later one.
pub fn between(before: &ProcessCost, after: &ProcessCost) -> ProcessCost {
    ProcessCost {
        cpu_seconds: (after.cpu_seconds - before.cpu_seconds).max(0.0),
        user_seconds: (after.user_seconds - before.user_seconds).max(0.0),
        system_seconds: (after.system_seconds - before.system_seconds).max(0.0),
        voluntary_switches: after.voluntary_switches.saturating_sub(before.voluntary_switches),
        involuntary_switches: after.involuntary_switches.saturating_sub(before.involuntary_switches),
        ..*after
    }
}

fn field(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find(|line| line.split(':').next() == Some(name))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn reads_its_own_cost() {
        let before = read(std::process::id()).expect("this process");
        let mut sum = 0u64;
        // Long enough for a clock with the coarsest resolution.
        while between(&before, &read(std::process::id()).expect("this process")).cpu_seconds < 0.05 {
            sum = (0..100_000).fold(sum, |sum, n| std::hint::black_box(sum ^ n));
        }
        let after = read(std::process::id()).expect("this process");
        assert!(after.peak_rss_bytes >= after.rss_bytes && after.rss_bytes > 0);
        assert!(after.voluntary_switches + after.involuntary_switches > 0);
    }

    #[test]
    fn a_process_that_is_gone_has_no_cost() {
        assert_eq!(read(u32::MAX), None);
        let mut child = std::process::Command::new("cat")
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .expect("a child");
        assert!(read(child.id()).is_some());
        drop(child.stdin.take());
        // Its output ends with the process; its pid is in use until it is waited for.
        std::io::copy(&mut child.stdout.take().expect("output"), &mut std::io::sink()).expect("an end");
        while read(child.id()).is_some() {
            std::thread::yield_now();
        }
        assert!(fs::metadata(format!("/proc/{}", child.id())).is_ok());
        child.wait().expect("an exit code");
    }
}
