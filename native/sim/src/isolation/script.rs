//! What happens in a case: its configurations, and steps of clients, time and the control plane.
//!
//! A step names clients and configurations by number. One that names something that is not there does nothing, so any
//! step may be left out of a case.

use crate::isolation::setup::Setup;
use std::fmt;

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Case {
    pub loops: usize,
    /// The first one is in force at the start.
    pub setups: Vec<Setup>,
    pub steps: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Step {
    Connect {
        client: usize,
        user: String,
        at: usize,
        no_responders: bool,
        echo: bool,
    },
    Sub {
        client: usize,
        subject: String,
        queue: Option<String>,
        sid: usize,
    },
    Unsub {
        client: usize,
        sid: usize,
        max: Option<u64>,
    },
    /// Several messages on one subject, in one write.
    Publish {
        client: usize,
        subject: String,
        reply: Option<String>,
        headers: Headers,
        count: usize,
    },
    /// Answers a request that the client `of` got: its own, or one that it must not answer.
    Answer {
        client: usize,
        of: usize,
        which: usize,
        reply: Option<String>,
        is_empty: bool,
        /// Answers a subject that is like it.
        guesses: bool,
    },
    Pass {
        ms: u64,
    },
    /// Another configuration, applied by the loops of this number's bits; by the others with the next [`Step::Apply`].
    Reload {
        setup: usize,
        loops: u8,
    },
    Apply,
    Move {
        client: usize,
        to: usize,
    },
    Close {
        client: usize,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Headers {
    No,
    Plain,
    /// Those of a client that says it is someone else.
    Lie,
    /// The message is to be traced.
    Trace,
}

/// Where traces go.
pub(super) const TRACES: &str = "t.d";

impl Headers {
    /// The lines between the first one and the empty one.
    pub fn lines(self) -> Vec<String> {
        let lines: &[&str] = match self {
            Self::No => &[],
            Self::Plain => &["X-Test: 1"],
            Self::Trace => &["X-Test: 1", "Nats-Trace-Dest: t.d"],
            Self::Lie => &["X-Test: 1", "nats-request-info: {\"acc\":\"nobody\"}"],
        };
        lines.iter().map(|line| (*line).to_owned()).collect()
    }
}

impl Case {
    /// The configurations and the steps, to be read and to be repeated by hand.
    pub fn text(&self, said: &[(usize, Vec<String>)]) -> String {
        let mut text = String::new();
        for (number, setup) in self.setups.iter().enumerate() {
            let is_used = number == 0
                || self
                    .steps
                    .iter()
                    .any(|step| matches!(step, Step::Reload { setup, .. } if *setup == number));
            if is_used {
                text += &format!("# configuration {number}\n{}", setup.text());
            }
        }
        text += &format!("# {} loops\n", self.loops);
        for (at, step) in self.steps.iter().enumerate() {
            text += &format!("{at}: {step}\n");
            let lines = said.iter().filter(|(step, _)| *step == at).flat_map(|(_, lines)| lines);
            text.extend(lines.map(|line| format!("     {line}\n")));
        }
        text
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect { client, at, .. } => write!(f, "client {client} connects, on loop {at}"),
            Self::Sub { client, .. } | Self::Unsub { client, .. } | Self::Publish { client, .. } => {
                write!(f, "client {client}")
            }
            Self::Answer { client, of, .. } => write!(f, "client {client} answers a request to client {of}"),
            Self::Pass { ms } => write!(f, "{ms} ms pass"),
            Self::Reload { setup, loops } => write!(f, "reload of configuration {setup}, on loops {loops:#b}"),
            Self::Apply => write!(f, "the other loops apply it"),
            Self::Move { client, to } => write!(f, "client {client} moves to loop {to}"),
            Self::Close { client } => write!(f, "client {client} closes"),
        }
    }
}
