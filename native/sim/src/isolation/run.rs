//! One case: each step is done by the core, and judged by the model.

use crate::isolation::driver::Driver;
use crate::isolation::judge::{Act, judge, name_of};
use crate::isolation::model::{Model, Seen, Sub};
use crate::isolation::script::{Case, Headers, Step};
use nt_broker::simulation::Fault;
use nt_broker::simulation::wire::Frame;
use std::rc::Rc;

/// A case that failed.
#[derive(Debug)]
pub(super) struct Failed {
    /// At which step.
    pub step: usize,
    pub why: String,
    /// What clients said, by step.
    pub said: Vec<(usize, Vec<String>)>,
}

struct Run<'c> {
    case: &'c Case,
    driver: Driver,
    model: Model,
    /// The reply subjects of requests that each client got.
    requests: Vec<Vec<String>>,
    /// Loops that have not applied the last reload.
    waiting: Vec<usize>,
    fault: Option<Fault>,
    said: Vec<(usize, Vec<String>)>,
    /// The step under way.
    at: usize,
}

/// Clients in a case at most.
const CLIENTS_MAX: usize = 16;

/// Runs a case.
pub(super) fn run(case: &Case, seed: u64, fault: Option<Fault>) -> Result<(), Failed> {
    let Some(plan) = case.setups[0].plan() else {
        return Ok(());
    };
    let mut run = Run {
        case,
        driver: Driver::new(case.loops, plan, seed, fault),
        model: Model::new(Rc::new(case.setups.clone())),
        requests: vec![Vec::new(); CLIENTS_MAX],
        waiting: Vec::new(),
        fault,
        said: Vec::new(),
        at: 0,
    };
    run.model.now_ms = run.driver.now_ms();
    for (at, step) in case.steps.iter().enumerate() {
        run.at = at;
        if let Err(why) = run.step(step) {
            return Err(Failed {
                step: at,
                why,
                said: run.said,
            });
        }
    }
    Ok(())
}

impl Run<'_> {
    fn step(&mut self, step: &Step) -> Result<(), String> {
        match step {
            Step::Connect {
                client,
                user,
                at,
                no_responders,
                echo,
            } => self.connect(*client, user, *at, *no_responders, *echo),
            Step::Sub {
                client,
                subject,
                queue,
                sid,
            } => self.subscribe(*client, subject, queue.as_deref(), *sid),
            Step::Unsub { client, sid, max } => {
                let most = max.map(|max| format!(" {max}")).unwrap_or_default();
                self.say(*client, &format!("UNSUB {sid}{most}\r\n"));
                let (client, sid, max) = (*client, *sid, max.unwrap_or(0));
                self.judge(&Act::Unsub { client, sid, max })
            }
            Step::Publish {
                client,
                subject,
                reply,
                headers,
                count,
            } => {
                let payloads: Vec<String> = (0..*count).map(|number| format!("m{:03}.{number}", self.at)).collect();
                self.publish(*client, subject, reply.as_deref(), *headers, &payloads)
            }
            Step::Answer {
                client,
                of,
                which,
                reply,
                is_empty,
                guesses,
            } => {
                let known = &self.requests[*of];
                let Some(subject) = known
                    .len()
                    .checked_sub(1)
                    .map(|last| known[last - which % known.len()].clone())
                else {
                    return Ok(());
                };
                let subject = if *guesses { guess(&subject, *which) } else { subject };
                let payload = if *is_empty {
                    String::new()
                } else {
                    format!("a{:03}", self.at)
                };
                self.publish(*client, &subject, reply.as_deref(), Headers::No, &[payload])
            }
            Step::Pass { ms } => {
                self.driver.pass(*ms);
                let now_ms = self.driver.now_ms();
                self.judge(&Act::Pass { now_ms })
            }
            Step::Reload { setup, loops } => self.reload(*setup, *loops),
            Step::Apply => self.apply(u8::MAX),
            Step::Move { client, to } => {
                let (client, to) = (*client, to % self.case.loops);
                if self.driver.loop_of(client).is_none_or(|at| at == to) {
                    return Ok(());
                }
                self.driver.move_client(client, to);
                match self.driver.loop_of(client) {
                    Some(at) if at == to => self.judge(&Act::Move { client, to }),
                    // Before its loop has applied a reload, a connection stays.
                    _ if !self.waiting.is_empty() => self.judge(&Act::Apply { loops: &[] }),
                    at => Err(format!("client {client} has not moved to loop {to}: it is on {at:?}")),
                }
            }
            Step::Close { client } => {
                self.driver.close(*client);
                self.judge(&Act::Close { client: *client })
            }
        }
    }

    fn say(&mut self, client: usize, text: &str) {
        let lines = text.split("\r\n").filter(|line| !line.is_empty());
        self.said.push((self.at, lines.map(str::to_owned).collect()));
        self.driver.say(client, text);
    }

    fn connect(&mut self, client: usize, user: &str, at: usize, no_responders: bool, echo: bool) -> Result<(), String> {
        if self.driver.loop_of(client).is_some() {
            return Ok(());
        }
        let name = name_of(client);
        let line = format!(
            "CONNECT {{\"verbose\":false,\"headers\":true,\"no_responders\":{no_responders},\"echo\":{echo},\"user\":\"{user}\",\"pass\":\"{user}\",\"name\":\"{name}\"}}"
        );
        self.said.push((self.at, vec![line.clone()]));
        let at = at % self.case.loops;
        self.driver.connect(client, at, &format!("{line}\r\n"));
        self.requests[client].clear();
        self.judge(&Act::Connect {
            client,
            user,
            at,
            no_responders,
            echo,
        })
    }

    fn subscribe(&mut self, client: usize, subject: &str, queue: Option<&str>, sid: usize) -> Result<(), String> {
        let group = queue.map(|queue| format!("{queue} ")).unwrap_or_default();
        self.say(client, &format!("SUB {subject} {group}{sid}\r\n"));
        let sub = Sub {
            sid: sid.to_string(),
            subject: subject.to_owned(),
            queue: queue.map(str::to_owned),
            delivered: 0,
            max: 0,
        };
        self.judge(&Act::Sub { client, sub })
    }

    fn publish(
        &mut self,
        client: usize,
        subject: &str,
        reply: Option<&str>,
        headers: Headers,
        payloads: &[String],
    ) -> Result<(), String> {
        let lines = headers.lines();
        let block: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
        let to = reply.map(|reply| format!(" {reply}")).unwrap_or_default();
        let mut text = String::new();
        for payload in payloads {
            if headers == Headers::No {
                text += &format!("PUB {subject}{to} {}\r\n{payload}\r\n", payload.len());
            } else {
                let block = format!("NATS/1.0\r\n{block}\r\n");
                let (head, total) = (block.len(), block.len() + payload.len());
                text += &format!("HPUB {subject}{to} {head} {total}\r\n{block}{payload}\r\n");
            }
        }
        self.say(client, &text);
        self.judge(&Act::Publish {
            client,
            subject,
            reply,
            headers,
            payloads,
        })
    }

    fn reload(&mut self, setup: usize, loops: u8) -> Result<(), String> {
        self.apply(u8::MAX)?;
        let Some(plan) = self.case.setups.get(setup).and_then(|setup| setup.plan()) else {
            return Ok(());
        };
        self.driver.reload(plan);
        self.model.in_force = setup;
        self.waiting = (0..self.case.loops).collect();
        self.apply(loops)
    }

    /// Loops apply the last reload: those of the bits.
    fn apply(&mut self, loops: u8) -> Result<(), String> {
        let is_meant = |reactor: &usize| loops & (1 << reactor) != 0;
        let (now, later): (Vec<usize>, Vec<usize>) = self.waiting.iter().partition(|reactor| is_meant(reactor));
        self.waiting = later;
        let skips = self.fault == Some(Fault::HalfReload);
        let half = self.case.loops / 2;
        self.driver
            .apply(|reactor| now.contains(&reactor), |reactor| skips && reactor >= half);
        self.judge(&Act::Apply { loops: &now })
    }

    fn judge(&mut self, act: &Act<'_>) -> Result<(), String> {
        let mut seen = Seen::new();
        for client in 0..CLIENTS_MAX {
            let frames = self.driver.frames(client);
            let messages = frames.iter().filter_map(|frame| match frame {
                Frame::Msg(message) => message.reply.clone(),
                _ => None,
            });
            self.requests[client].extend(messages.filter(|reply| reply.starts_with("_R_.")));
            if !frames.is_empty() {
                seen.insert(client, frames);
            }
        }
        self.model = judge(&self.model, act, &seen).map_err(|why| format!("{why}\n{}", shown(&seen)))?;
        for client in 0..CLIENTS_MAX {
            let (is_open, wanted) = (
                self.driver.loop_of(client),
                self.model.conns.get(&client).map(|conn| conn.at),
            );
            if is_open != wanted {
                return Err(format!(
                    "client {client} is on loop {is_open:?}, and should be on {wanted:?}"
                ));
            }
        }
        Ok(())
    }
}

/// Another subject, which differs in the first or the last character of its token only.
fn guess(subject: &str, which: usize) -> String {
    let first = subject.rfind('.').map_or(0, |dot| dot + 1);
    let at = if which.is_multiple_of(2) {
        first
    } else {
        subject.len() - 1
    };
    let other = if subject[at..].starts_with('0') { "1" } else { "0" };
    format!("{}{other}{}", &subject[..at], &subject[at + 1..])
}

/// What clients got, as text.
fn shown(seen: &Seen) -> String {
    let mut text = String::new();
    for (client, frames) in seen {
        for frame in frames {
            text += &match frame {
                Frame::Msg(got) => {
                    let (subject, sid, headers) = (&got.subject, &got.sid, String::from_utf8_lossy(&got.headers));
                    let reply = got.reply.as_deref().unwrap_or("no reply");
                    format!(
                        "client {client} got {subject} {sid} ({reply}) {headers:?} {:?}\n",
                        got.text()
                    )
                }
                other => format!("client {client} got {other:?}\n"),
            };
        }
    }
    text
}
