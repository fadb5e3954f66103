//! Facts about single transforms, as nats-server shows them.

use super::{apply, compile, no_draw};
use crate::transform::{NotTransformed, Transform};

/// Source, destination, subject, result.
fn check(cases: &[(&str, &str, &str, &str)]) {
    for &(source, destination, subject, result) in cases {
        let transform = compile(source, destination).unwrap_or_else(|e| panic!("{source} {destination}: {e}"));
        assert_eq!(apply(&transform, subject), result, "{source} {destination}");
        let mut out = Vec::new();
        let outcome = transform.transform(subject.as_bytes(), &mut no_draw(), &mut out);
        assert_eq!(outcome, Ok(()), "{source} matches {subject}");
        assert_eq!(out, result.as_bytes());
        assert!(out.len() <= transform.longest(subject.len()), "{destination}");
    }
}

#[test]
fn tokens_are_placed_by_dollar_and_by_wildcard() {
    check(&[
        ("foo", "bar", "foo", "bar"),
        ("foo.*.bar.*.baz", "req.$2.$1", "foo.A.bar.B.baz", "req.B.A"),
        (
            "foo.*.bar.*.baz",
            "req.{{wildcard(2)}}.{{wildcard(1)}}",
            "foo.A.bar.B.baz",
            "req.B.A",
        ),
        ("*", "foo.bar.$1", "foo", "foo.bar.foo"),
        ("*", "$1.$1", "a", "a.a"),
        // Names with a `$` that are no numbers are ordinary.
        ("*", "$JS.$1.$.$1x", "a", "$JS.a.$.$1x"),
        ("*.*", "$+2.$01", "a.b", "b.a"),
        // Wildcards may be left out, except in imports.
        ("foo.*.*", "bar.$2", "foo.1.2", "bar.2"),
        // 0 and negative numbers name the first token, which may be literal.
        ("foo.*", "$0.$-3.{{wildcard(0)}}", "foo.a", "foo.foo.foo"),
    ]);
}

#[test]
fn the_tail_moves_to_the_tail() {
    check(&[
        ("baz.>", "my.pre.>", "baz.1.2.3", "my.pre.1.2.3"),
        (">", "uno.>", "one.two.three", "uno.one.two.three"),
        ("", "prefix.>", "foo", "prefix.foo"),
        (">", ">", "one.two.three", "one.two.three"),
        ("one.two.>", "uno.dos.>", "one.two.three", "uno.dos.three"),
        (
            "*.two.three.>",
            "uno.$1.>",
            "one.two.three.four.five",
            "uno.one.four.five",
        ),
        ("foo.>", ">", "foo.a.b", "a.b"),
        (">", "{{partition(10)}}.>", "foo.bar", "6.foo.bar"),
    ]);
}

#[test]
fn functions_cut_tokens() {
    check(&[
        ("*", "{{splitfromleft(1,3)}}", "12345", "123.45"),
        ("*", "{{SplitFromRight(1,3)}}", "12345", "12.345"),
        ("*", "{{SliceFromLeft(1,3)}}", "1234567890", "123.456.789.0"),
        ("*", "{{SliceFromRight(1,3)}}", "1234567890", "1.234.567.890"),
        ("*", "{{sliceFromLeft(1,2)}}", "1234", "12.34"),
        ("*", "{{sliceFromRight(1,2)}}", "1234", "12.34"),
        ("*", "{{right(1,1)}}", "1234", "4"),
        ("*", "{{right(1,3)}}", "1234", "234"),
        ("*", "{{left(1,1)}}", "1234", "1"),
        ("*", "{{left(1,3)}}", "1234", "123"),
    ]);
    // A token that is not longer than the length stays whole, and so does every token for lengths below 1.
    for name in [
        "splitFromLeft",
        "splitFromRight",
        "sliceFromLeft",
        "sliceFromRight",
        "left",
        "right",
    ] {
        for length in ["4", "5", "2147483647", "0", "-1"] {
            check(&[("*.x", &format!("a.{{{{{name}(1,{length})}}}}.b"), "1234.x", "a.1234.b")]);
        }
    }
}

#[test]
fn split_leaves_out_empty_pieces() {
    check(&[
        ("*", "{{split(1,-)}}", "-abc-def--ghi-", "abc.def.ghi"),
        ("*", "{{split(1,-)}}", "abc-def--ghi-", "abc.def.ghi"),
        ("*", "{{split(1,-)}}", "abc", "abc"),
        ("*", "{{split(1,--)}}", "a-b--c---d", "a-b.c.-d"),
        (
            "*.*",
            "{{split(2,-)}}.{{splitfromleft(1,2)}}",
            "foo.-abc-def--ghij-",
            "abc.def.ghij.fo.o",
        ),
        // Two separators at the start yield an empty token, one does not.
        ("*", "{{split(1,-)}}", "--abc", ".abc"),
        ("*", "a.{{split(1,-)}}", "--", "a."),
        // Without a separator: characters.
        ("*", "{{split(1,)}}", "aéz", "a.é.z"),
    ]);
}

#[test]
fn partitions_are_fnv_1a_of_tokens_or_of_the_whole_subject() {
    check(&[
        ("p.*", "p.{{partition(3,1)}}", "p.aaa", "p.1"),
        ("p.*", "p.{{partition(3,1)}}", "p.bbb", "p.0"),
        ("p.*", "p.{{partition(3,1)}}", "p.ccc", "p.1"),
        ("*", "bar.{{partition(10, 0)}}", "foo", "bar.3"),
        ("*.*", "bar.{{partition(10)}}", "foo.bar", "bar.6"),
        ("*", "bar.{{partition(10)}}", "baz", "bar.0"),
        ("*", "bar.{{partition(10)}}", "qux", "bar.9"),
        ("foo.baz", "qux.{{partition(10)}}", "foo.baz", "qux.4"),
        ("test.subject", "result.{{partition(5)}}", "test.subject", "result.0"),
        // Tokens are hashed without dots between them.
        ("*.*", "{{partition(10,1,2)}}", "fo.o", "3"),
        ("*", "bar.{{partition(0)}}", "baz", "bar.0"),
        // A literal source has one partition, whatever the arguments.
        ("foo.bar", "baz.{{partition(10,7)}}", "foo.bar", "baz.6"),
        // A negative count is taken as an unsigned one.
        ("*", "{{partition(-1)}}", "foo", "2851307223"),
        ("*", "{{partition(2147483647)}}", "foo", "703823576"),
    ]);
}

#[test]
fn random_numbers_are_below_their_limit_and_drawn_for_each() {
    let transform = compile("*", "a.{{random(6)}}.{{Random(-6)}}.{{random(0)}}").expect("valid");
    assert!(transform.is_random());
    let (mut out, mut next) = (Vec::new(), [13, 8].into_iter());
    transform.apply(b"x", &mut || next.next().expect("two draws"), &mut out);
    assert_eq!(out, b"a.1.2.0");
    assert!(
        !compile("*", "{{random(0)}}.$1.{{partition(3)}}")
            .expect("valid")
            .is_random()
    );
}

#[test]
fn function_names_take_variants_of_case_and_blanks() {
    for call in [
        "{{wildcard(1)}}",
        "{{Wildcard(1)}}",
        "{{ wildcard (1) }}",
        "{{\twildcard\t( 1 )\t}}",
        "{{left(1,99)}}",
        "{{Left(1,99)}}",
        "{{ left( 1 , 99 ) }}",
        "{{right(1,99)}}",
        "{{Right(1, 99)}}",
        "{{split(1,-)}}",
        "{{Split(1, -)}}",
        "{{splitfromleft(1,99)}}",
        "{{SplitFromLeft(1,99)}}",
        "{{splitFromleft(1,99)}}",
        "{{splitfromRight(1,99)}}",
        "{{slicefromleft(1,99)}}",
        "{{SliceFromRight(1,99)}}",
    ] {
        check(&[("foo.*", &format!("x.{call}.y"), "foo.a", "x.a.y")]);
    }
    for call in ["{{WILDCARD(1)}}", "{{splitFROMleft(1,9)}}", "{{wild card(1)}}"] {
        refuse(&[(
            "*",
            call,
            &format!("invalid mapping destination: unknown function in {call}"),
        )]);
    }
    // What is no call at all is text.
    check(&[("*", "{}.{{}}.{{x}.{x}}", "a", "{}.{{}}.{{x}.{x}}")]);
}

/// Source, destination, error.
fn refuse(cases: &[(&str, &str, &str)]) {
    for &(source, destination, error) in cases {
        let refused = compile(source, destination).expect_err(destination);
        assert_eq!(refused.to_string(), error, "{source} {destination}");
    }
}

#[test]
fn source_and_destination_have_to_be_subjects_of_one_kind() {
    for (source, destination) in [
        ("foo..", "bar"),
        ("foo", "bar."),
        ("foo", ""),
        ("a.>.b", "b"),
        ("foo.*", "bar.*"),
        ("foo", "*"),
        ("foo.*", "bar.$1.>"),
        ("foo.>", "bar.baz"),
        (">", ">.a"),
        // Line ends in a subject would end the line of the protocol.
        ("foo", "a b"),
        ("foo", "a\r\nb"),
        ("fo o", "b"),
        ("*", "$1\n"),
        ("*", "{{split(1, .)}}"),
    ] {
        refuse(&[(source, destination, "invalid subject")]);
    }
}

#[test]
fn errors_have_the_texts_of_nats_server() {
    let cases = [
        ("foo.*", "bar.$2", "wildcard index out of range in $2: [2]"),
        ("a.*", "b.$5", "wildcard index out of range in $5: [5]"),
        ("foo", "$1", "wildcard index out of range in $1"),
        (
            "foo.*",
            "foo.{{wildcard(2)}}",
            "wildcard index out of range in {{wildcard(2)}}: [2]",
        ),
        (
            "foo",
            "bla.{{wildcard(1)}}",
            "wildcard index out of range in {{wildcard(1)}}",
        ),
        (
            "*",
            "{{partition(3,1,2)}}",
            "wildcard index out of range in {{partition(3,1,2)}}: [2]",
        ),
        (
            "foo.*",
            "foo.{{unimplemented(1)}}",
            "unknown function in {{unimplemented(1)}}",
        ),
        ("foo.*", "foo.{{ wildcard5) }}", "unknown function in {{ wildcard5) }}"),
        (
            "foo.*",
            "foo.{{splitLeft(2,2}}",
            "unknown function in {{splitLeft(2,2}}",
        ),
        (
            "foo.*",
            "foo.{{wildcard()}}",
            "not enough arguments passed to the function in {{wildcard()}}",
        ),
        (
            "foo.*",
            "foo.{{wildcard(1,2)}}",
            "too many arguments passed to the function in {{wildcard(1,2)}}",
        ),
        (
            "*",
            "{{left(1)}}",
            "not enough arguments passed to the function in {{left(1)}}",
        ),
        (
            "*",
            "{{left(1,2,3)}}",
            "too many arguments passed to the function in {{left(1,2,3)}}",
        ),
        (
            "*",
            "{{split(1)}}",
            "not enough arguments passed to the function in {{split(1)}}",
        ),
        (
            "*",
            "{{split(1,a,b)}}",
            "too many arguments passed to the function in {{split(1,a,b)}}",
        ),
        (
            "*",
            "{{random(1,2)}}",
            "not enough arguments passed to the function in {{random(1,2)}}",
        ),
    ];
    for (source, destination, error) in cases {
        refuse(&[(source, destination, &format!("invalid mapping destination: {error}"))]);
    }
    for call in [
        "{{partition()}}",
        "{{partition(2147483648)}}",
        "{{partition(3,x)}}",
        "{{random()}}",
        "{{random(2147483648)}}",
        "{{wildcard(foo)}}",
        "{{wildcard(\t1)}}",
        "{{wildcard(1_0)}}",
        "{{left(1,2147483648)}}",
        "{{left(1,-2147483649)}}",
        "{{left(x,1)}}",
        "{{split(1,a b)}}",
        "{{wildcard(1)}}{{wildcard(1)}}",
    ] {
        let error = format!("function argument is invalid or in the wrong format in {call}");
        refuse(&[("*", call, &format!("invalid mapping destination: {error}"))]);
    }
}

#[test]
fn mappings_name_what_is_wrong_with_the_form() {
    for (source, destination) in [
        ("bar", "foo"),
        ("foo.>", ">"),
        ("foo.*.>", "bar.{{wildcard(1)}}.>"),
        ("*", "foo.{{wildcard( 1 )}}"),
        ("*", "foo.{{ left( 1 , 2 ) }}"),
        ("*.*", "foo.{{SplitFromLeft(2,1)}}"),
        ("foo.*.*", "bar.$2"),
    ] {
        let transform = Transform::for_mapping(source.as_bytes(), destination.as_bytes());
        assert_eq!(transform, compile(source, destination), "{destination}");
        assert!(transform.is_ok(), "{destination}");
    }
    for (source, destination, error) in [
        ("foo", "foo..}", "invalid mapping destination: invalid transform"),
        ("foo", "", "invalid mapping destination: invalid transform"),
        ("foo", "foo. bar}", "invalid mapping destination: invalid transform"),
        ("foo", "a.>.b", "invalid mapping destination: invalid transform in b"),
        // The form is judged first, from end to end.
        (
            "*",
            "$2.{{x(1)}}",
            "invalid mapping destination: unknown function in {{x(1)}}",
        ),
        (
            "*",
            "$2.{{left(1)}}",
            "invalid mapping destination: wildcard index out of range in $2: [2]",
        ),
        ("foo.*", "bar.*", "invalid subject"),
        ("foo", "bar.>", "invalid subject"),
    ] {
        let refused = Transform::for_mapping(source.as_bytes(), destination.as_bytes()).expect_err(destination);
        assert_eq!(refused.to_string(), error, "{source} {destination}");
    }
}

fn import(source: &str, destination: &str) -> Result<Transform, String> {
    Transform::for_import(source.as_bytes(), destination.as_bytes()).map_err(|error| error.to_string())
}

#[test]
fn imports_move_tokens_and_use_every_wildcard() {
    for (source, destination, numbered) in [
        ("foo.*", "bar.{{Wildcard(1)}}", "bar.{{Wildcard(1)}}"),
        ("foo.*.*", "bar.$2.$1", "bar.$2.$1"),
        ("foo.*.*", "bar.*.x.*", "bar.$1.x.$2"),
        ("foo.>", "bar.>", "bar.>"),
        ("foo", "bar", "bar"),
    ] {
        let transform = import(source, destination).expect("valid");
        assert_eq!(transform.destination(), numbered.as_bytes());
        assert_eq!(transform.source(), source.as_bytes());
    }
    for (source, destination, error) in [
        ("foo.*.*", "bar.$2", "not using all of the token wildcard(s) in bar.$2"),
        ("foo.*.*", "bar.*", "not using all of the token wildcard(s) in bar.$1"),
        (
            "foo.*",
            "foo.$foo",
            "not using all of the token wildcard(s) in foo.$foo",
        ),
        (
            "foo.*",
            "bar.{{Partition(2,1)}}",
            "the only mapping function allowed for import transforms is {{Wildcard()}} in {{Partition(2,1)}}",
        ),
        (
            "foo.*",
            "$1.{{random(2)}}",
            "the only mapping function allowed for import transforms is {{Wildcard()}} in {{random(2)}}",
        ),
        ("foo.*", "bar.$2", "wildcard index out of range in $2: [2]"),
    ] {
        let refused = import(source, destination).expect_err(destination);
        assert_eq!(refused, format!("invalid mapping destination: {error}"));
    }
    assert_eq!(
        import("foo.*", "bar"),
        Err("invalid mapping destination: not using all of the token wildcard(s) in bar".into())
    );
    assert_eq!(import("foo.>", "bar"), Err("invalid subject".into()));
}

#[test]
fn subjects_that_do_not_match_are_refused() {
    let transform = compile("foo.*", "bar.$1").expect("valid");
    let outcome = |subject: &str| transform.transform(subject.as_bytes(), &mut no_draw(), &mut Vec::new());
    assert_eq!(outcome("foo.a"), Ok(()));
    for subject in ["foo", "foo.a.b", "bar.a"] {
        assert_eq!(outcome(subject), Err(NotTransformed::NoMatch), "{subject}");
    }
    for subject in ["", "foo.", "foo..a", "foo.*", "foo.>", "*.a"] {
        assert_eq!(outcome(subject), Err(NotTransformed::InvalidSubject), "{subject}");
    }
    assert_eq!(NotTransformed::NoMatch.to_string(), "no matching transforms available");
    assert_eq!(NotTransformed::InvalidSubject.to_string(), "invalid subject");
}

#[test]
fn tokens_that_a_subject_lacks_count_as_empty() {
    let transform = compile("foo.*.*.>", "one.{{wildcard(1)}}.{{left(2,1)}}.{{split(2,-)}}.>").expect("valid");
    assert_eq!(apply(&transform, "foo"), "one....");
    assert_eq!(apply(&transform, ""), "one....");
}

#[test]
fn reversing_restores_the_subject() {
    for (source, destination, subject, result) in [
        ("foo.*.*", "bar.$2.{{Wildcard(1)}}", "foo.b.a", "bar.a.b"),
        ("foo", "bar", "foo", "bar"),
        ("foo.>", "bar.baz.>", "foo.1.2", "bar.baz.1.2"),
        ("a.*.b.>", "c.d.$1.>", "a.1.b.2.3", "c.d.1.2.3"),
        // Three rotated tokens, where nats-server gives c.a.b.
        ("*.*.*", "$2.$3.$1", "a.b.c", "b.c.a"),
        // Text that looks like a placeholder stays text.
        ("foo.*", "$x.$1.$2z", "foo.a", "$x.a.$2z"),
    ] {
        let transform = compile(source, destination).expect("valid");
        let reverse = transform.reverse().expect("defined");
        assert_eq!(apply(&transform, subject), result);
        assert_eq!(apply(&reverse, result), subject, "{destination}");
        assert_eq!(Some(reverse.source()), transform.destination_pattern().as_deref());
        assert_eq!(reverse.reverse().expect("defined").parts, transform.parts);
    }
    let reverse = compile("foo.*.*", "bar.$2.$1")
        .expect("valid")
        .reverse()
        .expect("defined");
    assert_eq!(
        (reverse.source(), reverse.destination()),
        (&b"bar.*.*"[..], &b"foo.$2.$1"[..])
    );
    // Subscriptions to the result go the same way.
    assert_eq!(apply(&reverse, "bar.*.x"), "foo.x.*");
}

#[test]
fn what_loses_or_doubles_tokens_has_no_reverse() {
    for (source, destination) in [
        ("*.*", "$1"),
        ("*", "$1.$1"),
        ("*.*", "$1.$1"),
        ("foo.*", "$0.$1"),
        ("foo.*", "bar.$0"),
        ("*", "{{left(1,2)}}"),
        ("*", "$1.{{partition(3)}}"),
        ("foo", "{{random(3)}}"),
    ] {
        assert_eq!(
            compile(source, destination).expect("valid").reverse(),
            None,
            "{destination}"
        );
    }
}
