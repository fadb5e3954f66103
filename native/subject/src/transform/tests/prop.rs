//! Properties: nothing panics, reversing undoes, tables find what a search from the first rule on finds.

use super::super::mapping::Destination;
use crate::transform::{Mapping, MappingTable, Outcome, Transform};
use crate::{is_valid_subject, literal_matches};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 5_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// Tokens of destinations, right and wrong.
fn destination_token() -> impl Strategy<Value = String> {
    let name = select(vec![
        "wildcard",
        "Partition",
        "splitFromLeft",
        "SplitFromRight",
        "sliceFromLeft",
        "sliceFromRight",
        "split",
        "left",
        "right",
        "random",
        "other",
    ]);
    let argument = select(vec![
        "0",
        "1",
        "2",
        "3",
        "9",
        "-1",
        "",
        "-",
        "--",
        " 1 ",
        "x",
        "2147483648",
    ]);
    prop_oneof![
        select(vec!["a", "b", "$1", "$2", "$3", "$0", "$9", "$x", "*", ">", "", " "]).prop_map(str::to_string),
        (name, vec(argument, 0..4)).prop_map(|(name, arguments)| format!("{{{{{name}({})}}}}", arguments.join(","))),
        "[{}()$a1, \n-]{0,12}",
    ]
}

fn destination() -> impl Strategy<Value = String> {
    (vec(destination_token(), 0..5), any::<bool>()).prop_map(|(mut tokens, has_tail)| {
        if has_tail {
            tokens.push(">".to_string());
        }
        tokens.join(".")
    })
}

/// Sources and subjects over few tokens, so that they match often.
fn source() -> impl Strategy<Value = String> {
    vec(select(vec!["*", "*", "a", "b", "a-b", ">"]), 1..5).prop_map(|tokens| tokens.join("."))
}

fn subject() -> impl Strategy<Value = Vec<u8>> {
    let text = vec(
        select(vec!["a", "b", "a-b", "--c-", "0123456789", "é", "*", ">", ""]),
        0..6,
    );
    prop_oneof![
        8 => text.prop_map(|tokens| tokens.join(".").into_bytes()),
        1 => vec(any::<u8>(), 0..40),
    ]
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn what_compiles_applies_to_any_subject_within_its_bound(
        source in source(), destination in destination(), subject in subject(), draw in any::<u32>(),
    ) {
        for compile in [Transform::new, Transform::for_mapping, Transform::for_import] {
            let Ok(transform) = compile(source.as_bytes(), destination.as_bytes()) else { continue };
            let mut out = Vec::new();
            transform.apply(&subject, &mut || draw, &mut out);
            prop_assert!(out.len() <= transform.longest(subject.len()));
            // No line of the protocol ends within a subject that had no line end.
            let has_end = |text: &[u8]| text.iter().any(|byte| b"\r\n".contains(byte));
            prop_assert!(has_end(&subject) || !has_end(&out));
            let mut again = b"x".to_vec();
            let matched = transform.transform(&subject, &mut || draw, &mut again);
            prop_assert_eq!(&again[1..], if matched.is_ok() { &out[..] } else { b"" });
        }
    }

    #[test]
    fn any_bytes_compile_or_are_refused(source in vec(any::<u8>(), 0..20), destination in vec(any::<u8>(), 0..60)) {
        for compile in [Transform::new, Transform::for_mapping, Transform::for_import] {
            if let Err(error) = compile(&source, &destination) {
                prop_assert!(error.to_string().starts_with("invalid "));
            }
        }
    }

    #[test]
    fn checks_of_form_only_change_the_error(source in source(), destination in destination()) {
        let (source, destination) = (source.as_bytes(), destination.as_bytes());
        let plain = Transform::new(source, destination);
        prop_assert_eq!(Transform::for_mapping(source, destination).ok(), plain.clone().ok());
        // What an import takes is a transform for everything else.
        if let Ok(import) = Transform::for_import(source, destination) {
            prop_assert_eq!(Transform::new(source, import.destination()), Ok(import));
        }
    }

    #[test]
    fn reversing_undoes(source in source(), destination in destination(), subject in subject()) {
        let Ok(transform) = Transform::new(source.as_bytes(), destination.as_bytes()) else { return Ok(()) };
        let Some(reverse) = transform.reverse() else { return Ok(()) };
        let (mut there, mut back) = (Vec::new(), Vec::new());
        if transform.transform(&subject, &mut || 0, &mut there).is_ok() {
            prop_assert!(literal_matches(&there, reverse.source()));
            prop_assert_eq!(reverse.transform(&there, &mut || 0, &mut back), Ok(()));
            prop_assert_eq!(back, subject);
        }
        let twice = reverse.reverse().expect("a reverse has a reverse");
        prop_assert_eq!(twice.source(), transform.source());
        prop_assert_eq!(&twice.parts, &transform.parts);
    }

    #[test]
    fn permutations_of_an_import_have_a_reverse(order in Just(vec![1, 2, 3, 4]).prop_shuffle()) {
        let numbers: Vec<String> = order.iter().map(|number| format!("${number}")).collect();
        let transform = Transform::for_import(b"a.*.*.b.*.*.>", format!("x.{}.>", numbers.join(".y.")).as_bytes());
        let transform = transform.expect("valid");
        let (mut there, mut back) = (Vec::new(), Vec::new());
        transform.apply(b"a.1.2.b.3.4.5.6", &mut || 0, &mut there);
        transform.reverse().expect("defined").apply(&there, &mut || 0, &mut back);
        prop_assert_eq!(back, b"a.1.2.b.3.4.5.6");
    }

    #[test]
    fn tables_find_what_a_search_from_the_first_rule_on_finds(
        sources in vec(source(), 0..40), subjects in vec(subject(), 1..10),
    ) {
        let sources: Vec<String> = sources.into_iter().filter(|source| is_valid_subject(source.as_bytes())).collect();
        let rule = |(at, source): (usize, &String)| {
            let tail = if source.ends_with('>') { ".>" } else { "" };
            let destination = format!("to.{at}{tail}");
            Mapping::new(source.as_bytes(), &[Destination::new(destination.as_bytes())], b"").expect("valid")
        };
        let table = MappingTable::new(sources.iter().enumerate().map(rule));
        for subject in &subjects {
            let first = sources.iter().find(|source| naive_match(subject, source.as_bytes()));
            let found = table.find(subject);
            prop_assert_eq!(found.map(Mapping::source), first.map(|source| source.as_bytes()));
            // Of rules with one source the last one is in force.
            let last = first.and_then(|first| sources.iter().rposition(|source| source == first));
            let outcome = found.map(|mapping| match mapping.choose(0) {
                Outcome::Transformed(transform) => String::from_utf8_lossy(transform.destination()).into_owned(),
                other => format!("{other:?}"),
            });
            let starts = last.map(|last| format!("to.{last}"));
            prop_assert_eq!(outcome.map(|text| text.trim_end_matches(".>").to_string()), starts);
        }
    }

    #[test]
    fn draws_go_where_the_weights_say(
        weights in vec((0u8..=60, select(vec!["", "east", "west"])), 0..5),
        lists_source in any::<bool>(), cluster in select(vec!["", "east", "north"]),
    ) {
        let name = |at: usize| if at == 0 && lists_source { "s".to_string() } else { format!("d{at}") };
        let names: Vec<String> = (0..weights.len()).map(name).collect();
        let destination = |(name, &(weight, cluster)): (&'_ String, &(u8, &'static str))| {
            (name.clone().into_bytes(), weight, cluster.as_bytes())
        };
        let owned: Vec<_> = names.iter().zip(&weights).map(destination).collect();
        let destinations: Vec<_> = owned
            .iter()
            .map(|(subject, weight, cluster)| Destination { subject, weight: *weight, cluster })
            .collect();
        let total = |scope: &str| weights.iter().filter(|(_, own)| *own == scope).map(|(weight, _)| u32::from(*weight)).sum::<u32>();
        let mapping = Mapping::new(b"s", &destinations, cluster.as_bytes());
        let is_over = ["", "east", "west"].into_iter().any(|scope| total(scope) > 100);
        prop_assert_eq!(mapping.is_err(), is_over);
        let Ok(mapping) = mapping else { return Ok(()) };
        let scope = if weights.iter().any(|(_, own)| *own == cluster) { cluster } else { "" };
        for destination in &destinations {
            let hits = (0..100).filter(|&draw| {
                matches!(mapping.choose(draw), Outcome::Transformed(to) if to.destination() == destination.subject)
            });
            let expected = if destination.cluster == scope.as_bytes() { destination.weight } else { 0 };
            prop_assert_eq!(hits.count(), usize::from(expected));
        }
        let has_source = lists_source && !weights.is_empty();
        let rest = if has_source { Outcome::Dropped } else { Outcome::Kept };
        let kept = (0..100).filter(|&draw| mapping.choose(draw) == rest).count();
        prop_assert_eq!(kept, 100 - total(scope) as usize);
    }
}

/// Whether a rule is for a published subject, token by token.
fn naive_match(subject: &[u8], source: &[u8]) -> bool {
    let subject: Vec<&[u8]> = subject.split(|byte| *byte == b'.').collect();
    let source: Vec<&[u8]> = source.split(|byte| *byte == b'.').collect();
    subject.iter().all(|token| !token.is_empty()) && tokens_match(&subject, &source)
}

fn tokens_match(subject: &[&[u8]], source: &[&[u8]]) -> bool {
    match (subject, source) {
        ([], []) => true,
        ([_, ..], [b">"]) => true,
        ([have, subject @ ..], [want, source @ ..]) => {
            let fits = if *want == b"*" { *have != b">" } else { want == have };
            fits && tokens_match(subject, source)
        }
        _ => false,
    }
}
