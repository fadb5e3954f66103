//! The naive implementation: compares subjects token by token and searches lists from end to end. Simple on purpose.

/// A list of subscriptions: subject, queue, id.
#[derive(Debug, Default, Clone)]
pub(super) struct NaiveList {
    pub(super) subs: Vec<(String, Option<String>, u32)>,
}

/// Plain ids and groups, all in order.
pub(super) type Found = (Vec<u32>, Vec<(String, Vec<u32>)>);

impl NaiveList {
    pub(super) fn matches(&self, literal: &str) -> Found {
        let mut plain = Vec::new();
        let mut groups = std::collections::BTreeMap::<String, Vec<u32>>::new();
        for (subject, queue, id) in &self.subs {
            if matches(literal, subject) {
                match queue {
                    None => plain.push(*id),
                    Some(queue) => groups.entry(queue.clone()).or_default().push(*id),
                }
            }
        }
        plain.sort_unstable();
        groups.values_mut().for_each(|ids| ids.sort_unstable());
        (plain, groups.into_iter().collect())
    }
}

pub(super) fn matches(literal: &str, pattern: &str) -> bool {
    let literal: Vec<&str> = literal.split('.').collect();
    let pattern: Vec<&str> = pattern.split('.').collect();
    if literal.contains(&"") {
        return false;
    }
    tokens_match(&literal, &pattern)
}

fn tokens_match(literal: &[&str], pattern: &[&str]) -> bool {
    match (literal, pattern) {
        ([], []) => true,
        ([_, ..], [">"]) => true,
        ([_, literal @ ..], ["*", pattern @ ..]) => tokens_match(literal, pattern),
        ([x, literal @ ..], [y, pattern @ ..]) => x == y && tokens_match(literal, pattern),
        _ => false,
    }
}

pub(super) fn is_valid(subject: &str) -> bool {
    let tokens: Vec<&str> = subject.split('.').collect();
    let blanks = [' ', '\t', '\r', '\n', '\x0c'];
    let tail_at = tokens.iter().position(|token| *token == ">");
    !tokens.contains(&"") && !subject.contains(blanks) && tail_at.is_none_or(|at| at == tokens.len() - 1)
}

/// Every literal of one to four of these tokens. These subjects suffice to distinguish patterns of up to three tokens
/// that do not contain the last token.
pub(super) fn universe() -> Vec<String> {
    let mut all = Vec::new();
    let mut longest = vec![String::new()];
    for _ in 0..4 {
        let mut longer = Vec::new();
        for start in &longest {
            for token in ["a", "b", "fo*", "other"] {
                longer.push(if start.is_empty() {
                    token.to_string()
                } else {
                    format!("{start}.{token}")
                });
            }
        }
        all.extend(longer.iter().cloned());
        longest = longer;
    }
    all
}
