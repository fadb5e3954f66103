//! Any source and destination make a transform or a typed error. What is made transforms any subject within its bound,
//! a reverse restores what went in, and a table finds the rule that a search from the first one on finds.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nt_subject::transform::{Destination, Mapping, MappingTable, Outcome, Transform};
use nt_subject::{is_subset, is_valid_literal_subject};

fuzz_target!(|data: &[u8]| {
    let mut texts = data.split(|byte| *byte == 0);
    let (Some(source), Some(destination), Some(subject)) = (texts.next(), texts.next(), texts.next()) else {
        return;
    };
    for compile in [Transform::new, Transform::for_mapping, Transform::for_import] {
        match compile(source, destination) {
            Ok(transform) => execute(&transform, subject),
            Err(error) => assert!(error.to_string().starts_with("invalid ")),
        }
    }
    let rest: Vec<&[u8]> = texts.collect();
    rules(source, destination, &rest, subject);
});

fn execute(transform: &Transform, subject: &[u8]) {
    let mut result = Vec::new();
    transform.apply(subject, &mut || u32::MAX, &mut result);
    assert!(result.len() <= transform.longest(subject.len()));
    let is_line_end = |byte: &u8| b"\r\n".contains(byte);
    assert!(subject.iter().any(is_line_end) || !result.iter().any(is_line_end));
    let Some(reverse) = transform.reverse() else { return };
    if transform.transform(subject, &mut || 0, &mut Vec::new()).is_ok() {
        let mut back = Vec::new();
        assert_eq!(reverse.transform(&result, &mut || 0, &mut back), Ok(()));
        assert_eq!(back, subject);
    }
}

/// Rules with these texts as sources; one byte says how their messages are divided.
fn rules(source: &[u8], destination: &[u8], sources: &[&[u8]], subject: &[u8]) {
    let weight = destination.first().copied().unwrap_or(100);
    let listed = [
        Destination::new(destination),
        Destination {
            subject: source,
            weight,
            cluster: b"",
        },
        Destination {
            subject: b"x",
            weight,
            cluster: b"c",
        },
    ];
    let rule = |source: &&[u8]| (0..=listed.len()).find_map(|from| Mapping::new(source, &listed[from..], b"c").ok());
    let rules: Vec<Mapping> = sources.iter().chain([&source]).filter_map(rule).collect();
    let table = MappingTable::new(rules.clone());
    assert!(table.len() <= rules.len() && table.is_empty() == rules.is_empty());
    let found = table.find(subject);
    if is_valid_literal_subject(subject) {
        let first = rules.iter().find(|rule| is_subset(subject, rule.source()));
        assert_eq!(found.map(Mapping::source), first.map(Mapping::source));
    }
    let Some(found) = found else { return };
    let outcomes: Vec<Outcome<'_>> = (0..100).map(|draw| found.choose(draw)).collect();
    assert!(found.is_weighted() || outcomes.windows(2).all(|pair| pair[0] == pair[1]));
    for outcome in outcomes {
        if let Outcome::Transformed(transform) = outcome {
            execute(transform, subject);
        }
    }
}
