//! Subjects of any bytes are valid or not by the plain rules, and the index of subscriptions finds what a search from end
//! to end finds, whatever is added and removed in between.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nt_subject::{
    HashSeed, Matches, NodeId, PatternSet, Sublist, has_wildcard, is_subset, is_valid_literal_subject,
    is_valid_subject, literal_matches, overlaps, token_count,
};

fuzz_target!(|data: &[u8]| {
    let Some((&choice, rest)) = data.split_first() else {
        return;
    };
    if choice & 1 == 0 { laws(rest) } else { index(rest) }
});

/// Laws of two subjects, cut at the first NUL.
fn laws(data: &[u8]) {
    let at = data.iter().position(|byte| *byte == 0).unwrap_or(data.len());
    let (a, b) = (&data[..at], data.get(at + 1..).unwrap_or_default());
    for subject in [a, b] {
        assert_eq!(is_valid_subject(subject), slow::is_valid(subject));
        assert_eq!(
            is_valid_literal_subject(subject),
            slow::is_valid(subject) && !has_wildcard(subject)
        );
        assert!(token_count(subject) <= subject.len() + 1);
        assert_eq!(
            Sublist::new(HashSeed::new(1)).insert(subject, None, 1).is_ok(),
            slow::is_valid(subject)
        );
        if slow::is_valid(subject) {
            assert!(is_subset(subject, subject) && is_subset(subject, b">") && overlaps(subject, subject));
            let set = PatternSet::new([subject]).expect("a valid subject is a valid entry");
            assert!(set.matches_literal(subject) && set.allows(subject, None) && set.allows(subject, Some(b"q")));
        }
    }
    assert_eq!(overlaps(a, b), overlaps(b, a));
    if slow::is_valid(b) {
        assert_eq!(literal_matches(a, b), slow::matches(a, b));
    }
    if is_subset(a, b) {
        assert!(overlaps(a, b));
        assert!(!literal_matches(a, a) || has_wildcard(a) || literal_matches(a, b));
    }
    // A list of any two entries is a list or refused.
    let _ = PatternSet::new([a, b]);
}

/// Steps on the index and on a list: one byte says what, the next ones which subject.
fn index(mut data: &[u8]) {
    let (mut list, mut twin, mut found) = (Sublist::new(HashSeed::new(1)), Vec::<Entry>::new(), Matches::new());
    let mut next_id = 0;
    while let Some((&choice, rest)) = data.split_first() {
        data = rest;
        match choice & 3 {
            0 => {
                let subject = subject(&mut data);
                let queue = [None, Some(&b"q"[..]), Some(b"r"), None][usize::from(choice >> 2 & 3)];
                match list.insert(&subject, queue, next_id) {
                    Ok(node) => twin.push(Entry {
                        subject,
                        queue,
                        id: next_id,
                        node,
                    }),
                    Err(_) => assert!(!slow::is_valid(&subject)),
                }
                next_id += 1;
            }
            1 if !twin.is_empty() => {
                let gone = twin.swap_remove(usize::from(choice >> 2) % twin.len());
                assert_eq!(list.subject(gone.node), gone.subject);
                assert!(list.remove(gone.node, gone.queue, gone.id));
            }
            _ => {
                let literal = subject(&mut data);
                assert_eq!(fast(&list, &literal, &mut found), slow_search(&twin, &literal));
                let covered = slow::is_valid(&literal) && twin.iter().any(|entry| is_subset(&literal, &entry.subject));
                assert_eq!(list.covers(&literal), covered);
            }
        }
        assert_eq!(list.len(), twin.len());
    }
    for entry in &twin {
        assert!(list.remove(entry.node, entry.queue, entry.id));
    }
    assert!(list.is_empty());
    assert_eq!((list.node_count(), list.queue_count()), (0, 0));
}

struct Entry {
    subject: Vec<u8>,
    queue: Option<&'static [u8]>,
    id: u32,
    node: NodeId,
}

/// A subject of few tokens out of few, so that they meet.
fn subject(data: &mut &[u8]) -> Vec<u8> {
    const TOKENS: [&[u8]; 8] = [b"a", b"b", b"*", b">", b"a-longer-token-than-usual", b"", b"a*", b"c d"];
    let Some((&count, rest)) = data.split_first() else {
        return Vec::new();
    };
    let (picks, rest) = rest.split_at(usize::from(count % 6).min(rest.len()));
    *data = rest;
    // The odd ones come rarely.
    let token = |pick: &u8| TOKENS[usize::from(if *pick < 250 { pick % 5 } else { pick % 8 })];
    picks.iter().map(token).collect::<Vec<_>>().join(&b'.')
}

/// Plain ids, and ids by queue, in order.
type Found = (Vec<u32>, Vec<(Vec<u8>, Vec<u32>)>);

fn fast(list: &Sublist, literal: &[u8], out: &mut Matches) -> Found {
    list.matches(literal, out);
    let mut groups: Vec<(Vec<u8>, Vec<u32>)> = out
        .groups()
        .map(|(queue, ids)| (list.queue_name(queue).expect("in use").to_vec(), sorted(ids.to_vec())))
        .collect();
    groups.sort();
    (sorted(out.plain.clone()), groups)
}

fn slow_search(entries: &[Entry], literal: &[u8]) -> Found {
    let mut groups = std::collections::BTreeMap::<Vec<u8>, Vec<u32>>::new();
    let mut plain = Vec::new();
    for entry in entries.iter().filter(|entry| slow::matches(literal, &entry.subject)) {
        match entry.queue {
            Some(queue) => groups.entry(queue.to_vec()).or_default().push(entry.id),
            None => plain.push(entry.id),
        }
    }
    let groups = groups.into_iter().map(|(queue, ids)| (queue, sorted(ids))).collect();
    (sorted(plain), groups)
}

fn sorted(mut ids: Vec<u32>) -> Vec<u32> {
    ids.sort_unstable();
    ids
}

/// The rules, written down as plainly as possible.
mod slow {
    pub fn is_valid(subject: &[u8]) -> bool {
        let tokens: Vec<&[u8]> = subject.split(|byte| *byte == b'.').collect();
        let blank = subject.iter().any(|byte| b" \t\r\n\x0c".contains(byte));
        let tail = tokens.iter().position(|token| *token == b">");
        !blank && tokens.iter().all(|token| !token.is_empty()) && tail.is_none_or(|at| at + 1 == tokens.len())
    }

    pub fn matches(literal: &[u8], pattern: &[u8]) -> bool {
        let literal: Vec<&[u8]> = literal.split(|byte| *byte == b'.').collect();
        let pattern: Vec<&[u8]> = pattern.split(|byte| *byte == b'.').collect();
        literal.iter().all(|token| !token.is_empty()) && tokens_match(&literal, &pattern)
    }

    fn tokens_match(literal: &[&[u8]], pattern: &[&[u8]]) -> bool {
        match (literal, pattern) {
            ([], []) => true,
            ([_, ..], [b">"]) => true,
            ([have, literal @ ..], [want, pattern @ ..]) => {
                (*want == b"*" || want == have) && tokens_match(literal, pattern)
            }
            _ => false,
        }
    }
}
