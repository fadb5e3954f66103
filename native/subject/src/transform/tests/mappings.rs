//! Facts about the mappings of accounts.

use super::apply;
use crate::transform::{Destination, Mapping, MappingTable, Outcome};

const NO_CLUSTER: &[u8] = b"";

fn weighted<'a>(subject: &'a str, weight: u8) -> Destination<'a> {
    scoped(subject, weight, "")
}

fn scoped<'a>(subject: &'a str, weight: u8, cluster: &'a str) -> Destination<'a> {
    Destination {
        subject: subject.as_bytes(),
        weight,
        cluster: cluster.as_bytes(),
    }
}

fn mapping(source: &str, destinations: &[Destination<'_>]) -> Mapping {
    Mapping::new(source.as_bytes(), destinations, NO_CLUSTER).expect("valid")
}

fn error(source: &str, destinations: &[Destination<'_>]) -> String {
    let refused = Mapping::new(source.as_bytes(), destinations, NO_CLUSTER).expect_err("refused");
    refused.to_string()
}

/// Rules with one destination each.
fn table(rules: &[(&str, &str)]) -> MappingTable {
    let rule = |&(source, destination): &(&str, &str)| mapping(source, &[weighted(destination, 100)]);
    MappingTable::new(rules.iter().map(rule))
}

fn mapped(table: &MappingTable, subject: &str) -> Option<String> {
    match table.find(subject.as_bytes())?.choose(0) {
        Outcome::Transformed(transform) => Some(apply(transform, subject)),
        Outcome::Kept => Some(subject.to_string()),
        Outcome::Dropped => Some("(dropped)".to_string()),
    }
}

/// How many of the hundred draws go to which subject.
fn shares(mapping: &Mapping, subject: &str) -> Vec<(String, usize)> {
    let mut counts = std::collections::BTreeMap::new();
    for draw in 0..100 {
        let name = match mapping.choose(draw) {
            Outcome::Transformed(transform) => apply(transform, subject),
            Outcome::Kept => "(kept)".to_string(),
            Outcome::Dropped => "(dropped)".to_string(),
        };
        *counts.entry(name).or_default() += 1;
    }
    counts.into_iter().collect()
}

#[test]
fn the_first_rule_that_matches_wins_and_literal_rules_have_no_priority() {
    let table = table(&[
        ("foo.*", "first.$1"),
        ("foo.bar", "second"),
        ("other", "third"),
        ("other", "fourth"),
        (">", "rest.>"),
        ("never.>", "x.>"),
    ]);
    for (subject, result) in [
        ("foo.bar", "first.bar"),
        ("foo.bar.baz", "rest.foo.bar.baz"),
        ("never.a", "rest.never.a"),
        // A source that comes again replaces the rule at its place.
        ("other", "fourth"),
    ] {
        assert_eq!(mapped(&table, subject).as_deref(), Some(result));
    }
    assert_eq!(table.len(), 5);
    let sources: Vec<&[u8]> = table.iter().map(Mapping::source).collect();
    assert_eq!(sources, [&b"foo.*"[..], b"foo.bar", b"other", b">", b"never.>"]);
}

#[test]
fn a_rule_is_applied_once() {
    let table = table(&[("foo.*.*", "bar.$2.$1"), ("bar.*.>", "baz.$1.>")]);
    assert_eq!(mapped(&table, "foo.1.2").as_deref(), Some("bar.2.1"));
    assert_eq!(mapped(&table, "bar.1.2").as_deref(), Some("baz.1.2"));
}

#[test]
fn subjects_without_a_rule_have_none() {
    let table = table(&[("foo", "bar"), ("a.*", "b.$1"), ("t.>", "u.>")]);
    assert!(!table.is_empty());
    for subject in ["bar", "foo.bar", "a", "a.b.c", "t", "", "a.", ".a", "t..x", "*", ">"] {
        assert!(table.find(subject.as_bytes()).is_none(), "{subject}");
    }
    // A wildcard that was published is matched by a wildcard that covers it.
    assert!(table.find(b"a.*").is_some() && table.find(b"t.*").is_some() && table.find(b"t.>").is_some());
    assert!(table.find(b"t.>.x").is_some());
    assert!(table.find(b"a.>").is_none() && table.find(b"*.b").is_none());
}

#[test]
fn an_empty_table_says_so_and_finds_nothing() {
    for table in [MappingTable::default(), MappingTable::new([])] {
        assert!(table.is_empty());
        assert_eq!((table.len(), table.iter().len()), (0, 0));
        assert!(table.find(b"foo").is_none());
    }
}

#[test]
fn weights_divide_the_messages() {
    let half = mapping("foo", &[weighted("bar", 50), weighted("baz", 50)]);
    assert_eq!(shares(&half, "foo"), [("bar".into(), 50), ("baz".into(), 50)]);
    let wild = mapping("foo.*", &[weighted("bar.v1.$1", 40), weighted("baz.v2.$1", 20)]);
    assert_eq!(
        shares(&wild, "foo.x"),
        [("(kept)".into(), 40), ("bar.v1.x".into(), 40), ("baz.v2.x".into(), 20)]
    );
}

#[test]
fn the_missing_share_keeps_the_subject() {
    let rule = mapping("foo", &[weighted("bar", 50), weighted("baz", 30)]);
    assert_eq!(
        shares(&rule, "foo"),
        [("(kept)".into(), 20), ("bar".into(), 50), ("baz".into(), 30)]
    );
    assert_eq!(
        shares(&mapping("foo", &[weighted("bar", 0)]), "foo"),
        [("(kept)".into(), 100)]
    );
    assert_eq!(shares(&mapping("foo", &[]), "foo"), [("(kept)".into(), 100)]);
}

#[test]
fn the_missing_share_is_lost_where_the_source_is_listed() {
    let rule = mapping("loss", &[weighted("loss", 30)]);
    assert_eq!(shares(&rule, "loss"), [("(dropped)".into(), 70), ("loss".into(), 30)]);
    assert_eq!(
        shares(&mapping("bar", &[weighted("bar", 0)]), "bar"),
        [("(dropped)".into(), 100)]
    );
    let rule = mapping("a.>", &[weighted("a.>", 80), weighted("b.>", 10)]);
    assert_eq!(
        shares(&rule, "a.1"),
        [("(dropped)".into(), 10), ("a.1".into(), 80), ("b.1".into(), 10)]
    );
}

#[test]
fn weights_are_checked_with_the_texts_of_nats_server() {
    assert_eq!(
        error("foo", &[weighted("bar", 150)]),
        "individual weights need to be <= 100"
    );
    assert_eq!(
        error("foo", &[weighted("bar", 50), weighted("baz", 60)]),
        "total weight needs to be <= 100"
    );
    assert_eq!(
        error("foo", &[weighted("bar", 50), weighted("bar", 50)]),
        r#"duplicate entry for "bar""#
    );
    assert_eq!(error("foo..x", &[weighted("bar", 50)]), "invalid subject");
    assert_eq!(error("", &[weighted("bar", 50)]), "invalid subject");
    assert_eq!(
        error("a.*", &[weighted("b.$2", 100)]),
        "invalid mapping destination: wildcard index out of range in $2: [2]"
    );
    assert_eq!(
        error("a", &[weighted("", 100)]),
        "invalid mapping destination: invalid transform"
    );
}

#[test]
fn totals_count_for_each_cluster_and_duplicates_for_all() {
    let both = [
        weighted("a", 60),
        scoped("b", 60, "east"),
        scoped("c", 40, "east"),
        scoped("d", 100, "west"),
    ];
    assert_eq!(
        shares(&mapping("foo", &both), "foo"),
        [("(kept)".into(), 40), ("a".into(), 60)]
    );
    assert_eq!(
        error("foo", &[scoped("b", 60, "east"), scoped("c", 41, "east")]),
        "total weight needs to be <= 100"
    );
    assert_eq!(
        error("foo", &[scoped("b", 60, "east"), scoped("b", 60, "west")]),
        r#"duplicate entry for "b""#
    );
}

#[test]
fn destinations_of_the_own_cluster_come_before_those_without_one() {
    let destinations = [
        scoped("foo.west", 100, "west"),
        scoped("foo.east", 50, "east"),
        weighted("foo.elsewhere", 100),
        scoped("foo.never", 0, "north"),
    ];
    for (cluster, expected) in [
        ("west", vec![("foo.west", 100)]),
        ("east", vec![("(kept)", 50), ("foo.east", 50)]),
        ("north", vec![("(kept)", 100)]),
        ("south", vec![("foo.elsewhere", 100)]),
        ("", vec![("foo.elsewhere", 100)]),
    ] {
        let rule = Mapping::new(b"foo", &destinations, cluster.as_bytes()).expect("valid");
        let expected: Vec<_> = expected
            .into_iter()
            .map(|(name, count)| (name.to_string(), count))
            .collect();
        assert_eq!(shares(&rule, "foo"), expected, "{cluster}");
    }
    // Only other clusters are listed: the subject stays, unless the source itself is listed.
    assert_eq!(
        shares(&mapping("foo", &[scoped("bar", 100, "SYN")]), "foo"),
        [("(kept)".into(), 100)]
    );
    assert_eq!(
        shares(&mapping("foo", &[scoped("foo", 100, "SYN")]), "foo"),
        [("(dropped)".into(), 100)]
    );
}

#[test]
fn results_of_unweighted_rules_may_be_cached() {
    for (destinations, weighted_rule, cacheable) in [
        (vec![weighted("bar", 100)], false, true),
        (vec![weighted("bar", 100), weighted("baz", 0)], false, true),
        (vec![weighted("bar", 0)], false, true),
        (vec![weighted("foo", 0)], false, true),
        (vec![], false, true),
        (vec![weighted("bar", 99)], true, false),
        (vec![weighted("bar", 50), weighted("baz", 50)], true, false),
        (vec![scoped("bar", 50, "east"), weighted("baz", 100)], false, true),
        (vec![weighted("bar.{{random(3)}}", 100)], false, false),
        (vec![weighted("bar.{{partition(3)}}", 100)], false, true),
    ] {
        let rule = mapping("foo", &destinations);
        assert_eq!(
            (rule.is_weighted(), rule.is_cacheable()),
            (weighted_rule, cacheable),
            "{destinations:?}"
        );
        if !weighted_rule {
            assert_eq!(rule.choose(0), rule.choose(99));
        }
    }
    // The draw counts for nothing there.
    assert!(matches!(
        mapping("foo", &[weighted("bar", 100)]).choose(u8::MAX),
        Outcome::Transformed(_)
    ));
}
