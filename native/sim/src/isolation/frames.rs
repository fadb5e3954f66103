//! What clients got, and what is taken out of it because the model demands it.

use crate::isolation::judge::{Judge, Verdict};
use crate::isolation::message::Message;
use crate::isolation::model::Sub;
use crate::isolation::names;
use nt_broker::simulation::wire::Frame;

impl Judge {
    /// Takes a message out of what clients got: out of all plain subscriptions, and of one in each queue group.
    pub(super) fn deliver(
        &mut self,
        account: usize,
        subject: &str,
        message: &Message,
        sender: Option<usize>,
        is_imported: bool,
    ) -> Verdict<bool> {
        let mut ways = self.model.ways(account, subject);
        ways.retain(|(client, _, _)| {
            let conn = &self.model.conns[client];
            // As in nats-server, what came as a request or a response goes to nobody as a stream.
            (sender != Some(*client) || conn.echo) && (!is_imported || conn.account == account)
        });
        let mut queues: Vec<String> = ways.iter().filter_map(|(_, sub, _)| sub.queue.clone()).collect();
        queues.sort();
        queues.dedup();
        let mut delivered = false;
        let plain = ways.iter().filter(|(_, sub, _)| sub.queue.is_none());
        for (client, sub, local) in plain {
            let Some(left) = self.left_of(*client, sub) else {
                continue;
            };
            if left < u64::MAX && !self.is_there(*client, sub, local, message) {
                self.skipped.push((*client, sub.sid.clone()));
                continue;
            }
            self.take_frame(*client, sub, local, message)?;
            delivered = true;
        }
        for queue in queues {
            let members = ways.iter().filter(|(_, sub, _)| sub.queue.as_ref() == Some(&queue));
            let members: Vec<_> = members
                .filter(|(client, sub, _)| self.left_of(*client, sub).is_some())
                .collect();
            if members.is_empty() {
                continue;
            }
            let got = members
                .iter()
                .filter(|(client, sub, local)| self.is_there(*client, sub, local, message));
            let got: Vec<_> = got.collect();
            if got.is_empty() {
                let mut limited = members.iter();
                if limited.any(|(client, sub, _)| self.left_of(*client, sub) == Some(u64::MAX)) {
                    return Err(format!(
                        "nobody in queue {queue} got {subject} of account {account}: {message:?}"
                    ));
                }
                self.skipped
                    .extend(members.iter().map(|(client, sub, _)| (*client, sub.sid.clone())));
                continue;
            }
            let (client, sub, local) = got[self.choices.pick(got.len())];
            self.take_frame(*client, sub, local, message)?;
            delivered = true;
        }
        Ok(delivered)
    }

    /// How many messages a subscription may still get. `None`: it has ended.
    fn left_of(&self, client: usize, sub: &Sub) -> Option<u64> {
        let mut subs = self.model.conns.get(&client)?.subs.iter();
        let now = subs.find(|now| now.sid == sub.sid)?;
        Some(if now.max == 0 {
            u64::MAX
        } else {
            now.max - now.delivered
        })
    }

    fn is_there(&self, client: usize, sub: &Sub, local: &str, message: &Message) -> bool {
        let frames = self.seen.get(&client).map_or(&[][..], Vec::as_slice);
        frames
            .iter()
            .any(|frame| message.is_frame(frame, local, &sub.sid, &mut self.model.clone()))
    }

    fn take_frame(&mut self, client: usize, sub: &Sub, local: &str, message: &Message) -> Verdict<()> {
        let frames = self.seen.entry(client).or_default();
        for at in 0..frames.len() {
            let mut model = self.model.clone();
            if message.is_frame(&frames[at], local, &sub.sid, &mut model) {
                self.model = model;
                let Frame::Msg(got) = frames.remove(at) else { continue };
                self.model.note_delivery(client, &sub.sid, got.reply.as_deref());
                return Ok(());
            }
        }
        let sid = &sub.sid;
        Err(format!(
            "client {client} did not get {local:?} on its subscription {sid}: {message:?}"
        ))
    }

    pub(super) fn expect_error(&mut self, client: usize, what: &str) -> Verdict<()> {
        let wanted = Frame::Err(format!("Permissions Violation for {what}"));
        let frames = self.seen.entry(client).or_default();
        match frames.iter().position(|frame| *frame == wanted) {
            Some(at) => {
                frames.remove(at);
                Ok(())
            }
            None => Err(format!("client {client} was not told: {wanted:?}")),
        }
    }

    /// A client is told that nobody got its request, if it waits for the answer.
    pub(super) fn expect_no_responders(&mut self, client: usize, subject: &str, reply: &str) -> Verdict<()> {
        let conn = &self.model.conns[&client];
        let waits = |sub: &&Sub| sub.queue.is_none() && names::matches(reply, &sub.subject);
        let waiting: Vec<String> = conn.subs.iter().filter(waits).map(|sub| sub.sid.clone()).collect();
        if waiting.is_empty() {
            return Ok(());
        }
        let wanted = format!("NATS/1.0 503\r\nNats-Subject: {subject}\r\n\r\n");
        let frames = self.seen.entry(client).or_default();
        let is_wanted = |frame: &Frame| {
            let Frame::Msg(got) = frame else { return false };
            let is_ours = got.subject == reply && waiting.contains(&got.sid);
            is_ours && got.headers == wanted.as_bytes() && got.payload.is_empty() && got.reply.is_none()
        };
        match frames.iter().position(is_wanted) {
            Some(at) => {
                frames.remove(at);
                Ok(())
            }
            None => Err(format!("client {client} was not told that {subject} has no responders")),
        }
    }
}
