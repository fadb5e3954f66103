//! Whole runs against a small server: messages arrive, and faults are reported.

mod support;

use nt_loadgen::{Load, LoadError};
use std::net::TcpListener;
use support::{Behaviour, Fault, plan, run, serve};

fn publisher(connections: usize, ledgers: &str, more: &str) -> String {
    format!(
        r#"{{"connections":{connections},"name":"pub","role":"publisher","ledgers":[{ledgers}],
            "subjects":{{"pattern":"a","count":1,"order":"turn"}},{more}}}"#
    )
}

fn subscriber(connections: usize, ledger: usize, more: &str) -> String {
    format!(
        r#"{{"connections":{connections},"name":"sub","role":"subscriber","ledger":{ledger},
            "subscriptions":{{"pattern":"a","count":1{more}}}}}"#
    )
}

const ONE: &str = r#"{"name":"one","copies":1}"#;
const SIZE_16: &str = r#""size":{"fixed":16},"messages":5000"#;

fn pair(sender: &str) -> String {
    format!("{},{}", publisher(1, "0", sender), subscriber(1, 0, ""))
}

#[test]
fn what_is_sent_arrives() {
    let address = serve(Behaviour::default());
    let warmup = r#""warmup":{"messagesPerSender":100},"#;
    let report = run(&plan(&address, warmup, ONE, &pair(SIZE_16))).expect("a run");
    assert_eq!((report.published, report.delivered), (5000, 5000));
    assert_eq!(report.delivered_bytes, 5000 * 16);
    let ledger = &report.ledgers[0];
    assert_eq!(
        (ledger.expected, ledger.received, ledger.lost),
        (5100, 5100, 0),
        "the warm-up is checked, too"
    );
    let latency = report.latency.expect("stamps had room for a time");
    assert_eq!(latency.count, 5000, "the warm-up is not timed");
    assert!(latency.min_ns > 0 && latency.max_ns >= latency.min_ns);
    assert_eq!(report.connects.count, 2);
    assert!(report.errors.is_empty(), "{:?}", report.errors);
    // At least as long as the slowest took; histograms round down to three digits.
    assert!(report.connect_seconds * 1.001e9 >= report.connects.max_ns as f64);
    assert!(report.seconds > 0.0 && !report.stopped && report.not_measured.is_empty());
}

#[test]
fn every_payload_size_is_counted_and_says_what_it_can_not_tell() {
    let address = serve(Behaviour::default());
    for (size, missing) in [(0, 2), (7, 2), (8, 1), (15, 1), (16, 0), (70_000, 0)] {
        let sender = format!(r#""size":{{"fixed":{size}}},"messages":200,"headers":[["K","v"]]"#);
        let report = run(&plan(&address, "", ONE, &pair(&sender))).expect("a run");
        assert_eq!(report.delivered, 200, "{size}");
        assert_eq!(report.ledgers[0].lost, 0, "{size}");
        let told: Vec<&str> = ["latency", "sequence"][..missing].to_vec();
        assert_eq!(report.not_measured, told, "{size}");
        assert_eq!(report.latency.is_some(), missing == 0, "{size}");
    }
}

#[test]
fn sizes_and_subjects_of_all_kinds_arrive() {
    let address = serve(Behaviour::default());
    for (subjects, size) in [
        (r#"{"pattern":"a.{}","count":7,"order":"turn"}"#, r#"{"fixed":20}"#),
        (
            r#"{"pattern":"a.{}","count":7,"order":"random"}"#,
            r#"{"min":0,"max":100}"#,
        ),
        (
            r#"{"pattern":"a.{}","count":100000,"order":"turn"}"#,
            r#"{"sizes":[16,2000],"weights":[9,1]}"#,
        ),
    ] {
        let clients = format!(
            r#"{{"connections":2,"name":"p","role":"publisher","ledgers":[0],"messages":500,"subjects":{subjects},"size":{size}}},
               {{"connections":1,"name":"s","role":"subscriber","ledger":0,"subscriptions":{{"pattern":"a.*","count":1}}}}"#
        );
        let report = run(&plan(&address, "", ONE, &clients)).expect("a run");
        let ledger = &report.ledgers[0];
        assert_eq!(
            (report.delivered, ledger.lost, ledger.duplicated, ledger.reordered),
            (1000, 0, 0, 0),
            "{subjects}"
        );
    }
}

#[test]
fn loss_duplicates_and_disorder_are_told_apart() {
    let faults = vec![
        Fault::Lose(100),
        Fault::Lose(101),
        Fault::Repeat(200),
        Fault::Delay(300),
        Fault::Lose(4999),
    ];
    for (readers, copies, queue) in [(1, 1, ""), (3, 3, ""), (2, 1, r#","queue":"q""#)] {
        let address = serve(Behaviour {
            faults: faults.clone(),
            ..Behaviour::default()
        });
        let clients = format!("{},{}", publisher(1, "0", SIZE_16), subscriber(readers, 0, queue));
        let ledger = format!(r#"{{"name":"l","copies":{copies}}}"#);
        let report = run(&plan(&address, "", &ledger, &clients)).expect("a run");
        let ledger = &report.ledgers[0];
        assert_eq!(ledger.expected, 5000 * copies, "{readers} readers, {queue}");
        assert_eq!(
            (ledger.lost, ledger.duplicated),
            (3 * copies, copies),
            "{readers} readers, {queue}"
        );
        // In a group, the connection of the delayed message may have received nothing in between.
        if queue.is_empty() {
            assert_eq!(ledger.reordered, copies, "{readers} readers");
        }
    }
}

#[test]
fn all_clients_count_from_the_same_moment() {
    // Each member of the group gets one of two messages: its first and last arrival are the same moment.
    let address = serve(Behaviour::default());
    let sender = r#""size":{"fixed":16},"messages":2,"rate":50"#;
    let clients = format!("{},{}", publisher(1, "0", sender), subscriber(2, 0, r#","queue":"q""#));
    let report = run(&plan(&address, "", ONE, &clients)).expect("a run");
    let members: Vec<_> = report
        .clients
        .iter()
        .filter(|client| client.role == "subscriber")
        .collect();
    assert_eq!(
        members.iter().map(|member| member.delivered).collect::<Vec<_>>(),
        [1, 1]
    );
    assert!(members.iter().all(|member| member.seconds > 0.0));
    let last = members.iter().map(|member| member.seconds).fold(0.0, f64::max);
    assert!(last <= report.seconds);
}

#[test]
fn sending_ends_with_the_last_write_not_before_it() {
    // All are sent in one write, whose begin and end are two moments.
    let address = serve(Behaviour::default());
    let sender = r#""size":{"fixed":16},"messages":100"#;
    let report = run(&plan(&address, "", ONE, &pair(sender))).expect("a run");
    assert!(report.send_seconds > 0.0);
}

#[test]
fn sequences_wrap_within_a_run() {
    let address = serve(Behaviour {
        faults: vec![Fault::Lose(60), Fault::Repeat(70)],
        ..Behaviour::default()
    });
    let more = format!(r#""firstSequence":{},"#, u32::MAX - 49);
    let report = run(&plan(
        &address,
        &more,
        ONE,
        &pair(r#""size":{"fixed":16},"messages":1000"#),
    ))
    .expect("a run");
    let ledger = &report.ledgers[0];
    assert_eq!(
        (ledger.received, ledger.lost, ledger.duplicated, ledger.reordered),
        (1000, 1, 1, 0)
    );
}

#[test]
fn time_can_end_it() {
    let address = serve(Behaviour::default());
    let report = run(&plan(
        &address,
        r#""measureMs":50,"#,
        ONE,
        &pair(r#""size":{"fixed":16},"sleepUs":100"#),
    ));
    let report = report.expect("a run");
    assert!(report.published > 0);
    assert_eq!(report.published, report.delivered);
    assert_eq!(report.ledgers[0].lost, 0);
}

#[test]
fn open_loop_sends_what_was_due() {
    let address = serve(Behaviour::default());
    let report = run(&plan(
        &address,
        "",
        ONE,
        &pair(r#""size":{"fixed":16},"messages":300,"rate":5000"#),
    ))
    .expect("a run");
    assert_eq!(report.delivered, 300);
    // The last one is due 299 intervals after the first, never earlier.
    assert!(report.send_seconds >= 0.0595, "{}", report.send_seconds);
    assert_eq!(report.latency.expect("stamped").count, 300);
}

#[test]
fn requests_are_answered_by_responders() {
    let address = serve(Behaviour::default());
    for reply in ["", r#""replySize":100,"#] {
        let clients = format!(
            r#"{{"connections":2,"name":"req","role":"requester","window":10,"answer":"echo","ledgers":[],"messages":500,
                "subjects":{{"pattern":"svc","count":1,"order":"turn"}},"size":{{"fixed":32}}}},
               {{"connections":1,"name":"res","role":"responder",{reply}"subscriptions":{{"pattern":"svc","count":1,"queue":"q"}}}}"#
        );
        let report = run(&plan(&address, r#""warmup":{"messagesPerSender":20},"#, "", &clients)).expect("a run");
        assert_eq!((report.published, report.delivered), (1000, 1000));
        assert_eq!(report.latency.expect("timed").count, 1000);
        assert!(report.errors.is_empty(), "{:?}", report.errors);
        let responder = report
            .clients
            .iter()
            .find(|c| c.role == "responder")
            .expect("a responder");
        assert_eq!(responder.delivered, 1000);
    }
}

fn stored(address: &str) -> nt_loadgen::Report {
    let clients = r#"{"connections":1,"name":"js","role":"requester","window":4,"answer":"puback","ledgers":[0],"messages":50,
        "subjects":{"pattern":"s","count":1,"order":"turn"},"size":{"fixed":16}}"#;
    let warmup = r#""warmup":{"messagesPerSender":20},"#;
    run(&plan(address, warmup, ONE, clients)).expect("a run")
}

#[test]
fn refused_and_unheard_requests_are_errors() {
    let good = serve(Behaviour {
        stream: Some(("s", r#"{"stream":"S","seq":1}"#)),
        ..Behaviour::default()
    });
    let report = stored(&good);
    assert!(report.errors.is_empty(), "{:?}", report.errors);
    assert_eq!((report.delivered, report.warmed), (50, 20));

    let error =
        r#"{"error":{"code":503,"err_code":10077,"description":"maximum messages exceeded"},"stream":"S","seq":0}"#;
    let bad = serve(Behaviour {
        stream: Some(("s", error)),
        ..Behaviour::default()
    });
    let report = stored(&bad);
    assert_eq!((report.delivered, report.warmed), (0, 0));
    assert_eq!(
        (report.errors[0].text.as_str(), report.errors[0].count),
        ("maximum messages exceeded (10077)", 70)
    );
    assert_eq!(report.ledgers[0].expected, 0, "what was refused is not lost");

    let report = stored(&serve(Behaviour::default()));
    assert!(
        report.errors[0].text.starts_with("503") && report.errors[0].count == 70,
        "{:?}",
        report.errors
    );
}

#[test]
fn an_answer_that_never_comes_does_not_hang() {
    // The request's message is lost on its way to the responder.
    let address = serve(Behaviour {
        faults: vec![Fault::Lose(3)],
        ..Behaviour::default()
    });
    let clients = r#"{"connections":1,"name":"req","role":"requester","window":1,"answer":"any","ledgers":[],"messages":5,
        "subjects":{"pattern":"svc","count":1,"order":"turn"},"size":{"fixed":16}},
        {"connections":1,"name":"res","role":"responder","subscriptions":{"pattern":"svc","count":1}}"#;
    let report = run(&plan(&address, "", "", clients)).expect("a run");
    let unanswered: u64 = report
        .errors
        .iter()
        .filter(|e| e.text.contains("not answered"))
        .map(|e| e.count)
        .sum();
    assert!(unanswered >= 1, "{:?}", report.errors);
    assert_eq!(report.delivered + unanswered, 5);
}

#[test]
fn lost_connections_are_errors_not_hangs() {
    let address = serve(Behaviour {
        faults: vec![Fault::CutPublisher(50)],
        ..Behaviour::default()
    });
    let report = run(&plan(&address, "", ONE, &pair(SIZE_16))).expect("a run");
    assert!(
        report.errors.iter().any(|e| e.text.contains("connection of pub")),
        "{:?}",
        report.errors
    );
    assert!(report.ledgers[0].lost > 0);

    let address = serve(Behaviour {
        faults: vec![Fault::CutReceivers(50)],
        ..Behaviour::default()
    });
    let report = run(&plan(&address, "", ONE, &pair(SIZE_16))).expect("a run");
    assert_eq!(report.slow_consumers, 1);
    assert!(report.ledgers[0].lost >= 4900);
}

#[test]
fn a_server_that_ends_has_cut_nobody_off_for_being_slow() {
    let address = serve(Behaviour {
        faults: vec![Fault::Die(50)],
        ..Behaviour::default()
    });
    let forever = SIZE_16.replace("5000", "1000000000");
    let report = run(&plan(&address, "", ONE, &pair(&forever))).expect("a run");
    assert_eq!(
        report.errors.iter().map(|e| e.count).sum::<u64>(),
        2,
        "{:?}",
        report.errors
    );
    assert_eq!(report.slow_consumers, 0);
}

#[test]
fn headers_are_no_payload() {
    let address = serve(Behaviour::default());
    let sender = r#""size":{"fixed":20},"messages":100,"headers":[["Name","value"]]"#;
    let report = run(&plan(&address, "", ONE, &pair(sender))).expect("a run");
    assert_eq!((report.published_bytes, report.delivered_bytes), (2000, 2000));
}

#[test]
fn reading_a_stream_takes_time_from_the_question_on() {
    // One message: the time from the first to the last message is zero.
    let address = serve(Behaviour {
        stream: Some(("$JS.API.CONSUMER.MSG.NEXT.S.C", "a message")),
        ..Behaviour::default()
    });
    let stored = r#"{"name":"stored","copies":1,"alreadyStored":1}"#;
    let clients = r#"{"connections":1,"name":"reader","role":"puller","ledger":0,"stream":"S","consumer":"C",
        "prefix":"$JS.API","batch":1,"style":"fetch","expiresMs":1000,"ack":"none","messages":1}"#;
    let report = run(&plan(&address, "", stored, clients)).expect("a run");
    assert_eq!(report.delivered, 1, "{:?}", report.errors);
    assert!(report.seconds > 0.0 && report.clients[0].seconds > 0.0);
}

#[test]
fn a_sender_has_sent_before_the_server_has_it_all() {
    let address = serve(Behaviour::default());
    let report = run(&plan(&address, "", ONE, &pair(SIZE_16))).expect("a run");
    let sender = report.clients.iter().find(|c| c.role == "publisher").expect("one");
    assert!(sender.send_seconds < sender.seconds, "the PONG comes later");
    assert!(sender.send_seconds <= report.send_seconds);
}

#[test]
fn unreachable_and_refusing_servers_say_so() {
    let port = TcpListener::bind("127.0.0.1:0")
        .and_then(|l| l.local_addr())
        .expect("a port that is free again");
    let idle = r#"{"connections":1,"name":"i","role":"idle"}"#;
    let fails = |address: &str| run(&plan(address, "", "", idle)).expect_err("no run");

    let error = fails(&port.to_string());
    assert_eq!(error.code(), "CONNECT_FAILED");
    assert!(
        error.to_string().contains(&port.to_string()) && error.to_string().contains("refused"),
        "{error}"
    );

    let strict = serve(Behaviour {
        token: Some("secret"),
        ..Behaviour::default()
    });
    let error = fails(&strict);
    assert!(
        matches!(&error, LoadError::AuthRefused { text, .. } if text == "Authorization Violation"),
        "{error:?}"
    );

    let http = serve(Behaviour {
        greeting: Some("HTTP/1.1 400 Bad Request\r\n"),
        ..Behaviour::default()
    });
    let error = fails(&http);
    assert!(
        error.code() == "CONNECT_FAILED" && error.to_string().contains("HTTP/1.1"),
        "{error}"
    );

    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = silent.local_addr().expect("bound").to_string();
    let quick = plan(&address, "", "", idle).replace("\"connectTimeoutMs\":5000", "\"connectTimeoutMs\":50");
    let error = run(&quick).expect_err("no run");
    assert!(error.to_string().contains("no INFO within 50 ms"), "{error}");
}

#[test]
fn credentials_reach_the_server() {
    let address = serve(Behaviour {
        token: Some("secret"),
        ..Behaviour::default()
    });
    let more = r#""credentials":{"token":"secret"},"#;
    let report = run(&plan(
        &address,
        more,
        "",
        r#"{"connections":20,"name":"i","role":"idle"}"#,
    ))
    .expect("a run");
    assert_eq!(report.connects.count, 20);
    assert!(report.errors.is_empty());
}

#[test]
fn stopping_brings_a_report() {
    let address = serve(Behaviour::default());
    let plan = plan(
        &address,
        r#""measureMs":600000,"#,
        ONE,
        &pair(r#""size":{"fixed":16},"sleepUs":10"#),
    );
    let load = Load::new(&plan).expect("a plan");
    std::thread::scope(|scope| {
        for thread in [0, 1] {
            let load = &load;
            scope.spawn(move || load.run(thread));
        }
        while load.progress().delivered == 0 {
            std::thread::yield_now();
        }
        assert_eq!(load.progress().phase, "measuring");
        assert!(load.report().is_err(), "it is not over");
        load.stop();
    });
    let report = load.report().expect("a report");
    assert!(report.stopped && report.delivered > 0);
    assert_eq!(load.progress().phase, "done");
}

#[test]
fn plans_that_make_no_sense_are_refused() {
    let address = "127.0.0.1:1";
    for (plan, what) in [
        ("{".to_owned(), "EOF"),
        (plan(address, "", "", &pair(SIZE_16)), "no ledger 0"),
        (
            plan(address, "", ONE, &pair(r#""size":{"fixed":16}"#)),
            "messages nor measureMs",
        ),
        (
            plan(address, "", ONE, &pair(r#""size":{"fixed":16},"messages":1,"rate":0"#)),
            "rate",
        ),
        (plan(address, r#""credentials":{"nkeySeed":"x"},"#, "", ""), "nkey"),
    ] {
        let error = Load::new(&plan).err().expect("no valid plan");
        assert_eq!(error.code(), "INVALID_PLAN");
        assert!(error.to_string().contains(what), "{error}");
    }
}
