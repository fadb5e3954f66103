//! What a stream does with messages, in the terms of the checklist.

use super::*;
use crate::publish::PublishHeaders;
use nt_subject::Transform;

/// What was sent: subject, headers, body.
#[derive(Debug, Default)]
struct Sent(Vec<(String, String, String)>);

impl Outbox for Sent {
    fn send(&mut self, subject: &[u8], headers: &[u8], body: &[u8]) {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        self.0.push((text(subject), text(headers), text(body)));
    }
}

fn config() -> StreamConfig {
    StreamConfig {
        name: "S".into(),
        subjects: vec![b"s.>".to_vec()],
        duplicate_window_ns: 120 * SECOND,
        ..StreamConfig::default()
    }
}

const SECOND: i64 = 1_000_000_000;

struct Tester {
    stream: Stream,
    now: i64,
    sent: Sent,
}

impl Tester {
    fn new(change: impl FnOnce(&mut StreamConfig)) -> Self {
        let mut config = config();
        change(&mut config);
        Self {
            stream: Stream::new(config, 1),
            now: 1_700_000_000 * SECOND,
            sent: Sent::default(),
        }
    }

    /// Publishes with headers; what is answered, in short.
    fn publish_with(&mut self, subject: &str, headers: &[&str], body: &str) -> String {
        let block = match headers {
            [] => String::new(),
            lines => format!("NATS/1.0\r\n{}\r\n\r\n", lines.join("\r\n")),
        };
        let message = Publish {
            subject: subject.as_bytes(),
            reply: b"reply",
            headers: block.as_bytes(),
            body: body.as_bytes(),
        };
        self.stream.publish(&message, self.now, &mut || 0, &mut self.sent);
        match self.sent.0.iter().position(|sent| sent.0 == "reply") {
            Some(place) => short(&self.sent.0.remove(place).2),
            None => "nothing".into(),
        }
    }

    fn publish(&mut self, subject: &str, body: &str) -> String {
        self.publish_with(subject, &[], body)
    }

    fn bodies(&self) -> Vec<String> {
        let totals = self.stream.totals();
        let all = totals.first_sequence..=totals.last_sequence;
        all.filter_map(|sequence| self.stream.get(sequence))
            .map(|message| String::from_utf8_lossy(message.body).into_owned())
            .collect()
    }

    fn sequences(&self) -> Vec<u64> {
        self.stream.sequences_below(u64::MAX)
    }

    fn pass(&mut self, seconds: i64) {
        self.now += seconds * SECOND;
        self.stream.expire(self.now);
    }
}

/// `7`, `7 duplicate`, `10071 wrong last sequence: 7`
fn short(answer: &str) -> String {
    let between = |start: &str, end: &str| {
        let rest = &answer[answer.find(start)? + start.len()..];
        Some(rest[..rest.find(end)?].to_string())
    };
    match (between("\"err_code\":", ","), between("\"description\":\"", "\"}")) {
        (Some(code), Some(text)) => format!("{code} {text}"),
        _ => {
            let rest = &answer[answer.find("\"seq\":").map_or(0, |at| at + 6)..];
            rest.trim_end_matches('}')
                .replace(",\"duplicate\": true", " duplicate")
                .replace("\"", "")
        }
    }
}

#[test]
fn str_10_a_message_in_memory_counts_for_16_bytes_and_its_parts() {
    let mut tester = Tester::new(|_| {});
    tester.publish("s.a", "hello");
    assert_eq!(tester.stream.totals().bytes, 16 + 3 + 5);
}

#[test]
fn str_9_an_empty_stream_goes_on_behind_its_last_sequence() {
    let mut tester = Tester::new(|config| config.first_sequence = 100);
    assert_eq!(
        (
            tester.stream.totals().first_sequence,
            tester.stream.totals().last_sequence
        ),
        (100, 99)
    );
    assert_eq!(tester.publish("s.a", "x"), "100");
    tester.stream.purge(&Purge::default()).expect("a purge is allowed");
    let totals = tester.stream.totals();
    assert_eq!(
        (totals.messages, totals.first_sequence, totals.last_sequence),
        (0, 101, 100)
    );
    assert_eq!(totals.last_time_ns, tester.now);
}

#[test]
fn str_30_the_oldest_go_when_there_are_too_many() {
    let mut tester = Tester::new(|config| config.max_messages = Some(2));
    for body in ["1", "2", "3"] {
        tester.publish("s.a", body);
    }
    assert_eq!(tester.bodies(), ["2", "3"]);
    let mut tester = Tester::new(|config| config.max_bytes = Some(45));
    for body in ["1", "2", "3"] {
        tester.publish("s.a", body);
    }
    assert_eq!(tester.bodies(), ["2", "3"]);
    // TRP-11: one that is larger than the limit is acknowledged and vanishes.
    assert_eq!(tester.publish("s.a", &"x".repeat(100)), "4");
    assert_eq!(tester.bodies(), [""; 0]);
}

#[test]
fn str_30_the_oldest_of_a_subject_goes_when_the_subject_has_too_many() {
    let mut tester = Tester::new(|config| config.max_messages_per_subject = Some(2));
    for (subject, body) in [
        ("s.a", "1"),
        ("s.b", "2"),
        ("s.a", "3"),
        ("s.a", "4"),
        ("s.b", "5"),
        ("s.a", "6"),
    ] {
        tester.publish(subject, body);
    }
    assert_eq!(tester.bodies(), ["2", "4", "5", "6"]);
}

#[test]
fn str_31_new_messages_are_refused_when_the_stream_is_full() {
    let mut tester = Tester::new(|config| {
        config.discard = Discard::New { per_subject: false };
        config.max_messages = Some(2);
        config.max_bytes = Some(100);
    });
    tester.publish("s.a", "1");
    assert_eq!(tester.publish("s.a", &"x".repeat(80)), "10077 maximum bytes exceeded");
    tester.publish("s.a", "2");
    assert_eq!(tester.publish("s.a", "3"), "10077 maximum messages exceeded");
    assert_eq!(
        tester.stream.totals().last_sequence,
        2,
        "a refused message uses no sequence"
    );
}

#[test]
fn str_31_a_full_subject_refuses_unless_the_message_replaces_all_others() {
    let mut tester = Tester::new(|config| {
        config.discard = Discard::New { per_subject: true };
        config.max_messages_per_subject = Some(1);
        config.allows_rollup = true;
    });
    tester.publish("s.a", "1");
    assert_eq!(
        tester.publish("s.a", "2"),
        "10077 maximum messages per subject exceeded"
    );
    assert_eq!(tester.publish_with("s.a", &["Nats-Rollup: sub"], "3"), "2");
    assert_eq!(tester.bodies(), ["3"]);
}

#[test]
fn str_31_a_rollup_without_a_value_is_none() {
    let mut tester = Tester::new(|config| {
        config.discard = Discard::New { per_subject: true };
        config.max_messages_per_subject = Some(1);
        config.allows_rollup = true;
    });
    tester.publish("s.a", "1");
    let refused = tester.publish_with("s.a", &["Nats-Rollup: "], "2");
    assert_eq!(refused, "10077 maximum messages per subject exceeded");
}

#[test]
fn str_32_a_message_that_replaces_another_needs_no_room() {
    let mut tester = Tester::new(|config| {
        config.discard = Discard::New { per_subject: false };
        config.max_messages_per_subject = Some(1);
        config.max_messages = Some(2);
    });
    tester.publish("s.a", "1");
    tester.publish("s.b", "2");
    assert_eq!(tester.publish("s.c", "3"), "10077 maximum messages exceeded");
    assert_eq!(tester.publish("s.a", "4"), "3");
    assert_eq!(tester.bodies(), ["2", "4"]);
}

#[test]
fn str_37_a_message_nobody_needs_has_a_sequence_and_is_not_there() {
    let mut tester = Tester::new(|config| config.retention = Retention::Interest);
    assert_eq!(tester.publish_with("s.a", &["Nats-Msg-Id: a"], "1"), "1");
    assert_eq!(tester.publish_with("s.a", &["Nats-Msg-Id: a"], "1"), "1 duplicate");
    let totals = tester.stream.totals();
    assert_eq!(
        (totals.messages, totals.first_sequence, totals.last_sequence),
        (0, 2, 1)
    );
    assert_eq!(totals.last_time_ns, tester.now);
}

#[test]
fn str_44_nothing_goes_into_or_out_of_a_sealed_stream() {
    let mut tester = Tester::new(|_| {});
    tester.publish("s.a", "1");
    let mut sealed = config();
    sealed.sealed = true;
    tester.stream.update(sealed, tester.now);
    assert_eq!(tester.publish("s.a", "2"), "10109 invalid operation on sealed stream");
    assert!(tester.stream.delete(1).is_err());
    assert!(tester.stream.purge(&Purge::default()).is_err());
    assert_eq!(tester.bodies(), ["1"]);
}

#[test]
fn str_46_an_id_is_known_for_the_window_and_no_longer() {
    let mut tester = Tester::new(|config| config.duplicate_window_ns = 10 * SECOND);
    assert_eq!(tester.publish_with("s.a", &["Nats-Msg-Id: x"], "1"), "1");
    tester.pass(9);
    assert_eq!(tester.publish_with("s.b", &["Nats-Msg-Id: x"], "2"), "1 duplicate");
    // STR-47: also when the message is gone.
    tester.stream.purge(&Purge::default()).expect("a purge is allowed");
    assert_eq!(tester.publish_with("s.b", &["Nats-Msg-Id: x"], "2"), "1 duplicate");
    tester.pass(2);
    assert_eq!(tester.publish_with("s.b", &["Nats-Msg-Id: x"], "3"), "2");
    // STR-49
    assert_eq!(tester.publish_with("s.b", &["Nats-Msg-Id:"], "4"), "3");
    assert_eq!(tester.publish_with("s.b", &["Nats-Msg-Id:"], "4"), "4");
}

#[test]
fn str_50_a_smaller_window_forgets_at_once() {
    let mut tester = Tester::new(|_| {});
    tester.publish_with("s.a", &["Nats-Msg-Id: x"], "1");
    tester.pass(20);
    let mut smaller = config();
    smaller.duplicate_window_ns = 10 * SECOND;
    tester.stream.update(smaller, tester.now);
    assert_eq!(tester.publish_with("s.a", &["Nats-Msg-Id: x"], "2"), "2");
}

#[test]
fn str_51_a_rollup_replaces_its_subject_or_everything() {
    let mut tester = Tester::new(|config| config.allows_rollup = true);
    for subject in ["s.a", "s.b", "s.a"] {
        tester.publish(subject, subject);
    }
    assert_eq!(tester.publish_with("s.a", &["Nats-Rollup: SUB"], "sub"), "4");
    assert_eq!(tester.bodies(), ["s.b", "sub"]);
    assert_eq!(tester.publish_with("s.c", &["Nats-Rollup: all"], "all"), "5");
    assert_eq!(tester.bodies(), ["all"]);
    assert_eq!(
        tester.publish_with("s.c", &["Nats-Rollup: foo"], ""),
        "10111 rollup value invalid: \\\"foo\\\""
    );
    let mut tester = Tester::new(|_| {});
    assert_eq!(
        tester.publish_with("s.c", &["Nats-Rollup: all"], ""),
        "10111 rollup not permitted"
    );
}

#[test]
fn str_52_the_transformed_subject_is_what_everything_else_sees() {
    let mut tester = Tester::new(|config| config.transform = Transform::new(b"s.*", b"t.$1").ok());
    tester.publish("s.a", "1");
    tester.publish("s.b.c", "2");
    let subjects: Vec<_> = tester.stream.subjects(b">").into_iter().map(|found| found.0).collect();
    assert_eq!(subjects, [b"s.b.c".to_vec(), b"t.a".to_vec()]);
    assert_eq!(
        tester.publish_with("s.a", &["Nats-Expected-Last-Subject-Sequence: 1"], ""),
        "3"
    );
}

#[test]
fn str_53_copies_say_where_they_come_from() {
    let republish = |headers_only| {
        let transform = Transform::new(b"s.*", b"copy.$1").ok();
        transform.map(|transform| Republish {
            transform,
            headers_only,
        })
    };
    let mut tester = Tester::new(|config| config.republish = republish(false));
    tester.publish("s.a", "1");
    tester.now += 500_000_000;
    tester.publish_with("s.a", &["A: b"], "two");
    tester.publish("s.b.c", "3");
    let expected = "NATS/1.0\r\nA: b\r\nNats-Stream: S\r\nNats-Subject: s.a\r\nNats-Sequence: 2\r\n\
                    Nats-Time-Stamp: 2023-11-14T22:13:20.5Z\r\nNats-Last-Sequence: 1\r\n\r\n";
    assert_eq!(tester.sent.0.len(), 2);
    assert_eq!(tester.sent.0[1], ("copy.a".into(), expected.into(), "two".into()));
    let mut tester = Tester::new(|config| config.republish = republish(true));
    tester.publish("s.a", "12345");
    assert!(
        tester.sent.0[0]
            .1
            .ends_with("Nats-Last-Sequence: 0\r\nNats-Msg-Size: 5\r\n\r\n")
    );
    assert_eq!(tester.sent.0[0].2, "");
}

#[test]
fn str_57_a_ttl_where_there_are_none() {
    let mut tester = Tester::new(|_| {});
    assert_eq!(
        tester.publish_with("s.a", &["Nats-TTL: 5"], ""),
        "10166 per-message TTL is disabled"
    );
    assert_eq!(
        tester.publish_with("s.a", &["Nats-TTL: x"], ""),
        "10165 invalid per-message TTL"
    );
}

#[test]
fn str_58_the_earlier_of_ttl_and_age_counts_and_never_is_never() {
    let mut tester = Tester::new(|config| {
        config.allows_ttl = true;
        config.max_age_ns = Some(10 * SECOND);
    });
    tester.publish_with("s.a", &["Nats-TTL: never"], "never");
    tester.publish_with("s.b", &["Nats-TTL: 2"], "2");
    tester.publish_with("s.c", &["Nats-TTL: 60"], "60");
    tester.publish("s.d", "plain");
    tester.pass(3);
    assert_eq!(tester.bodies(), ["never", "60", "plain"]);
    tester.pass(8);
    assert_eq!(tester.bodies(), ["never"]);
    tester.pass(1000);
    assert_eq!(tester.bodies(), ["never"]);
    // The deadline of the 60 seconds is still there, and finds nothing.
    assert_eq!(tester.stream.next_expiry(), None);
}

#[test]
fn str_59_a_ttl_below_that_of_markers_is_raised() {
    let mut tester = Tester::new(|config| {
        config.allows_ttl = true;
        config.delete_marker_ttl_s = 5;
    });
    tester.publish_with("s.a", &["Nats-TTL: 2", "A: b"], "");
    let message = tester.stream.get(1).expect("the message is there");
    assert_eq!(message.headers, b"NATS/1.0\r\nA: b\r\nNats-TTL: 5\r\n\r\n");
}

#[test]
fn str_60_a_marker_takes_the_place_of_the_last_message() {
    let mut tester = Tester::new(|config| {
        config.allows_ttl = true;
        config.allows_rollup = true;
        config.max_age_ns = Some(10 * SECOND);
        config.delete_marker_ttl_s = 90;
    });
    tester.publish("s.a", "1");
    tester.publish("s.a", "2");
    tester.pass(11);
    assert_eq!(tester.sequences(), [3]);
    let marker = tester.stream.get(3).expect("the marker is there");
    let expected = b"NATS/1.0\r\nNats-Marker-Reason: MaxAge\r\nNats-TTL: 1m30s\r\nNats-Rollup: sub\r\n\r\n";
    assert_eq!((marker.headers, marker.body), (&expected[..], &b""[..]));
    // The marker ends by the age of the stream, and leaves none.
    tester.pass(11);
    assert_eq!(tester.sequences(), [0; 0]);
    assert_eq!(tester.stream.totals().last_sequence, 3);
}

#[test]
fn str_61_the_end_of_a_purge_marker_of_a_bucket_leaves_none() {
    let mut tester = Tester::new(|config| {
        config.allows_ttl = true;
        config.delete_marker_ttl_s = 1;
    });
    tester.publish_with("s.a", &["KV-Operation: PURGE", "Nats-TTL: 2"], "");
    tester.pass(3);
    assert_eq!(tester.sequences(), [0; 0]);
}

#[test]
fn str_78_counters_count() {
    let mut tester = Tester::new(|config| config.is_counter = true);
    let mut add = |increment: &str| tester.publish_with("s.a", &[&format!("Nats-Incr: {increment}")], "");
    assert_eq!(add("+5"), "1,val:5");
    assert_eq!(add("-10"), "2,val:-5");
    assert_eq!(add("1.5"), "10171 message counter increment is invalid");
    assert_eq!(tester.publish("s.a", ""), "10169 message counter increment is missing");
    assert_eq!(
        tester.publish_with("s.a", &["Nats-Incr: 1"], "x"),
        "10170 message counter has payload"
    );
    assert_eq!(
        tester.publish_with("s.a", &["Nats-Incr: 1", "Nats-Rollup: sub"], ""),
        "10171 message counter increment is invalid"
    );
    assert_eq!(tester.bodies(), ["{\"val\":\"5\"}", "{\"val\":\"-5\"}"]);
    let mut tester = Tester::new(|_| {});
    assert_eq!(
        tester.publish_with("s.a", &["Nats-Incr: 1"], ""),
        "10168 message counters is disabled"
    );
}

#[test]
fn str_85_schedules_are_checked_in_order() {
    let mut tester = Tester::new(|config| {
        config.allows_schedules = true;
        config.allows_rollup = true;
    });
    let target = "Nats-Schedule-Target: s.t";
    for (headers, code) in [
        (&["Nats-Schedule: nonsense", target][..], "10189"),
        (
            &["Nats-Schedule: @daily", "Nats-Schedule-Time-Zone: X/Y", target],
            "10223",
        ),
        (&["Nats-Schedule: @every 1s", "Nats-Schedule-TTL: x", target], "10191"),
        (
            &["Nats-Schedule: @every 1s", "Nats-Schedule-Rollup: all", target],
            "10192",
        ),
        (&["Nats-Schedule: @every 1s", "Nats-Schedule-TTL: 5", target], "10166"),
        (&["Nats-Schedule: @every 1s"], "10190"),
        (&["Nats-Schedule: @every 1s", "Nats-Schedule-Target: s.*"], "10190"),
        (&["Nats-Schedule: @every 1s", "Nats-Schedule-Target: s.a"], "10190"),
        (&["Nats-Schedule: @every 1s", "Nats-Schedule-Target: other"], "10190"),
        (
            &["Nats-Schedule: @every 1s", "Nats-Schedule-Source: s.t", target],
            "10203",
        ),
        (
            &["Nats-Schedule: @every 1s", "Nats-Schedule-Source: other", target],
            "10203",
        ),
        (&["Nats-Schedule: @every 1s", "Nats-Rollup: all", target], "10192"),
        (&["Nats-Scheduler: s.b"], "10212"),
        (&["Nats-Scheduler: s.b", "Nats-Schedule-Next: now"], "10212"),
        (&["Nats-Scheduler: s.a", "Nats-Schedule-Next: purge"], "10212"),
    ] {
        let answer = tester.publish_with("s.a", headers, "");
        assert!(answer.starts_with(code), "{headers:?}: {answer}");
    }
    assert_eq!(
        tester.publish_with("s.a", &["Nats-Schedule: @every 1s", target], "x"),
        "1"
    );
    let stored = tester.stream.get(1).expect("the schedule is there");
    assert_eq!(PublishHeaders::find(stored.headers).rollup, Some(&b"sub"[..]));
    tester.publish("s.b", "no schedule");
    let answer = tester.publish_with("s.x", &["Nats-Scheduler: s.b", "Nats-Schedule-Next: purge"], "");
    assert!(answer.starts_with("10212"), "{answer}");
    let mut tester = Tester::new(|_| {});
    let answer = tester.publish_with("s.a", &["Nats-Schedule: nonsense"], "");
    assert!(answer.starts_with("10188"), "{answer}");
}

#[test]
fn pub_4_no_answer_where_none_is_wanted() {
    let mut tester = Tester::new(|config| config.no_ack = true);
    assert_eq!(tester.publish("s.a", "1"), "nothing");
    assert_eq!(tester.publish_with("s.a", &["Nats-Expected-Stream: X"], "1"), "nothing");
    assert_eq!(tester.bodies(), ["1"]);
}

#[test]
fn pub_11_who_asked_is_not_stored() {
    let mut tester = Tester::new(|_| {});
    tester.publish_with("s.a", &["Nats-Request-Info: {}"], "1");
    tester.publish_with("s.a", &["A: b", "Nats-Request-Info: {}"], "1");
    assert_eq!(tester.stream.get(1).map(|message| message.headers.len()), Some(0));
    assert_eq!(
        tester.stream.get(2).map(|message| message.headers),
        Some(&b"NATS/1.0\r\nA: b\r\n\r\n"[..])
    );
}

#[test]
fn pub_13_sizes_are_checked_before_anything_else() {
    let mut tester = Tester::new(|config| config.max_message_bytes = Some(40));
    let too_long = tester.publish_with("s.a", &["Nats-Expected-Stream: X"], "0123456789");
    assert!(too_long.starts_with("10054"), "{too_long}");
    let mut tester = Tester::new(|_| {});
    let headers = format!("A: {}", "x".repeat(66_000));
    let too_long = tester.publish_with("s.a", &[&headers, "Nats-Expected-Stream: X"], "");
    assert!(too_long.starts_with("10097"), "{too_long}");
}

#[test]
fn pub_14_expectations_are_compared_with_what_is_there() {
    let mut tester = Tester::new(|_| {});
    tester.publish("s.a", "1");
    tester.publish("s.b", "2");
    for (header, answer) in [
        ("Nats-Expected-Stream: X", "10060 expected stream does not match"),
        ("Nats-Expected-Last-Sequence: 1", "10071 wrong last sequence: 2"),
        ("Nats-Expected-Last-Sequence: +2", "10071 wrong last sequence: 2"),
        ("Nats-Expected-Last-Subject-Sequence: 0", "10071 wrong last sequence: 1"),
        ("Nats-Expected-Last-Msg-Id: x", "10070 wrong last msg ID: "),
        ("Nats-Stream-Source: x", "10227 "),
        ("Nats-Expected-Last-Subject-Sequence-Subject: s.a", "10193 "),
    ] {
        let given = tester.publish_with("s.a", &[header], "");
        assert!(given.starts_with(answer), "{header}: {given}");
    }
    let subject = "Nats-Expected-Last-Subject-Sequence-Subject: s.*";
    assert_eq!(
        tester.publish_with("s.c", &["Nats-Expected-Last-Subject-Sequence: 2", subject], ""),
        "3"
    );
    assert_eq!(
        tester.publish_with("s.d", &["Nats-Expected-Last-Subject-Sequence: 0"], ""),
        "4"
    );
}

#[test]
fn pub_15_a_duplicate_that_fails_an_expectation_fails() {
    let mut tester = Tester::new(|_| {});
    tester.publish_with("s.a", &["Nats-Msg-Id: x"], "1");
    let again = tester.publish_with("s.a", &["Nats-Msg-Id: x", "Nats-Expected-Last-Sequence: 0"], "1");
    assert_eq!(again, "10071 wrong last sequence: 1");
    let again = tester.publish_with("s.a", &["Nats-Msg-Id: x", "Nats-Expected-Last-Msg-Id: y"], "1");
    assert_eq!(again, "1 duplicate");
    assert_eq!(tester.publish_with("s.a", &["Nats-Expected-Last-Msg-Id: x"], "2"), "2");
}

#[test]
fn get_13_a_message_is_deleted_once() {
    let mut tester = Tester::new(|_| {});
    for body in ["1", "2", "3"] {
        tester.publish("s.a", body);
    }
    assert_eq!(tester.stream.delete(2), Ok(()));
    let again = tester.stream.delete(2).map_err(|refusal| refusal.to_string());
    assert_eq!(again, Err("sequence 2 not found".into()));
    assert_eq!(tester.stream.deleted().collect::<Vec<_>>(), [2]);
    assert_eq!(tester.stream.delete(3), Ok(()));
    assert_eq!(
        (
            tester.stream.totals().last_sequence,
            tester.publish("s.a", "4").as_str()
        ),
        (3, "4")
    );
}

#[test]
fn get_15_purges_take_a_filter_a_bound_and_a_number_to_keep() {
    let purged = |purge: Purge| {
        let mut tester = Tester::new(|_| {});
        for n in 0..10 {
            tester.publish(if n % 2 == 0 { "s.a" } else { "s.b" }, "x");
        }
        let count = tester.stream.purge(&purge).expect("a purge is allowed");
        (count, tester.sequences())
    };
    let purge = |filter: &str, below, keep| Purge {
        filter: filter.into(),
        below,
        keep,
    };
    assert_eq!(purged(purge("", 0, 0)), (10, vec![]));
    assert_eq!(purged(purge("", 9, 0)), (8, vec![9, 10]));
    assert_eq!(purged(purge("", 1, 0)), (0, (1..=10).collect()));
    assert_eq!(purged(purge("", 0, 3)), (7, vec![8, 9, 10]));
    assert_eq!(purged(purge("s.a", 0, 0)), (5, vec![2, 4, 6, 8, 10]));
    assert_eq!(purged(purge("s.*", 0, 2)), (8, vec![9, 10]));
    assert_eq!(purged(purge("s.b", 6, 0)), (2, vec![1, 3, 5, 6, 7, 8, 9, 10]));
}

#[test]
fn str_22_lowered_limits_count_at_once() {
    let mut tester = Tester::new(|_| {});
    for n in 0..6 {
        tester.publish(if n % 2 == 0 { "s.a" } else { "s.b" }, "x");
    }
    let mut lower = config();
    lower.max_messages_per_subject = Some(2);
    tester.stream.update(lower.clone(), tester.now);
    assert_eq!(tester.sequences(), [3, 4, 5, 6]);
    lower.max_messages = Some(1);
    tester.stream.update(lower, tester.now);
    assert_eq!(tester.sequences(), [6]);
}

#[test]
fn time_never_goes_back() {
    let mut tester = Tester::new(|_| {});
    tester.publish("s.a", "1");
    tester.now -= 3600 * SECOND;
    tester.publish("s.a", "2");
    let times = [1, 2].map(|sequence| tester.stream.get(sequence).map(|message| message.time_ns));
    assert_eq!(times[0], times[1]);
}
