//! Properties, ten thousand cases each, over a small alphabet so that subjects match often.

use super::naive::{self, NaiveList};
use crate::{
    HashSeed, Matches, NodeId, PatternSet, Sublist, has_wildcard, intersection, is_subset, is_valid_literal_subject,
    is_valid_subject, literal_matches, overlaps, token_count,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use std::sync::LazyLock;

static UNIVERSE: LazyLock<Vec<String>> = LazyLock::new(naive::universe);

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 10_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// A valid subject of up to `longest` tokens, often with wildcards.
fn pattern(longest: usize) -> impl Strategy<Value = String> {
    let token = select(vec!["a", "b", "fo*", "*", "*"]);
    (vec(token, 0..longest), select(vec!["a", "b", "fo*", ">f", "*", ">"])).prop_map(|(mut tokens, last)| {
        tokens.push(last);
        tokens.join(".")
    })
}

/// A subject whose tokens all occur in the enumerated subjects, so that a law can be checked for each of these.
fn enumerable() -> impl Strategy<Value = String> {
    pattern(3).prop_map(|pattern| pattern.replace(">f", "b"))
}

/// Subjects as publishers send them, including malformed ones and literal wildcard characters.
fn published() -> impl Strategy<Value = String> {
    prop_oneof![
        9 => vec(select(vec!["a", "b", "fo*", "*", ">", ">f", "other"]), 1..6).prop_map(|tokens| tokens.join(".")),
        1 => vec(select(vec!["a", "b", "*", ">", ""]), 0..5).prop_map(|tokens| tokens.join(".")),
    ]
}

fn queue() -> impl Strategy<Value = Option<String>> {
    option::of(select(vec!["q", "r", "v1.*", "v1.a", ">"]).prop_map(str::to_string))
}

fn subscription() -> impl Strategy<Value = (String, Option<String>)> {
    (pattern(4), queue())
}

/// Any text of the characters that have a meaning.
fn noise() -> impl Strategy<Value = String> {
    vec(
        select(vec!['a', '.', '.', '*', '>', ' ', '\t', '\x0c', '\r', '\n', 'é']),
        0..8,
    )
    .prop_map(|chars| chars.into_iter().collect())
}

fn build(subs: &[(String, Option<String>)]) -> (Sublist, NaiveList, Vec<NodeId>) {
    let (mut fast, mut slow, mut nodes) = (Sublist::new(HashSeed::new(1)), NaiveList::default(), Vec::new());
    for (id, (subject, queue)) in subs.iter().enumerate() {
        let id = id as u32;
        nodes.push(
            fast.insert(subject.as_bytes(), queue.as_deref().map(str::as_bytes), id)
                .expect("valid"),
        );
        slow.subs.push((subject.clone(), queue.clone(), id));
    }
    (fast, slow, nodes)
}

fn found(list: &Sublist, literal: &str, out: &mut Matches) -> naive::Found {
    list.matches(literal.as_bytes(), out);
    let mut plain = out.plain.clone();
    plain.sort_unstable();
    let mut groups: Vec<(String, Vec<u32>)> = Vec::new();
    for (queue, members) in out.groups() {
        let name = list.queue_name(queue).expect("a queue in use has a name");
        let mut members = members.to_vec();
        members.sort_unstable();
        groups.push((String::from_utf8_lossy(name).into_owned(), members));
    }
    groups.sort();
    (plain, groups)
}

#[derive(Debug, Clone)]
enum Step {
    Insert(String, Option<String>),
    /// Removes the n-th present subscription.
    Remove(usize),
    /// Tries to remove a subscription that is not present.
    RemoveWrong(usize),
    Match(String),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => subscription().prop_map(|(subject, queue)| Step::Insert(subject, queue)),
        3 => any::<usize>().prop_map(Step::Remove),
        1 => any::<usize>().prop_map(Step::RemoveWrong),
        4 => published().prop_map(Step::Match),
    ]
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_match_finds_what_the_naive_list_finds(
        subs in vec(subscription(), 0..24),
        literals in vec(published(), 1..8),
    ) {
        let (fast, slow, _) = build(&subs);
        let mut out = Matches::new();
        for literal in &literals {
            let expected = slow.matches(literal);
            prop_assert_eq!(&found(&fast, literal, &mut out), &expected, "{}", literal);
            prop_assert_eq!(fast.has_interest(literal.as_bytes()), expected != (vec![], vec![]));
            prop_assert_eq!(out.is_empty(), expected == (vec![], vec![]));
            prop_assert_eq!(out.group_count(), expected.1.len());
        }
    }

    #[test]
    fn any_sequence_of_changes_keeps_the_twins_equal_and_removal_leaves_nothing(steps in vec(step(), 0..60)) {
        let (mut fast, mut slow, mut nodes) = build(&[]);
        let empty_bytes = fast.memory_bytes();
        let (mut out, mut next_id) = (Matches::new(), 0);
        for step in &steps {
            let generation = fast.generation();
            match step {
                Step::Insert(subject, queue) => {
                    let node = fast.insert(subject.as_bytes(), queue.as_deref().map(str::as_bytes), next_id);
                    nodes.push(node.expect("valid"));
                    slow.subs.push((subject.clone(), queue.clone(), next_id));
                    next_id += 1;
                    prop_assert!(fast.generation() > generation);
                }
                Step::Remove(_) | Step::RemoveWrong(_) if nodes.is_empty() => {}
                Step::Remove(n) => {
                    let at = n % nodes.len();
                    let (_, queue, id) = slow.subs.swap_remove(at);
                    let node = nodes.swap_remove(at);
                    prop_assert!(fast.remove(node, queue.as_deref().map(str::as_bytes), id));
                    prop_assert!(fast.generation() > generation);
                    prop_assert!(!fast.remove(node, queue.as_deref().map(str::as_bytes), id));
                }
                Step::RemoveWrong(n) => {
                    let at = n % nodes.len();
                    let (_, queue, id) = &slow.subs[at];
                    let wrong_queue = if queue.is_some() { None } else { Some(&b"q"[..]) };
                    prop_assert!(!fast.remove(nodes[at], wrong_queue, *id));
                    prop_assert!(!fast.remove(nodes[at], queue.as_deref().map(str::as_bytes), next_id));
                    prop_assert_eq!(fast.generation(), generation);
                }
                Step::Match(literal) => prop_assert_eq!(found(&fast, literal, &mut out), slow.matches(literal)),
            }
            prop_assert_eq!(fast.len(), slow.subs.len());
        }
        for (node, (subject, _, _)) in nodes.iter().zip(&slow.subs) {
            prop_assert_eq!(fast.subject(*node), subject.as_bytes());
            prop_assert_eq!(fast.first_token(*node), crate::first_token(subject.as_bytes()));
        }
        for (node, (_, queue, id)) in nodes.iter().zip(&slow.subs) {
            prop_assert!(fast.remove(*node, queue.as_deref().map(str::as_bytes), *id));
        }
        prop_assert!(fast.is_empty());
        prop_assert_eq!((fast.node_count(), fast.queue_count()), (0, 0));
        // Tables and slabs keep their smallest size; 60 subscriptions of this kind take more.
        prop_assert!(fast.memory_bytes() < empty_bytes + 16 * 1024);
        prop_assert!(!fast.has_interest(b"a"));
    }

    #[test]
    fn one_subject_keeps_its_members_through_growth_and_shrinkage(
        inserted in 1usize..400,
        order in vec(any::<u32>(), 400),
        in_queue in any::<bool>(),
        kept in 0usize..80,
    ) {
        let queue = in_queue.then_some(&b"q"[..]);
        let mut list = Sublist::new(HashSeed::new(1));
        let mut present: Vec<u32> = (0..inserted as u32).collect();
        let mut node = None;
        for &id in &present {
            node = Some(list.insert(b"a.b", queue, id).expect("valid"));
        }
        let node = node.expect("at least one");
        for pick in order {
            if present.len() <= kept.max(1) {
                break;
            }
            let id = present.swap_remove(pick as usize % present.len());
            prop_assert!(list.remove(node, queue, id));
            prop_assert!(!list.remove(node, queue, id));
        }
        let mut out = Matches::new();
        let (plain, groups) = found(&list, "a.b", &mut out);
        present.sort_unstable();
        if in_queue {
            prop_assert_eq!((plain, groups), (vec![], vec![("q".to_string(), present)]));
        } else {
            prop_assert_eq!((plain, groups), (present, vec![]));
        }
    }

    #[test]
    fn validity_is_what_the_naive_rules_say(subject in noise()) {
        let bytes = subject.as_bytes();
        let valid = naive::is_valid(&subject);
        let wild = subject.split('.').any(|token| token == "*" || token == ">");
        prop_assert_eq!(is_valid_subject(bytes), valid);
        prop_assert_eq!(has_wildcard(bytes), wild);
        prop_assert_eq!(is_valid_literal_subject(bytes), valid && !wild);
        prop_assert_eq!(token_count(bytes), if subject.is_empty() { 0 } else { subject.split('.').count() });
        prop_assert_eq!(Sublist::new(HashSeed::new(1)).insert(bytes, None, 1).is_ok(), valid);
        prop_assert_eq!(PatternSet::default().insert(subject.replace([' ', '\t', '\r', '\n', '\x0c'], "").as_bytes()).is_ok(),
            naive::is_valid(&subject.replace([' ', '\t', '\r', '\n', '\x0c'], "")));
    }

    #[test]
    fn malformed_input_matches_nothing_and_panics_nowhere(x in noise(), y in noise(), sub in subscription()) {
        let (a, b) = (x.as_bytes(), y.as_bytes());
        let broken = |s: &str| s.split('.').any(str::is_empty);
        if broken(&x) || broken(&y) {
            prop_assert!(!literal_matches(a, b) && !is_subset(a, b) && !overlaps(a, b));
        }
        let (fast, slow, _) = build(&[sub]);
        let mut out = Matches::new();
        prop_assert_eq!(found(&fast, &x, &mut out), slow.matches(&x));
        if broken(&x) {
            prop_assert!(!fast.has_interest(a) && !fast.covers(a));
        }
    }

    #[test]
    fn a_literal_matches_what_the_naive_rules_say(literal in published(), pattern in pattern(5)) {
        let expected = naive::matches(&literal, &pattern);
        prop_assert_eq!(literal_matches(literal.as_bytes(), pattern.as_bytes()), expected);
    }

    #[test]
    fn subset_means_every_subject(a in enumerable(), b in enumerable()) {
        let every = UNIVERSE.iter().all(|literal| !naive::matches(literal, &a) || naive::matches(literal, &b));
        prop_assert_eq!(is_subset(a.as_bytes(), b.as_bytes()), every, "{} in {}", a, b);
        prop_assert!(is_subset(a.as_bytes(), a.as_bytes()) && is_subset(a.as_bytes(), b">"));
    }

    #[test]
    fn subset_is_transitive_and_antisymmetric(a in pattern(3), b in pattern(3), c in pattern(3)) {
        let (a, b, c) = (a.as_bytes(), b.as_bytes(), c.as_bytes());
        if is_subset(a, b) && is_subset(b, c) {
            prop_assert!(is_subset(a, c));
        }
        if is_subset(a, b) && is_subset(b, a) {
            prop_assert_eq!(a, b);
        }
        if is_subset(a, b) {
            prop_assert!(overlaps(a, b));
        }
    }

    #[test]
    fn overlap_means_a_common_subject(a in enumerable(), b in enumerable()) {
        let common = UNIVERSE.iter().any(|literal| naive::matches(literal, &a) && naive::matches(literal, &b));
        prop_assert_eq!(overlaps(a.as_bytes(), b.as_bytes()), common, "{} and {}", a, b);
        prop_assert_eq!(overlaps(b.as_bytes(), a.as_bytes()), common);
    }

    #[test]
    fn an_intersection_matches_what_both_match(a in enumerable(), b in enumerable()) {
        let common = intersection(a.as_bytes(), b.as_bytes());
        prop_assert_eq!(common.is_some(), overlaps(a.as_bytes(), b.as_bytes()));
        for subject in UNIVERSE.iter().map(String::as_bytes) {
            let by_both = literal_matches(subject, a.as_bytes()) && literal_matches(subject, b.as_bytes());
            let by_common = common.as_ref().is_some_and(|common| literal_matches(subject, common));
            prop_assert_eq!(by_common, by_both, "{} and {}", a, b);
        }
    }

    #[test]
    fn an_index_covers_what_one_of_its_subjects_covers(subs in vec(pattern(4), 0..12), asked in pattern(4)) {
        let subs: Vec<_> = subs.into_iter().map(|subject| (subject, None)).collect();
        let (fast, slow, _) = build(&subs);
        let expected = slow.subs.iter().any(|(subject, _, _)| is_subset(asked.as_bytes(), subject.as_bytes()));
        prop_assert_eq!(fast.covers(asked.as_bytes()), expected);
    }

    #[test]
    fn a_pattern_set_asks_each_entry(
        entries in vec(subscription(), 0..10),
        asked in pattern(4),
        literal in published(),
        queue in queue(),
    ) {
        let written = entries.iter().map(|(s, q)| q.as_ref().map_or_else(|| s.clone(), |q| format!(" {s}\t{q} ")));
        let set = PatternSet::new(written).expect("valid entries");
        let speaks = |entry: &Option<String>| match (entry, &queue) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(e), Some(q)) => e == q || (has_wildcard(e.as_bytes()) && is_subset(q.as_bytes(), e.as_bytes())),
        };
        let text = literal.as_bytes();
        let queue_bytes = queue.as_deref().map(str::as_bytes);
        let any = |test: &dyn Fn(&str, &Option<String>) -> bool| entries.iter().any(|(s, q)| test(s, q));
        prop_assert_eq!(set.matches_literal(text), any(&|s, q| q.is_none() && naive::matches(&literal, s)));
        prop_assert_eq!(
            set.matches_literal_in_queue(text, queue_bytes),
            any(&|s, q| speaks(q) && naive::matches(&literal, s))
        );
        let scoped = |q: &Option<String>| q.is_some();
        let plain_allows = any(&|s, q| q.is_none() && naive::matches(&asked, s));
        let scoped_match = queue.is_some() && any(&|s, q| scoped(q) && naive::matches(&asked, s));
        let scoped_allow = any(&|s, q| scoped(q) && speaks(q) && naive::matches(&asked, s));
        let expected = if scoped_match { scoped_allow } else { plain_allows };
        prop_assert_eq!(set.allows(asked.as_bytes(), queue_bytes), expected);
        // What one entry covers is permitted as a whole.
        if any(&|s, q| speaks(q) && is_subset(asked.as_bytes(), s.as_bytes())) {
            prop_assert!(set.matches_literal_in_queue(asked.as_bytes(), queue_bytes));
        }
    }
}
