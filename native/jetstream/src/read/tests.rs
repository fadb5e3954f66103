//! Direct gets, as nats-server 2.15.2 answers them: the same stream, the same requests.

use super::*;
use crate::stream::{Outbox, Publish, Stream, StreamConfig};

#[derive(Default)]
struct Sent(Vec<String>);

impl Outbox for Sent {
    fn send(&mut self, _subject: &[u8], headers: &[u8], body: &[u8]) {
        let headers = String::from_utf8_lossy(headers);
        self.0.push(short(&headers, &String::from_utf8_lossy(body)));
    }
}

/// A status, or `sequence body pending before`.
fn short(headers: &str, body: &str) -> String {
    let value = |name: &str| {
        let line = headers
            .split("\r\n")
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        line.map(str::to_string)
    };
    let found: Vec<String> = ["Nats-Num-Pending", "Nats-Last-Sequence", "Nats-UpTo-Sequence"]
        .iter()
        .filter_map(|name| value(name))
        .collect();
    let first = headers.split("\r\n").next().unwrap_or_default();
    let head = match (first.strip_prefix("NATS/1.0 "), value("Nats-Sequence")) {
        (Some(status), _) => status.to_string(),
        (None, Some(sequence)) => format!("{sequence} {body}"),
        (None, None) => format!("- {body}"),
    };
    [&[head], &found[..]].concat().join(" ")
}

const YEAR_2030: i64 = 1_893_456_000_000_000_000;

/// Six messages on three subjects in turn, a second apart, the third one deleted.
fn stream() -> Stream {
    let config = StreamConfig {
        name: "D".into(),
        ..StreamConfig::default()
    };
    let mut stream = Stream::new(config, 1);
    for n in 0..6_u8 {
        let (subject, body) = (format!("d.{}", n % 3), format!("m{n}"));
        let message = Publish {
            subject: subject.as_bytes(),
            headers: if n == 2 { b"NATS/1.0\r\nA: b\r\n\r\n" } else { b"" },
            body: body.as_bytes(),
            ..Publish::default()
        };
        let time = YEAR_2030 + i64::from(n) * 1_000_000_000;
        stream.publish(&message, time, &mut || 0, &mut Sent::default());
    }
    stream.delete(3).expect("the third message is there");
    stream
}

fn ask(subject: &str, headers: &str, body: &str) -> Vec<String> {
    let mut sent = Sent::default();
    let gets = DirectGets { max_bytes: 1 << 20 };
    gets.answer(
        &mut stream(),
        subject.as_bytes(),
        headers.as_bytes(),
        body.as_bytes(),
        b"reply",
        &mut sent,
    );
    sent.0
}

fn expect(body: &str, answers: &[&str]) {
    assert_eq!(ask("", "", body), answers, "{body}");
}

#[test]
fn get_3_single_messages() {
    for (body, answer) in [
        (r#"{"seq":1}"#, "1 m0"),
        (r#"{"seq":3}"#, "404 Message Not Found"),
        (r#"{"last_by_subj":"d.*"}"#, "6 m5"),
        (r#"{"last_by_subj":"d.>"}"#, "6 m5"),
        (r#"{"last_by_subj":"d.1"}"#, "5 m4"),
        (r#"{"last_by_subj":"x"}"#, "404 Message Not Found"),
        (r#"{"next_by_subj":"d.2"}"#, "6 m5"),
        (r#"{"next_by_subj":"d.*","seq":3}"#, "4 m3"),
        (r#"{"next_by_subj":"d..x"}"#, "404 Message Not Found"),
        (r#"{"next_by_subj":"d.2","start_time":"2020-01-01T00:00:00Z"}"#, "6 m5"),
        (r#"{"start_time":"2020-01-01T00:00:00Z"}"#, "1 m0"),
        (r#"{"start_time":"2030-01-01T00:00:01.5Z"}"#, "4 m3"),
        (r#"{"start_time":"2030-01-01T01:00:03+01:00"}"#, "4 m3"),
        (r#"{"start_time":"2040-01-01T00:00:00Z"}"#, "404 Message Not Found"),
        (r#"{"seq":1,"no_hdr":true}"#, "- m0"),
        (r#"{"seq":2,"next_by_subj":""}"#, "2 m1"),
        (r#"{"SEQ":1,"zork":2,"start_time":null}"#, "1 m0"),
    ] {
        expect(body, &[answer]);
    }
}

#[test]
fn get_4_the_answer_says_where_the_message_comes_from() {
    let mut sent = Vec::new();
    struct Whole<'a>(&'a mut Vec<String>);
    impl Outbox for Whole<'_> {
        fn send(&mut self, _subject: &[u8], headers: &[u8], _body: &[u8]) {
            self.0.push(String::from_utf8_lossy(headers).into_owned());
        }
    }
    let gets = DirectGets { max_bytes: 1 };
    gets.answer(
        &mut stream(),
        b"",
        b"",
        br#"{"seq":2}"#,
        b"reply",
        &mut Whole(&mut sent),
    );
    let expected = "NATS/1.0\r\nNats-Stream: D\r\nNats-Subject: d.1\r\nNats-Sequence: 2\r\n\
                    Nats-Time-Stamp: 2030-01-01T00:00:01Z\r\n\r\n";
    assert_eq!(sent, [expected]);
}

#[test]
fn get_5_the_subject_may_be_part_of_the_request() {
    assert_eq!(ask("d.1", "", ""), ["5 m4"]);
    assert_eq!(ask("d.*", "", ""), ["6 m5"]);
    assert_eq!(ask("x", "", ""), ["404 Message Not Found"]);
    assert_eq!(ask("d.1", "", r#"{"no_hdr":true}"#), ["- m4"]);
    assert_eq!(ask("d.1", "", r#"{"max_bytes":1}"#), ["5 m4"]);
    assert_eq!(ask("d.1", "", r#"{"seq":1}"#), ["408 Bad Request"]);
    assert_eq!(ask("d.1", "", "x"), ["408 Malformed Request"]);
}

#[test]
fn get_6_batches() {
    expect(
        r#"{"seq":1,"batch":3}"#,
        &["1 m0 4 0", "2 m1 3 1", "4 m3 2 2", "204 EOB 2 4"],
    );
    expect(r#"{"seq":2,"batch":2,"no_hdr":true}"#, &["- m1", "- m3", "204 EOB 4 4"]);
    expect(r#"{"seq":9,"batch":2}"#, &["404 Message Not Found"]);
    expect(r#"{"seq":1,"batch":-1}"#, &["204 EOB 5 0"]);
    expect(
        r#"{"next_by_subj":"d.0","batch":5}"#,
        &["1 m0 1 0", "4 m3 0 1", "204 EOB 0 4"],
    );
    expect(
        r#"{"next_by_subj":"d.*","batch":2,"seq":2}"#,
        &["2 m1 3 0", "4 m3 2 2", "204 EOB 2 4"],
    );
    expect(
        r#"{"start_time":"2020-01-01T00:00:00Z","batch":2}"#,
        &["1 m0 4 0", "2 m1 3 1", "204 EOB 3 2"],
    );
    expect(r#"{"seq":2,"max_bytes":1,"batch":5}"#, &["2 m1 3 0", "204 EOB 3 2"]);
}

#[test]
fn get_7_the_last_messages_of_many_subjects() {
    expect(
        r#"{"multi_last":["d.*"]}"#,
        &["4 m3 2 0", "5 m4 1 4", "6 m5 0 5", "204 EOB 0 6 6"],
    );
    expect(
        r#"{"multi_last":["d.0","d.*"],"batch":1}"#,
        &["4 m3 2 0", "204 EOB 2 4 6"],
    );
    expect(
        r#"{"multi_last":["d.*"],"up_to_seq":3}"#,
        &["1 m0 1 0", "2 m1 0 1", "204 EOB 0 2 3"],
    );
    expect(
        r#"{"multi_last":["d.*"],"up_to_seq":4,"seq":2}"#,
        &["2 m1 1 0", "4 m3 0 2", "204 EOB 0 4 4"],
    );
    expect(r#"{"multi_last":["x"]}"#, &["404 No Results"]);
    expect(
        r#"{"multi_last":["d.2"],"up_to_time":"2020-01-01T00:00:00Z"}"#,
        &["404 No Results"],
    );
    expect(
        r#"{"multi_last":["d.2"],"up_to_time":"2040-01-01T00:00:00Z"}"#,
        &["6 m5 0 0", "204 EOB 0 6 6"],
    );
    expect(
        r#"{"multi_last":["d.*"],"no_hdr":true,"batch":1}"#,
        &["4 m3 2 0", "204 EOB 2 4 6"],
    );
    expect(
        r#"{"multi_last":["d.*"],"seq":1,"batch":2}"#,
        &["4 m3 2 0", "5 m4 1 4", "204 EOB 1 5 6"],
    );
}

#[test]
fn get_8_requests_that_are_refused() {
    for (body, status) in [
        ("", "408 Empty Request"),
        ("{}", "408 Empty Request"),
        ("null", "408 Empty Request"),
        (r#"{"batch":2}"#, "408 Empty Request"),
        (r#"{"multi_last":[]}"#, "408 Empty Request"),
        (r#"{"up_to_seq":1}"#, "408 Empty Request"),
        ("x", "408 Malformed Request"),
        ("[]", "408 Malformed Request"),
        (r#"{"seq":-1}"#, "408 Malformed Request"),
        (r#"{"seq":"1"}"#, "408 Malformed Request"),
        (r#"{"seq":1.0}"#, "408 Malformed Request"),
        (r#"{"start_time":"x"}"#, "408 Malformed Request"),
        (r#"{"seq":1} {"seq":2}"#, "408 Malformed Request"),
        (r#"{"seq":1,"last_by_subj":"d.0"}"#, "408 Bad Request"),
        (
            r#"{"seq":1,"up_to_seq":1,"up_to_time":"2020-01-01T00:00:00Z"}"#,
            "408 Bad Request",
        ),
        (r#"{"last_by_subj":"a","batch":1}"#, "408 Bad Request"),
        (r#"{"next_by_subj":"a","multi_last":["b"]}"#, "408 Bad Request"),
    ] {
        expect(body, &[status]);
    }
    let with_level = |level| {
        ask(
            "",
            &format!("NATS/1.0\r\nNats-Required-Api-Level: {level}\r\n\r\n"),
            r#"{"seq":1}"#,
        )
    };
    assert_eq!(with_level("5"), ["1 m0"]);
    assert_eq!(with_level("9"), ["412 Required Api Level"]);
    assert_eq!(with_level("x"), ["412 Required Api Level"]);
}

#[test]
fn get_11_a_message_as_json() {
    let stream = stream();
    let message = stream.get(1).expect("the first message is there");
    let expected = r#"{"type":"io.nats.jetstream.api.v1.stream_msg_get_response","message":{"subject":"d.0","seq":1,"data":"bTA=","time":"2030-01-01T00:00:00Z"}}"#;
    assert_eq!(show_message(&message, false), expected);
}
