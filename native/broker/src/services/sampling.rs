//! Whether the latency of a request is measured: by chance, or because its headers carry a trace that is sampled.
//!
//! The headers are those of Jaeger, Zipkin (B3, in one and in several) and W3C; their names are compared in any case.

use crate::random::Random;
use crate::services::imports::LatencyPlan;
use memchr::memmem::find;
use std::collections::BTreeMap;

/// The headers that made a request a sampled one, by name.
pub(crate) type TraceHeaders = BTreeMap<String, Vec<String>>;

const UBER: &str = "Uber-Trace-Id";
const UBER_CONTEXT: &str = "Uberctx-";
const B3: &str = "B3";
const B3_SAMPLED: &str = "X-B3-Sampled";
const B3_TRACE: &str = "X-B3-Traceid";
const B3_OTHERS: [&str; 2] = ["X-B3-Parentspanid", "X-B3-Spanid"];
const PARENT: &str = "Traceparent";
const STATE: &str = "Tracestate";

/// Decides about one request. `None`: it is not measured.
pub(super) fn sample(plan: &LatencyPlan, headers: &[u8], random: &mut Random) -> Option<TraceHeaders> {
    let percent = plan.sampling;
    if percent >= 100 || (percent > 0 && random.below(100) < percent) {
        return Some(TraceHeaders::new());
    }
    if headers.is_empty() {
        return None;
    }
    sampled_by(&read(headers))
}

fn sampled_by(headers: &TraceHeaders) -> Option<TraceHeaders> {
    let first = |name: &str| headers.get(name).map(|values| values[0].as_str());
    if let Some(id) = first(UBER) {
        return is_jaeger_sampled(id).then(|| pick(headers, |name| name == UBER || name.starts_with(UBER_CONTEXT)));
    }
    let all_of_b3 = || {
        let is_one = |name: &str| name == B3_SAMPLED || name == B3_TRACE || B3_OTHERS.contains(&name);
        Some(pick(headers, is_one))
    };
    match first(B3_SAMPLED) {
        Some("1") => return all_of_b3(),
        Some("0") => return None,
        _ => {}
    }
    if first(B3_TRACE).is_some() {
        return all_of_b3();
    }
    if let Some(b3) = first(B3) {
        let parts: Vec<&str> = b3.split('-').collect();
        let is_denied = parts.get(2) == Some(&"0") || parts[..] == ["0"];
        return (!is_denied).then(|| pick(headers, |name| name == B3));
    }
    let parent = first(PARENT)?;
    is_w3c_sampled(parent).then(|| pick(headers, |name| name == PARENT || name == STATE))
}

/// `trace:span:parent:flags`, the flags in hexadecimal digits.
fn is_jaeger_sampled(id: &str) -> bool {
    let parts: Vec<&str> = id.split(':').collect();
    matches!(parts[..], [_, _, _, flags] if (1..=2).contains(&flags.len()) && is_odd(flags))
}

/// `version-trace-parent-flags`, the flags in two hexadecimal digits.
pub(crate) fn is_w3c_sampled(parent: &str) -> bool {
    let parts: Vec<&str> = parent.split('-').collect();
    matches!(parts[..], [_, _, _, flags] if flags.len() == 2 && is_odd(flags))
}

fn is_odd(hexadecimal: &str) -> bool {
    hexadecimal.bytes().all(|digit| digit.is_ascii_hexdigit())
        && u8::from_str_radix(hexadecimal, 16).is_ok_and(|flags| flags & 1 == 1)
}

fn pick(headers: &TraceHeaders, is_one: impl Fn(&str) -> bool) -> TraceHeaders {
    let picked = headers.iter().filter(|(name, _)| is_one(name));
    picked.map(|(name, values)| (name.clone(), values.clone())).collect()
}

/// The headers of a message, their names in one case.
fn read(headers: &[u8]) -> TraceHeaders {
    let mut read = TraceHeaders::new();
    let mut rest = headers;
    while let Some(end) = find(rest, b"\r\n") {
        let line = &rest[..end];
        rest = &rest[end + 2..];
        let Some(colon) = memchr::memchr(b':', line) else {
            continue;
        };
        let name = canonical(&String::from_utf8_lossy(&line[..colon]));
        let value = String::from_utf8_lossy(line[colon + 1..].trim_ascii()).into_owned();
        read.entry(name).or_default().push(value);
    }
    read
}

/// Each word of a name begins with a capital letter, the others are small.
fn canonical(name: &str) -> String {
    let mut begins = true;
    let letters = name.chars().map(|letter| {
        let changed = if begins {
            letter.to_ascii_uppercase()
        } else {
            letter.to_ascii_lowercase()
        };
        begins = letter == '-';
        changed
    });
    letters.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sampled(headers: &str) -> Option<Vec<String>> {
        let plan = LatencyPlan {
            subject: "latency".to_owned(),
            sampling: 0,
        };
        let headers = format!("NATS/1.0\r\n{headers}\r\n");
        let found = sample(&plan, headers.as_bytes(), &mut Random::new(1))?;
        Some(found.into_keys().collect())
    }

    #[test]
    fn traces_that_are_sampled_are_measured() {
        let of = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        for (headers, wanted) in [
            (
                "uber-trace-id: a:b:c:1\r\nuberctx-x: y\r\nOther: z\r\n",
                of(&["Uber-Trace-Id", "Uberctx-X"]),
            ),
            ("Uber-Trace-Id: a:b:c:2\r\n", None),
            ("Uber-Trace-Id: a:b:c:03\r\n", of(&["Uber-Trace-Id"])),
            ("Uber-Trace-Id: a:b:c\r\n", None),
            ("Uber-Trace-Id: a:b:c:+1\r\n", None),
            ("X-B3-Sampled: 1\r\n", of(&["X-B3-Sampled"])),
            ("X-B3-Sampled: 0\r\nX-B3-TraceId: a\r\n", None),
            (
                "x-b3-traceid: a\r\nX-B3-SpanId: b\r\n",
                of(&["X-B3-Spanid", "X-B3-Traceid"]),
            ),
            ("B3: a-b-1-c\r\n", of(&["B3"])),
            ("B3: a-b-0-c\r\n", None),
            ("B3: 0\r\n", None),
            ("B3: a-b\r\n", of(&["B3"])),
            (
                "traceparent: 00-a-b-01\r\nTracestate: s\r\n",
                of(&["Traceparent", "Tracestate"]),
            ),
            ("Traceparent: 00-a-b-00\r\n", None),
            ("Traceparent: 00-a-b-1\r\n", None),
            ("A: b\r\n", None),
            ("", None),
        ] {
            assert_eq!(sampled(headers), wanted, "{headers}");
        }
    }

    #[test]
    fn chance_decides_as_often_as_it_is_told() {
        let mut random = Random::new(7);
        let mut count = |percent| {
            let plan = LatencyPlan {
                subject: "latency".to_owned(),
                sampling: percent,
            };
            (0..10_000)
                .filter(|_| sample(&plan, b"", &mut random).is_some())
                .count()
        };
        assert_eq!(count(100), 10_000);
        assert_eq!(count(0), 0);
        let half = count(50);
        assert!((4500..5500).contains(&half), "{half}");
    }
}
