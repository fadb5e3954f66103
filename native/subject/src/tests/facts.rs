//! The rules of subjects and of permission lists, one by one.

use crate::{
    HashSeed, InvalidPattern, InvalidSubject, Matches, PatternSet, Sublist, check_subject, has_wildcard, is_subset,
    is_valid_literal_subject, is_valid_subject, literal_matches, overlaps, token_count,
};

fn index(subjects: &[&str]) -> Sublist {
    let mut list = Sublist::new(HashSeed::new(1));
    for (at, subject) in subjects.iter().enumerate() {
        list.insert(subject.as_bytes(), None, at as u32 + 1)
            .expect("a valid subject");
    }
    list
}

fn plain(list: &Sublist, literal: &str) -> Vec<u32> {
    let mut out = Matches::new();
    list.matches(literal.as_bytes(), &mut out);
    out.plain.sort_unstable();
    out.plain
}

fn groups(list: &Sublist, literal: &str) -> Vec<(String, Vec<u32>)> {
    let mut out = Matches::new();
    list.matches(literal.as_bytes(), &mut out);
    let name = |queue| String::from_utf8_lossy(list.queue_name(queue).expect("in use")).into_owned();
    let mut all: Vec<_> = out.groups().map(|(queue, ids)| (name(queue), ids.to_vec())).collect();
    all.iter_mut().for_each(|(_, ids)| ids.sort_unstable());
    all.sort();
    all
}

#[test]
fn valid_subjects() {
    for subject in [
        "a", "a.b", "*", ">", "*.>", "a.*.c", "a.>", "a*b", "foo*", "fo>o", "**", ">>", "$SYS.x", "_R_.1", "é.ü",
    ] {
        assert!(is_valid_subject(subject.as_bytes()), "{subject}");
    }
}

#[test]
fn invalid_subjects_say_why() {
    use InvalidSubject::*;
    let cases = [
        ("", Empty),
        (".", EmptyToken),
        (".a", EmptyToken),
        ("a.", EmptyToken),
        ("a..b", EmptyToken),
        ("*.", EmptyToken),
        (">.", TailWildcardNotLast),
        (">.a", TailWildcardNotLast),
        ("a.>.b", TailWildcardNotLast),
        (" ", Blank),
        ("a b", Blank),
        ("a\tb", Blank),
        ("a\x0cb", Blank),
        ("a\rb", Blank),
        ("a\nb", Blank),
        ("a. .b", Blank),
        ("a.b ", Blank),
    ];
    for (subject, why) in cases {
        assert_eq!(check_subject(subject.as_bytes()), Err(why), "{subject:?}");
        assert!(!is_valid_subject(subject.as_bytes()));
        assert_eq!(
            Sublist::new(HashSeed::new(1)).insert(subject.as_bytes(), None, 1),
            Err(why)
        );
    }
}

#[test]
fn literal_subjects_have_no_whole_token_wildcard() {
    for subject in ["a", "a.b", "fo*", "fo>o", "*a", "a.>b", "**"] {
        assert!(is_valid_literal_subject(subject.as_bytes()), "{subject}");
        assert!(!has_wildcard(subject.as_bytes()), "{subject}");
    }
    for subject in ["*", ">", "a.*", "a.>", "*.a", "a.*.b"] {
        assert!(!is_valid_literal_subject(subject.as_bytes()), "{subject}");
        assert!(has_wildcard(subject.as_bytes()), "{subject}");
    }
    assert!(!is_valid_literal_subject(b"a b") && !is_valid_literal_subject(b""));
}

#[test]
fn tokens_are_counted() {
    for (subject, count) in [("", 0), ("a", 1), ("a.b", 2), ("*.*.>", 3), ("a.b.c.d", 4)] {
        assert_eq!(token_count(subject.as_bytes()), count, "{subject}");
    }
}

#[test]
fn a_tail_wildcard_needs_a_token_and_a_star_needs_text() {
    assert!(!literal_matches(b"foo", b"foo.>"));
    assert!(!literal_matches(b"foo.", b"foo.*"));
    assert!(!literal_matches(b"foo.", b"foo.>"));
    assert!(!literal_matches(b"a.b", b">.b") && !literal_matches(b"a.b", b"a.>.b"));
    let list = index(&["foo.>", "foo.*"]);
    assert_eq!(plain(&list, "foo"), []);
    assert_eq!(plain(&list, "foo."), []);
    assert_eq!(plain(&list, "foo.x"), [1, 2]);
}

#[test]
fn the_six_subscriptions() {
    let list = index(&["foo.*", "foo.>", ">", "foo", "*.bar", "fo*"]);
    for (literal, expected) in [
        ("foo.bar", &[1, 2, 3, 5][..]),
        ("foo", &[3, 4]),
        ("foo.bar.baz", &[2, 3]),
        ("Foo.bar", &[3, 5]),
        ("foo.", &[]),
        ("fo*", &[3, 6]),
        (".foo", &[]),
        ("foo..bar", &[]),
        ("", &[]),
        (".", &[]),
    ] {
        assert_eq!(plain(&list, literal), expected, "{literal:?}");
        assert_eq!(
            list.has_interest(literal.as_bytes()),
            !expected.is_empty(),
            "{literal:?}"
        );
    }
}

#[test]
fn wildcard_characters_in_a_published_subject_are_text() {
    let list = index(&["a.*", "a.>", "a.b", "foo*", "fo>o.x", "*"]);
    assert_eq!(plain(&list, "a.*"), [1, 2]);
    assert_eq!(plain(&list, "a.>"), [1, 2]);
    assert_eq!(plain(&list, "*.b"), []);
    assert_eq!(plain(&list, ">"), [6]);
    assert_eq!(plain(&list, "foo*"), [4, 6]);
    assert_eq!(plain(&list, "foox"), [6]);
    assert_eq!(plain(&list, "fo>o.x"), [5]);
}

#[test]
fn server_prefixes_are_ordinary_subjects() {
    let list = index(&["$SYS.>", "$JS.API.*", "_R_.a", "_GR_.>", ">"]);
    assert_eq!(plain(&list, "$SYS.x"), [1, 5]);
    assert_eq!(plain(&list, "$JS.API.INFO"), [2, 5]);
    assert_eq!(plain(&list, "_R_.a"), [3, 5]);
    assert_eq!(plain(&list, "_GR_.a.b"), [4, 5]);
}

#[test]
fn plain_subscribers_and_two_groups_on_one_subject() {
    let mut list = Sublist::new(HashSeed::new(1));
    for (queue, id) in [(Some("g"), 1), (Some("g"), 2), (None, 3), (Some("h"), 4)] {
        list.insert(b"q", queue.map(str::as_bytes), id).expect("valid");
    }
    assert_eq!(plain(&list, "q"), [3]);
    assert_eq!(groups(&list, "q"), [("g".into(), vec![1, 2]), ("h".into(), vec![4])]);
}

#[test]
fn a_queue_met_at_several_nodes_is_one_group() {
    let mut list = Sublist::new(HashSeed::new(1));
    for (subject, id) in [("a.*", 1), ("a.b", 2), (">", 3), ("a.>", 4), ("*.b", 5)] {
        list.insert(subject.as_bytes(), Some(b"g"), id).expect("valid");
    }
    list.insert(b"a.b", Some(b"h"), 6).expect("valid");
    assert_eq!(
        groups(&list, "a.b"),
        [("g".into(), vec![1, 2, 3, 4, 5]), ("h".into(), vec![6])]
    );
    assert_eq!(groups(&list, "a.c"), [("g".into(), vec![1, 3, 4])]);
}

#[test]
fn queue_names_may_hold_wildcard_characters() {
    let mut list = Sublist::new(HashSeed::new(1));
    list.insert(b"a", Some(b"*"), 1).expect("valid");
    list.insert(b"a", Some(b">"), 2).expect("valid");
    list.insert(b"a", Some(b"v1.*"), 3).expect("valid");
    assert_eq!(
        groups(&list, "a"),
        [("*".into(), vec![1]), (">".into(), vec![2]), ("v1.*".into(), vec![3])]
    );
}

#[test]
fn the_same_subscription_twice_is_found_twice_under_its_two_ids() {
    let list = index(&["a", "a", "a.*", "a.*"]);
    assert_eq!(plain(&list, "a"), [1, 2]);
    assert_eq!(plain(&list, "a.b"), [3, 4]);
}

#[test]
fn long_tokens_and_deep_subjects_are_kept_whole() {
    let long = "x".repeat(8_000);
    let deep = vec!["d"; 100_000].join(".");
    let stars = vec!["*"; 100_000].join(".");
    let mut list = Sublist::new(HashSeed::new(1));
    let empty = list.memory_bytes();
    let subjects = [long.clone(), format!("{long}.*"), deep.clone(), stars];
    let nodes: Vec<_> = subjects
        .iter()
        .zip(1..)
        .map(|(s, id)| list.insert(s.as_bytes(), None, id).expect("valid"))
        .collect();
    assert_eq!(plain(&list, &long), [1]);
    assert_eq!(plain(&list, &format!("{long}.y")), [2]);
    assert_eq!(plain(&list, &deep), [3, 4]);
    for (node, (subject, id)) in nodes.iter().zip(subjects.iter().zip(1..)) {
        assert_eq!(list.subject(*node), subject.as_bytes());
        assert_eq!(list.first_token(*node), crate::first_token(subject.as_bytes()));
        assert!(list.remove(*node, None, id));
        assert_eq!(list.subject(*node), b"");
    }
    assert_eq!(list.node_count(), 0);
    // Small tables and the smallest slabs stay; the long texts (8 kB and more) are freed.
    assert!(
        list.memory_bytes() < empty + 4096,
        "{} after {empty}",
        list.memory_bytes()
    );
}

#[test]
fn a_walk_keeps_more_branches_than_lie_in_place() {
    const DEPTH: usize = 40;
    let with_star_at = |at: usize| {
        (0..DEPTH)
            .map(|i| if i == at { "*" } else { "a" })
            .collect::<Vec<_>>()
            .join(".")
    };
    let subjects: Vec<String> = (0..DEPTH).map(with_star_at).collect();
    let list = index(&subjects.iter().map(String::as_str).collect::<Vec<_>>());
    let all: Vec<u32> = (1..=DEPTH as u32).collect();
    assert_eq!(plain(&list, &vec!["a"; DEPTH].join(".")), all);
    assert_eq!(plain(&list, &with_star_at(7)), [8]);
    assert_eq!(plain(&list, &vec!["a"; DEPTH - 1].join(".")), []);
}

#[test]
fn a_shared_prefix_stays_while_somebody_needs_it() {
    let mut list = Sublist::new(HashSeed::new(1));
    let short = list.insert(b"a.*", None, 1).expect("valid");
    let long = list.insert(b"a.*.c.>", None, 2).expect("valid");
    assert_eq!(list.node_count(), 4);
    assert!(list.remove(short, None, 1));
    assert_eq!((plain(&list, "a.b"), plain(&list, "a.b.c.d")), (vec![], vec![2]));
    assert_eq!(list.node_count(), 4);
    assert!(list.remove(long, None, 2));
    assert_eq!(list.node_count(), 0);
}

#[test]
fn removing_many_gives_the_memory_back() {
    let mut list = Sublist::new(HashSeed::new(1));
    let empty = list.memory_bytes();
    let nodes: Vec<_> = (0..20_000)
        .map(|id| {
            let subject = if id % 2 == 0 {
                format!("dev.{id}.temp")
            } else {
                format!("dev.{id}.*")
            };
            list.insert(subject.as_bytes(), None, id).expect("valid")
        })
        .collect();
    let full = list.memory_bytes();
    for (id, node) in nodes.iter().enumerate().skip(100) {
        assert!(list.remove(*node, None, id as u32));
    }
    assert!(list.memory_bytes() < full / 50, "{} of {full}", list.memory_bytes());
    for (id, node) in nodes.iter().enumerate().take(100) {
        assert!(list.remove(*node, None, id as u32));
    }
    assert!(list.memory_bytes() < empty + 16 * 1024);
    assert_eq!((list.len(), list.node_count()), (0, 0));
}

#[test]
fn subsets() {
    for (subject, pattern, expected) in [
        ("foo.*", ">", true),
        ("foo.*", "*.*", true),
        ("foo.*", "foo.*", true),
        ("foo.*", "foo.bar", false),
        ("foo.>", "foo.*", false),
        ("foo.>", "*.>", true),
        ("foo.>", "foo.bar.>", false),
        (">", "*.>", false),
        (">", ">", true),
        ("*.>", ">", true),
        ("foo", "foo.>", false),
        ("foo.bar", "foo.*", true),
        ("fo*", "*", true),
        ("*", "fo*", false),
        ("foo.*.bar", "foo.>", true),
    ] {
        assert_eq!(
            is_subset(subject.as_bytes(), pattern.as_bytes()),
            expected,
            "{subject} in {pattern}"
        );
    }
}

#[test]
fn overlapping_subjects() {
    for (a, b, expected) in [
        ("*.secret", "foo.*", true),
        ("foo.*.bar", "foo.baz.*", true),
        ("*.*.bar", "foo.*.*", true),
        ("a.>", "*.b", true),
        ("a.>", "a", false),
        ("a.>", "b.>", false),
        ("a.*", "a.*.c", false),
        ("a.b", "a.b", true),
        (">", "a.b.c", true),
        ("fo*", "foo", false),
    ] {
        assert_eq!(overlaps(a.as_bytes(), b.as_bytes()), expected, "{a} and {b}");
        assert_eq!(overlaps(b.as_bytes(), a.as_bytes()), expected, "{b} and {a}");
    }
}

#[test]
fn a_request_is_matched_token_by_token() {
    let set = PatternSet::new(["bar.*", "foo.d"]).expect("valid");
    for (subject, expected) in [
        ("bar.*", true),
        ("bar.x", true),
        ("bar.>", true),
        ("bar", false),
        ("bar.*.>", false),
        ("bar.x.y", false),
        ("*.x", false),
        (">", false),
        ("foo.d", true),
        ("foo.*", false),
        ("foo.>", false),
    ] {
        assert_eq!(set.allows(subject.as_bytes(), None), expected, "{subject}");
        assert_eq!(set.matches_literal(subject.as_bytes()), expected, "{subject}");
    }
    assert!(PatternSet::new(["*"]).expect("valid").allows(b">", None));
}

#[test]
fn an_empty_list_matches_nothing() {
    let set = PatternSet::default();
    assert!(set.is_empty() && !set.matches_literal(b"a") && !set.allows(b"a", None));
}

#[test]
fn queue_entries_of_an_allow_list() {
    let none: Option<&str> = None;
    for (allow, subject, queue, expected) in [
        (&["foo"][..], "foo", none, true),
        (&["foo"], "foo", Some("bar"), true),
        (&["foo bar"], "foo", Some("bar"), true),
        (&["foo bar"], "foo", Some("fizz"), false),
        (&["foo bar"], "foo", None, false),
        (&["foo bar.*"], "foo", Some("bar.fizz"), true),
        (&["> bar.>"], "whizz", Some("bar.bang"), true),
        (&["> bar.>"], "whizz", None, false),
        (&["> v1.>"], "foo", Some("v1.prod"), true),
        (&["> *.dev", "> *.stg"], "foo", Some("bar"), false),
        (&["foo v1.*"], "foo", Some("v1.*"), true),
        (&["foo", "foo v1"], "foo", Some("v1"), true),
        (&["foo", "foo v1"], "foo", Some("v2"), false),
        (&["foo", "foo v1"], "foo", None, true),
        (&["foo", "bar v1"], "foo", Some("v2"), true),
        (&["foo.* v1"], "foo.>", Some("v1"), true),
        (&["foo.>", "foo.* v1"], "foo.>", Some("v2"), false),
    ] {
        let set = PatternSet::new(allow).expect("valid");
        assert_eq!(
            set.allows(subject.as_bytes(), queue.map(str::as_bytes)),
            expected,
            "{allow:?} {subject} {queue:?}"
        );
    }
}

#[test]
fn queue_entries_of_a_deny_list() {
    for (deny, subject, queue, expected) in [
        (&["foo"][..], "foo", Some("bar"), true),
        (&["foo"], "bar", None, false),
        (&["> >"], "foo", None, false),
        (&["> >"], "foo", Some("bar"), true),
        (&["> *.dev", "> *.stg"], "foo", Some("bar"), false),
        (&["> *.dev", "> *.stg"], "foo", Some("x.stg"), true),
        (&["foo >"], "foo", Some("bar"), true),
        (&["admin.>", "> restricted"], "admin.secret", Some("workers"), true),
        (&["foo.* workers"], "foo.>", Some("workers"), true),
        (&["foo.* workers"], "foo.>", Some("other"), false),
        (&["foo.* workers"], "foo.>", None, false),
        (&["foo.d workers"], "foo.>", Some("workers"), false),
    ] {
        let set = PatternSet::new(deny).expect("valid");
        let denied = set.matches_literal_in_queue(subject.as_bytes(), queue.map(str::as_bytes));
        assert_eq!(denied, expected, "{deny:?} {subject} {queue:?}");
    }
}

#[test]
fn bad_entries_are_named() {
    let error = |entry: &str| PatternSet::new([entry]).expect_err("a bad entry");
    assert!(matches!(
        error("a..b"),
        InvalidPattern::Subject {
            reason: InvalidSubject::EmptyToken,
            ..
        }
    ));
    assert!(matches!(
        error(""),
        InvalidPattern::Subject {
            reason: InvalidSubject::Empty,
            ..
        }
    ));
    assert!(matches!(
        error("a >.q"),
        InvalidPattern::Queue {
            reason: InvalidSubject::TailWildcardNotLast,
            ..
        }
    ));
    assert!(matches!(error("a q r"), InvalidPattern::TooManyParts { .. }));
    assert_eq!(
        error("a b c").to_string(),
        "\"a b c\" has too many parts; write \"subject\" or \"subject queue\""
    );
}
