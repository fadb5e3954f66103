//! How subjects are renamed and what permissions allow: written out token by token, for the model alone.

use nt_broker::PermissionLists;
use nt_subject::literal_matches;

/// Whether a literal subject matches a pattern.
pub(super) fn matches(subject: &str, pattern: &str) -> bool {
    literal_matches(subject.as_bytes(), pattern.as_bytes())
}

fn is_wildcard(token: &str) -> bool {
    token == "*" || token == ">"
}

/// The number of a `$n`.
fn placeholder(token: &str) -> Option<usize> {
    token.strip_prefix('$')?.parse().ok()
}

/// What `to` makes of a subject that matches `from`: wildcards by number or, where they are wildcards, in their order.
pub(super) fn rename(subject: &str, from: &str, to: &str) -> String {
    let tokens: Vec<&str> = subject.split('.').collect();
    let (mut parts, mut rest) = (Vec::new(), String::new());
    for (at, token) in from.split('.').enumerate() {
        match token {
            "*" => parts.push(tokens[at]),
            ">" => rest = tokens[at..].join("."),
            _ => {}
        }
    }
    let mut next = 0;
    let renamed = to.split('.').map(|token| match token {
        "*" => {
            next += 1;
            parts[next - 1].to_owned()
        }
        ">" => rest.clone(),
        _ => placeholder(token).map_or_else(|| token.to_owned(), |number| parts[number - 1].to_owned()),
    });
    renamed.collect::<Vec<String>>().join(".")
}

/// The pattern of all subjects that `to` makes.
pub(super) fn pattern_of(to: &str) -> String {
    let tokens = to
        .split('.')
        .map(|token| if placeholder(token).is_some() { "*" } else { token });
    tokens.collect::<Vec<&str>>().join(".")
}

/// The other way round: the subject from which `to` makes `local`.
pub(super) fn original(local: &str, from: &str, to: &str) -> String {
    let tokens: Vec<&str> = local.split('.').collect();
    let wildcards = from.split('.').filter(|token| *token == "*").count();
    let (mut parts, mut rest, mut next) = (vec![""; wildcards], String::new(), 0);
    for (at, token) in to.split('.').enumerate() {
        match token {
            "*" => {
                parts[next] = tokens[at];
                next += 1;
            }
            ">" => rest = tokens[at..].join("."),
            _ => {
                if let Some(number) = placeholder(token) {
                    parts[number - 1] = tokens[at];
                }
            }
        }
    }
    let mut parts = parts.into_iter();
    let back = from.split('.').map(|token| match token {
        "*" => parts.next().unwrap_or_default().to_owned(),
        ">" => rest.clone(),
        _ => token.to_owned(),
    });
    back.collect::<Vec<String>>().join(".")
}

/// Whether an entry, `subject` or `subject queue`, is for this subject, and its queue.
fn entry<'e>(entry: &'e str, subject: &str) -> Option<Option<&'e str>> {
    let (pattern, queue) = match entry.split_once(' ') {
        Some((pattern, queue)) => (pattern, Some(queue)),
        None => (entry, None),
    };
    matches(subject, pattern).then_some(queue)
}

fn names(list: &[String], subject: &str, queue: Option<&str>) -> bool {
    let mut queues = list.iter().filter_map(|line| entry(line, subject));
    queues.any(|named| named.is_none() || (named.is_some() && queue.is_some_and(|queue| fits(queue, named))))
}

fn fits(queue: &str, named: Option<&str>) -> bool {
    named.is_some_and(|named| named == queue || (named.split('.').any(is_wildcard) && matches(queue, named)))
}

/// Whether the lists allow to publish here.
pub(super) fn may_publish(lists: &PermissionLists, subject: &str) -> bool {
    let is_allowed = match (&lists.publish_allow, lists.allow_responses) {
        (None, None) => true,
        (None, Some(_)) => false,
        (Some(allow), _) => names(allow, subject, None),
    };
    is_allowed && !names(&lists.publish_deny, subject, None)
}

/// Whether a subscription may be made. Its wildcards are ordinary tokens here.
pub(super) fn may_subscribe(lists: &PermissionLists, subject: &str, queue: Option<&str>) -> bool {
    let is_allowed = lists.subscribe_allow.as_ref().is_none_or(|allow| {
        let queues: Vec<Option<&str>> = allow.iter().filter_map(|line| entry(line, subject)).collect();
        let scoped = || queues.iter().flatten();
        match queue {
            Some(queue) if scoped().count() > 0 => scoped().any(|named| fits(queue, Some(named))),
            _ => queues.contains(&None),
        }
    });
    is_allowed && !names(&lists.subscribe_deny, subject, queue)
}

/// Whether a message may be delivered to a subscription.
pub(super) fn may_receive(lists: &PermissionLists, subject: &str, queue: Option<&str>) -> bool {
    let is_allowed = lists
        .subscribe_allow
        .as_ref()
        .is_none_or(|allow| names(allow, subject, queue));
    is_allowed && !names(&lists.subscribe_deny, subject, queue)
}

/// Whether a pattern has a wildcard.
pub(super) fn has_wildcard(pattern: &str) -> bool {
    pattern.split('.').any(is_wildcard)
}
