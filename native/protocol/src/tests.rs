//! Cases for the parser, and properties: splitting the input anywhere changes nothing.

use crate::*;
use proptest::prelude::*;

const LIMITS: Limits = Limits {
    max_control_line: 64,
    max_payload: 100,
    headers: true,
};

fn one(input: &[u8]) -> Parsed<'_> {
    parse(input, &LIMITS)
}

#[track_caller]
fn op(input: &[u8]) -> Op<'_> {
    match one(input) {
        Parsed::Op(op, used) => {
            assert_eq!(used, input.len(), "consumed");
            op
        }
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn error(input: &[u8]) -> ParseError {
    match one(input) {
        Parsed::Error(e) => e,
        other => panic!("{other:?}"),
    }
}

#[test]
fn operation_names_in_any_case() {
    assert_eq!(op(b"PiNg\r\n"), Op::Ping);
    assert_eq!(op(b"PING junk\n"), Op::Ping);
    assert_eq!(op(b"PINGX\r\n"), Op::Ping);
    assert_eq!(op(b"+ok\r\n"), Op::Ok);
    assert_eq!(op(b"connect{}\r\n"), Op::Connect(b"{}"));
    assert_eq!(
        op(b"sub\ta\t1\n"),
        Op::Sub {
            subject: b"a",
            queue: None,
            sid: b"1"
        }
    );
}

#[test]
fn nothing_makes_a_line_grow_for_ever() {
    for word in ["PUB", "SUB", "CONNECT", "UNSUB", "INFO", "-ERR", "HPUB"] {
        let blanks = format!("{word}{}", " ".repeat(66));
        assert_eq!(error(blanks.as_bytes()), ParseError::ControlLine, "{word}");
        assert_eq!(
            one(&blanks.as_bytes()[..blanks.len() - 1]),
            Parsed::Incomplete { need: 0 },
            "{word}"
        );
    }
    for word in ["PING", "PONG", "+OK"] {
        let junk = format!("{word}{}", "x".repeat(66));
        assert_eq!(error(junk.as_bytes()), ParseError::ControlLine, "{word}");
        assert_eq!(
            error(format!("{junk}\r\n").as_bytes()),
            ParseError::ControlLine,
            "{word}"
        );
        assert_eq!(
            one(&junk.as_bytes()[..junk.len() - 1]),
            Parsed::Incomplete { need: 0 },
            "{word}"
        );
    }
}

#[test]
fn publish_keeps_its_tail_when_it_can_be_passed_on() {
    let Op::Publish(p) = op(b"PUB a 2\r\nhi\r\n") else {
        panic!()
    };
    assert_eq!(
        (p.subject, p.reply, p.body, p.tail),
        (&b"a"[..], None, &b"hi"[..], Some(&b"2\r\nhi\r\n"[..]))
    );
    let Op::Publish(p) = op(b"PUB a r.1 002\r\nhi\r\n") else {
        panic!()
    };
    assert_eq!((p.reply, p.tail), (Some(&b"r.1"[..]), Some(&b"r.1 002\r\nhi\r\n"[..])));
    let Op::Publish(p) = op(b"HPUB a r 1 2\r\nhi\r\n") else {
        panic!()
    };
    assert_eq!((p.header_len, p.tail), (1, Some(&b"r 1 2\r\nhi\r\n"[..])));
    for odd in [
        &b"pub\t a\t r\t 2 \r\nhi\r\n"[..],
        b"PUB a r 2\nhi\r\n",
        b"PUB a r  2\r\nhi\r\n",
        b"PUB a r\t2\r\nhi\r\n",
    ] {
        let Op::Publish(p) = op(odd) else { panic!() };
        assert_eq!(
            (p.subject, p.reply, p.body, p.tail),
            (&b"a"[..], Some(&b"r"[..]), &b"hi"[..], None),
            "{odd:?}"
        );
    }
}

#[test]
fn errors_name_their_cause() {
    for unknown in [
        &b"PIN\r\n"[..],
        b"\r\n",
        b" PING",
        b"PUBx",
        b"MSG a 1 2\r\n",
        b"HMSG",
        b"RS+ a",
        b"PUB a 2\nhi\n",
        b"PUB a 2\r\nhixx",
    ] {
        assert_eq!(error(unknown), ParseError::UnknownOperation, "{unknown:?}");
    }
    for bad in [
        &b"PUB a\r\n"[..],
        b"PUB a xx\r\n",
        b"PUB a -1\r\n",
        b"PUB a b c 1\r\n",
        b"SUB a\r\n",
        b"SUB a b c d\r\n",
        b"UNSUB \r\n",
        b"UNSUB 1 2 3\r\n",
        b"HPUB a 5 2\r\n",
        b"PUB a 0000000002\r\n",
        b"PUB \na 2\r\n",
    ] {
        assert!(matches!(error(bad), ParseError::Arguments { .. }), "{bad:?}");
        assert_eq!(error(bad).wire_text(), None);
    }
    assert_eq!(error(b"PUB a 101\r\n"), ParseError::Payload { size: 101, limit: 100 });
    assert_eq!(error(b"-ERR 'x'\r\n"), ParseError::ClientError("'x'".into()));
    assert_eq!(
        parse(
            b"HPUB a 0 0\r\n",
            &Limits {
                headers: false,
                ..LIMITS
            }
        ),
        Parsed::Error(ParseError::HeadersNotSupported)
    );
}

#[test]
fn control_line_limit_counts_the_argument_only() {
    let line = |n: usize| [b"SUB   ", "a".repeat(n - 2).as_bytes(), b" 1\r\n"].concat();
    assert!(matches!(one(&line(64)), Parsed::Op(..)));
    assert_eq!(error(&line(65)), ParseError::ControlLine);
    // also while the line is incomplete, but not while the last byte may be its CR
    assert_eq!(one(&line(70)[..6 + 65]), Parsed::Incomplete { need: 0 });
    assert_eq!(error(&line(70)[..6 + 66]), ParseError::ControlLine);
}

#[test]
fn unsub_without_a_usable_number_removes_at_once() {
    assert_eq!(
        op(b"UNSUB 1 5\r\n"),
        Op::Unsub {
            sid: b"1",
            max: Some(5)
        }
    );
    assert_eq!(op(b"UNSUB 1 x\r\n"), Op::Unsub { sid: b"1", max: None });
    assert_eq!(op(b"UNSUB 1 1234567890\r\n"), Op::Unsub { sid: b"1", max: None });
}

#[test]
fn connect_decodes_over_the_defaults() {
    let o = ConnectOptions::decode(br#"{"VERBOSE":false,"user":"u","x":[1],"name":null,"protocol":1}"#).unwrap();
    assert_eq!(
        (o.verbose, o.pedantic, o.echo, o.user.as_str(), o.protocol),
        (false, true, true, "u", 1)
    );
    for bad in [
        &b"{bad}"[..],
        b"foo",
        b"",
        b"[]",
        br#"{"verbose":1}"#,
        br#"{"user":true}"#,
        b"{} trailing",
    ] {
        assert!(ConnectOptions::decode(bad).is_err(), "{bad:?}");
    }
}

/// The same session in every spelling that is allowed.
fn session() -> impl Strategy<Value = Vec<u8>> {
    let word = "[a-z]{1,6}";
    let blank = prop_oneof![Just(" "), Just("\t"), Just("  ")];
    let end = prop_oneof![Just("\r\n"), Just("\n")];
    let op = prop_oneof![
        Just(b"PING\r\n".to_vec()),
        (word, blank.clone(), end.clone()).prop_map(|(s, b, e)| format!("SUB{b}{s}{b}1{e}").into_bytes()),
        (word, end.clone()).prop_map(|(s, e)| format!("UNSUB {s}{e}").into_bytes()),
        (word, blank.clone(), end.clone(), "[ -~]{0,20}").prop_map(|(s, b, e, p)| format!(
            "PUB{b}{s}{b}{}{e}{p}\r\n",
            p.len()
        )
        .into_bytes()),
        (word, blank, end, "[ -~]{3,20}").prop_map(|(s, b, e, p)| format!(
            "HPUB{b}{s}{b}r{b}3{b}{}{e}{p}\r\n",
            p.len()
        )
        .into_bytes()),
        proptest::collection::vec(any::<u8>(), 1..8),
    ];
    proptest::collection::vec(op, 1..6).prop_map(|ops| ops.concat())
}

/// Messages as clients write them, half of them with an error.
fn message() -> impl Strategy<Value = Vec<u8>> {
    let parts = (
        "[a-z.]{1,60}",
        proptest::option::of("[a-zA-Z0-9._]{1,40}"),
        "[ -~]{0,110}",
    );
    let flaw = proptest::option::of((
        any::<proptest::sample::Index>(),
        prop_oneof![Just(b' '), Just(b'\n'), any::<u8>()],
    ));
    (parts, any::<bool>(), 0..30usize, flaw).prop_map(|((subject, reply, payload), headers, header_len, flaw)| {
        let reply = reply.map(|reply| format!("{reply} ")).unwrap_or_default();
        let (word, header) = if headers {
            ("HPUB", format!("{header_len} "))
        } else {
            ("PUB", String::new())
        };
        let mut text = format!("{word} {subject} {reply}{header}{}\r\n{payload}\r\n", payload.len()).into_bytes();
        if let Some((at, byte)) = flaw {
            let at = at.index(text.len());
            text[at] = byte;
        }
        text
    })
}

/// All operations of the input when it arrives split at `cuts`, as text, with the error at the end if there is one.
fn run(input: &[u8], cuts: &[usize]) -> Vec<String> {
    let (mut seen, mut held, mut from) = (Vec::new(), Vec::new(), 0);
    for &to in cuts.iter().chain([&input.len()]) {
        held.extend_from_slice(&input[from..to]);
        from = to;
        let mut at = 0;
        loop {
            match parse(&held[at..], &LIMITS) {
                Parsed::Op(op, used) => {
                    seen.push(format!("{op:?}"));
                    at += used;
                }
                Parsed::Incomplete { .. } => break,
                Parsed::Error(e) => {
                    seen.push(e.to_string());
                    return seen;
                }
            }
        }
        held.drain(..at);
    }
    seen
}

// An error may be detected a few bytes earlier or later, but it is the same error after the same operations.
proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn splitting_anywhere_changes_nothing(input in session()) {
        let whole = run(&input, &[]);
        for cut in 0..=input.len() {
            prop_assert_eq!(&run(&input, &[cut]), &whole, "cut at {}", cut);
        }
        let every: Vec<usize> = (0..input.len()).collect();
        prop_assert_eq!(&run(&input, &every), &whole);
    }

    #[test]
    fn the_quick_look_sees_what_the_parser_sees(input in message(), long_lines in any::<bool>(), headers in any::<bool>()) {
        let limits = Limits { max_control_line: if long_lines { 4096 } else { 64 }, headers, ..LIMITS };
        prop_assert_eq!(parse(&input, &limits), parse_leniently(&input, &limits));
        if let (Some(subject), Parsed::Op(Op::Publish(message), _)) = (published_subject(&input), one(&input)) {
            prop_assert_eq!(subject, message.subject);
        }
    }

    #[test]
    fn any_bytes_are_parsed_or_refused(input in proptest::collection::vec(any::<u8>(), 0..200)) {
        run(&input, &[]);
    }
}
