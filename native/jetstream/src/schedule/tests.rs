//! Patterns that nats-server 2.15.2 accepts and refuses, and the times they give.

use super::*;
use crate::time::shown_time;
use proptest::prelude::*;

fn time(text: &str) -> i64 {
    parse_time(text).unwrap_or_else(|| panic!("{text} is a time"))
}

/// The next times after one another.
fn times(pattern: &str, zone: Option<&str>, after: &str, count: usize) -> Vec<String> {
    let schedule = Schedule::parse(pattern.as_bytes(), zone.map(str::as_bytes));
    let schedule = schedule.unwrap_or_else(|error| panic!("{pattern}: {error}"));
    let mut after = time(after);
    let mut times = Vec::new();
    for _ in 0..count {
        let Some(due) = schedule.next(after, after) else {
            break;
        };
        times.push(shown_time(due.at));
        after = due.at;
    }
    times
}

#[test]
fn str_84_patterns_that_are_accepted() {
    for pattern in [
        "@at 2030-01-01T00:00:00Z",
        "@at 2030-01-01T00:00:00.5+01:00",
        "@at 2030-01-01T00:00:00,5Z",
        "@every 1s",
        "@every 1500ms",
        "@every +2s",
        "0 0 0 1 1 *",
        "0 0 0 29 2 *",
        "0 0 12 ? * MON-FRI",
        "0 0 12 ? * mon,,fri",
        "@daily",
        "  0   0 0 * * * ",
        "0 0 0 * JAN *",
        "+5 0 0 * * *",
        "5/10 * * * * *",
        "0 0 0 29 2 1",
    ] {
        let schedule = Schedule::parse(pattern.as_bytes(), None);
        let next = schedule.as_ref().map(|schedule| schedule.next(0, 0).is_some());
        assert_eq!(next, Ok(true), "{pattern}");
    }
}

#[test]
fn str_84_patterns_that_are_refused() {
    for pattern in [
        "",
        "@at 2030-01-01 00:00:00Z",
        "@at 2030-01-01t00:00:00z",
        "@at 2030-1-1T0:00:00Z",
        "@at  2030-01-01T00:00:00Z",
        "@at 2030-02-30T00:00:00Z",
        "@at 2030-01-01T24:00:00Z",
        "@at 2030-01-01T23:59:60Z",
        "@at 2030-01-01T23:59:59",
        "@at 2030-01-01T23:59:59.Z",
        "@every 999ms",
        "@every -2s",
        "* * * * *",
        "*/0 * * * * *",
        "0-70 * * * * *",
        ", * * * * *",
        "0 0 12 1-5-6 * *",
        "0 0 12 1/2/3 * *",
        "@Daily",
        "@reboot",
        "0 0 0 * JANUARY *",
        "0 0 0 * * 7",
        "0 0 0 L * *",
        "0 0 24 * * *",
        "0 0 0 5-1 * *",
        "\u{fc} * * * * *",
    ] {
        let refused = Schedule::parse(pattern.as_bytes(), None).err();
        assert_eq!(refused, Some(ScheduleError::Pattern), "{pattern}");
    }
    let never = Schedule::parse(b"0 0 0 31 2 *", None).map(|schedule| schedule.next(0, 0));
    assert_eq!(never, Ok(None));
}

#[test]
fn str_84_time_zones() {
    let read = |pattern: &str, zone: &str| Schedule::parse(pattern.as_bytes(), Some(zone.as_bytes())).map(|_| ());
    for zone in [
        "Europe/Berlin",
        "UTC",
        "GMT",
        "EST",
        "Etc/GMT+5",
        "Asia/Calcutta",
        "US/Pacific",
    ] {
        assert_eq!(read("@daily", zone), Ok(()), "{zone}");
    }
    for zone in ["", "europe/berlin", "Nope/X", "../etc/passwd"] {
        assert_eq!(read("@daily", zone), Err(ScheduleError::TimeZone), "{zone}");
    }
    assert_eq!(read("@every 1s", "UTC"), Err(ScheduleError::Pattern));
    assert_eq!(read("@at 2030-01-01T00:00:00Z", "UTC"), Err(ScheduleError::Pattern));
}

#[test]
fn a_single_time_is_due_once_even_if_it_has_passed() {
    let at = time("2030-01-01T00:00:00.25+01:00");
    assert_eq!(shown_time(at), "2029-12-31T23:00:00.25Z");
    let schedule = Schedule::parse(b"@at 2030-01-01T00:00:00.25+01:00", None);
    let due = schedule.map(|schedule| schedule.next(at + 5, at + 10));
    assert_eq!(due, Ok(Some(Due { at, repeats: false })));
}

#[test]
fn str_87_intervals_start_at_whole_seconds_and_missed_ones_are_left_out() {
    let schedule = Schedule::parse(b"@every 90s", None).unwrap_or_else(|error| panic!("{error}"));
    let start = time("2030-01-01T00:00:00.6Z");
    let next = |now| schedule.next(start, now).map(|due| shown_time(due.at));
    assert_eq!(next(start).as_deref(), Some("2030-01-01T00:01:31Z"));
    let late = time("2030-01-01T00:10:00.2Z");
    assert_eq!(next(late).as_deref(), Some("2030-01-01T00:11:30Z"));
}

#[test]
fn the_next_times_of_patterns() {
    for (pattern, after, expected) in [
        (
            "*/20 * * * * *",
            "2030-01-01T00:00:00Z",
            ["2030-01-01T00:00:20Z", "2030-01-01T00:00:40Z"],
        ),
        (
            "59 59 23 31 12 *",
            "2030-01-01T00:00:00Z",
            ["2030-12-31T23:59:59Z", "2031-12-31T23:59:59Z"],
        ),
        (
            "0 0 0 29 2 *",
            "2030-01-01T00:00:00Z",
            ["2032-02-29T00:00:00Z", "2036-02-29T00:00:00Z"],
        ),
        // Both days are restricted: one of them is enough.
        (
            "0 0 0 13 * fri",
            "2030-09-01T00:00:00Z",
            ["2030-09-06T00:00:00Z", "2030-09-13T00:00:00Z"],
        ),
        // One is open: both have to fit.
        (
            "0 0 0 * * fri",
            "2030-09-01T00:00:00Z",
            ["2030-09-06T00:00:00Z", "2030-09-13T00:00:00Z"],
        ),
        (
            "0 30 8-9 ? * 1-5",
            "2030-09-06T08:45:00Z",
            ["2030-09-06T09:30:00Z", "2030-09-09T08:30:00Z"],
        ),
        (
            "@hourly",
            "2030-01-01T00:00:00.5Z",
            ["2030-01-01T01:00:00Z", "2030-01-01T02:00:00Z"],
        ),
    ] {
        assert_eq!(times(pattern, None, after, 2), expected, "{pattern}");
    }
}

#[test]
fn a_time_zone_moves_with_its_clocks() {
    let berlin = |pattern, after, count| times(pattern, Some("Europe/Berlin"), after, count);
    assert_eq!(
        berlin("0 0 12 * * *", "2026-03-28T00:00:00Z", 2),
        ["2026-03-28T11:00:00Z", "2026-03-29T10:00:00Z"]
    );
    // 2:30 does not exist on the day the clocks go forward, and comes twice when they go back.
    assert_eq!(
        berlin("0 30 2 * * *", "2026-03-28T02:00:00Z", 1),
        ["2026-03-30T00:30:00Z"]
    );
    assert_eq!(
        berlin("0 30 2 * * *", "2026-10-24T12:00:00Z", 3),
        ["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-10-26T01:30:00Z"]
    );
}

proptest! {
    #[test]
    fn no_pattern_panics_or_goes_back(pattern in "(@at |@every )?[-0-9*?/,a-zA-Z:. T]{0,30}", after in any::<i64>()) {
        if let Ok(schedule) = Schedule::parse(pattern.as_bytes(), None)
            && let Some(due) = schedule.next(after, after)
        {
            prop_assert!(!due.repeats || due.at >= after);
        }
    }
}
