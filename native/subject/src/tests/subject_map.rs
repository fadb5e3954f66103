//! [`SubjectMap`] compared with a sorted map and a comparison of every subject.

use crate::{SubjectMap, is_valid_subject, literal_matches};
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::ops::ControlFlow;

type Model = BTreeMap<Vec<u8>, u32>;

/// Tokens that share beginnings, with bytes on both sides of the dot.
fn token() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ab]",
        "a[-/0.x]?b?".prop_map(|token| token.replace('.', "+")),
        "[a-c]{1,3}"
    ]
}

fn subject() -> impl Strategy<Value = Vec<u8>> {
    vec(token(), 1..5).prop_map(|tokens| tokens.join(".").into_bytes())
}

fn filter() -> impl Strategy<Value = Vec<u8>> {
    let wild = prop_oneof![3 => token(), 2 => Just("*".to_string())];
    (vec(wild, 0..4), any::<bool>()).prop_filter_map("a filter has a token", |(mut tokens, is_open)| {
        if is_open {
            tokens.push(">".into());
        }
        let text = tokens.join(".").into_bytes();
        is_valid_subject(&text).then_some(text)
    })
}

#[derive(Debug, Clone)]
enum Operation {
    Insert(Vec<u8>, u32),
    Remove(Vec<u8>),
    RemoveMatching(Vec<u8>),
    Walk(Vec<u8>, Vec<u8>),
}

fn operation() -> impl Strategy<Value = Operation> {
    prop_oneof![
        6 => (subject(), any::<u32>()).prop_map(|(subject, value)| Operation::Insert(subject, value)),
        3 => subject().prop_map(Operation::Remove),
        1 => filter().prop_map(Operation::RemoveMatching),
        3 => (filter(), subject()).prop_map(|(filter, start)| Operation::Walk(filter, start)),
    ]
}

fn found(map: &mut SubjectMap<u32>, filter: &[u8], start: &[u8]) -> Vec<(Vec<u8>, u32)> {
    let mut found = Vec::new();
    let ended = map.walk_from(filter, start, |subject, &value| {
        found.push((subject.to_vec(), value));
        ControlFlow::<()>::Continue(())
    });
    assert!(ended.is_none(), "nothing broke the walk");
    found
}

fn expected(model: &Model, filter: &[u8], start: &[u8]) -> Vec<(Vec<u8>, u32)> {
    model
        .range(start.to_vec()..)
        .filter(|(subject, _)| literal_matches(subject, filter))
        .map(|(subject, &value)| (subject.clone(), value))
        .collect()
}

fn apply(map: &mut SubjectMap<u32>, model: &mut Model, operation: Operation) {
    match operation {
        Operation::Insert(subject, value) => {
            assert_eq!(map.insert(&subject, value), model.insert(subject.clone(), value));
            assert_eq!(map.get(&subject), Some(&value));
        }
        Operation::Remove(subject) => {
            assert_eq!(map.remove(&subject), model.remove(&subject));
            assert_eq!(map.get(&subject), None);
        }
        Operation::RemoveMatching(filter) => {
            for (subject, value) in found(map, &filter, b"") {
                assert_eq!(map.remove(&subject), Some(value));
                model.remove(&subject);
            }
        }
        Operation::Walk(filter, start) => assert_eq!(found(map, &filter, &start), expected(model, &filter, &start)),
    }
    assert_eq!((map.len(), map.is_empty()), (model.len(), model.is_empty()));
}

proptest! {
    #[test]
    fn a_map_finds_and_walks_what_a_sorted_map_does(operations in vec(operation(), 1..200)) {
        let (mut map, mut model) = (SubjectMap::new(1), Model::new());
        for operation in operations {
            apply(&mut map, &mut model, operation);
        }
        prop_assert_eq!(found(&mut map, b">", b""), expected(&model, b">", b""));
    }
}

/// A simple generator: the sizes matter, not the distribution.
fn numbers() -> impl Iterator<Item = u64> {
    (0_u64..).map(|n| (n + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 33)
}

#[test]
fn a_large_map_keeps_its_order_while_subjects_come_and_go() {
    let (mut map, mut model) = (SubjectMap::new(2), Model::new());
    for (n, number) in numbers().take(30_000).enumerate() {
        let subject = format!("orders.{}.{}", number % 100, number % 9_000).into_bytes();
        if n % 3 == 2 {
            assert_eq!(map.remove(&subject), model.remove(&subject));
        } else {
            assert_eq!(map.insert(&subject, n as u32), model.insert(subject, n as u32));
        }
    }
    for filter in ["orders.7.*", "orders.*.77", "orders.>", "orders.*", "*.5.5", "x.>"] {
        assert_eq!(
            found(&mut map, filter.as_bytes(), b""),
            expected(&model, filter.as_bytes(), b""),
            "{filter}"
        );
    }
}

#[test]
fn a_walk_ends_where_its_visitor_breaks_and_goes_on_from_there() {
    let mut map = SubjectMap::new(3);
    for n in 0..1000 {
        map.insert(format!("a.{n:03}").as_bytes(), n);
    }
    let stopped_at = map.walk(b"a.*", |subject, &n| match n {
        500 => ControlFlow::Break(subject.to_vec()),
        _ => ControlFlow::Continue(()),
    });
    assert_eq!(stopped_at.as_deref(), Some(&b"a.500"[..]));
    assert_eq!(found(&mut map, b"a.*", b"a.500").len(), 500);
}

#[test]
fn the_place_of_removed_subjects_is_used_again() {
    let mut map = SubjectMap::new(4);
    let small = map.heap_bytes();
    let subject = |n: usize| format!("orders.{}.{n}", n % 7).into_bytes();
    for n in 0..50_000 {
        map.insert(&subject(n), [0_u64; 3]);
    }
    let full = map.heap_bytes();
    for n in 0..500_000 {
        map.insert(&subject(n + 50_000), [0_u64; 3]);
        map.remove(&subject(n));
    }
    assert!(map.heap_bytes() < full * 2, "{} after {full}", map.heap_bytes());
    for n in 500_000..550_000 {
        map.remove(&subject(n));
    }
    assert!(map.heap_bytes() <= small, "{} after {small}", map.heap_bytes());
}

#[test]
fn a_subject_costs_less_than_fifty_bytes_besides_its_text_and_value() {
    let mut map = SubjectMap::new(5);
    let mut texts = 0;
    for number in numbers().take(100_000) {
        let subject = format!("devices.{number}.temperature");
        if map.insert(subject.as_bytes(), [0_u64; 3]).is_none() {
            texts += subject.len();
        }
    }
    let each = (map.heap_bytes() - texts) / map.len() - 24;
    assert!(each < 50, "{each} bytes");
}
