//! The data plane without sockets, for `npm run bench:micro`: calls that process a batch, and calls that return the
//! results, so that other implementations can be compared with them. The types are in `bench/micro/addon.ts`.
//!
//! Compiled only with the feature `bench`. Every export begins with `bench`; the released addon has none of them.

use crate::Result;
use napi::bindgen_prelude::Buffer;
use napi_derive::napi;
use nt_broker::{AccountIds, BrokerState, Config, Plan, Shard, ShardSeed, Time};
use nt_protocol::{Limits, Op, Parsed, Publish, parse};
use nt_subject::{HashSeed, Matches, Sublist};
use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::Arc;

const LIMITS: Limits = Limits {
    max_control_line: 4096,
    max_payload: 1 << 20,
    headers: true,
};

fn failed(what: impl Display) -> napi::Error<String> {
    napi::Error::new("BENCH_FAILED".to_owned(), what.to_string())
}

/// What was parsed.
#[napi(object)]
#[allow(missing_docs)]
pub struct BenchParsed {
    pub messages: u32,
    pub subject_bytes: f64,
    pub body_bytes: f64,
}

/// Parses a stream of published messages as if it arrived in reads of `read` bytes.
#[napi]
pub fn bench_parse(stream: &[u8], read: u32) -> Result<BenchParsed> {
    let (mut messages, mut subject_bytes, mut body_bytes) = (0, 0, 0);
    each_publish(stream, read, |publish| {
        messages += 1;
        subject_bytes += publish.subject.len();
        body_bytes += publish.body.len();
    })?;
    Ok(BenchParsed {
        messages,
        subject_bytes: subject_bytes as f64,
        body_bytes: body_bytes as f64,
    })
}

/// Where each message has its subject, reply, headers, body and tail: nine offsets into the stream, 0 for what is
/// absent.
#[napi]
pub fn bench_parse_fields(stream: &[u8], read: u32) -> Result<Vec<u32>> {
    let mut fields = Vec::new();
    let place = |part: &[u8]| {
        let start = part.as_ptr() as usize - stream.as_ptr() as usize;
        [start as u32, (start + part.len()) as u32]
    };
    each_publish(stream, read, |publish| {
        fields.extend(place(publish.subject));
        fields.extend(publish.reply.map_or([0, 0], place));
        fields.push(publish.header_len as u32);
        fields.extend(place(publish.body));
        fields.extend(publish.tail.map_or([0, 0], place));
    })?;
    Ok(fields)
}

fn each_publish<'a>(stream: &'a [u8], read: u32, mut visit: impl FnMut(Publish<'a>)) -> Result<()> {
    let (mut start, mut end) = (0, 0);
    while start < stream.len() {
        match parse(&stream[start..end], &LIMITS) {
            Parsed::Op(op, used) => {
                if let Op::Publish(publish) = op {
                    visit(publish);
                }
                start += used;
            }
            Parsed::Incomplete { .. } if end == stream.len() => return Err(failed("the stream ends within a message")),
            Parsed::Incomplete { need } => end = (end + read as usize).max(start + need).min(stream.len()),
            Parsed::Error(error) => return Err(failed(error)),
        }
    }
    Ok(())
}

/// The interest index.
#[napi]
pub struct BenchInterest {
    list: Sublist,
    found: Matches,
}

#[napi]
impl BenchInterest {
    /// An empty index.
    #[napi(constructor)]
    #[allow(clippy::new_without_default)] // made by JavaScript only
    pub fn new() -> Self {
        Self {
            list: Sublist::new(HashSeed::new(1)),
            found: Matches::default(),
        }
    }

    /// Adds subscriptions with the ids 0, 1, ...; an empty queue is none.
    #[napi]
    pub fn fill(&mut self, subjects: Vec<String>, queues: Vec<String>) -> Result<()> {
        for (id, (subject, queue)) in subjects.iter().zip(&queues).enumerate() {
            let queue = Some(queue.as_bytes()).filter(|name| !name.is_empty());
            self.list.insert(subject.as_bytes(), queue, id as u32).map_err(failed)?;
        }
        Ok(())
    }

    /// Matches subjects. They stand one after the other in `text`; `ends` has the end of each. Returns how many
    /// subscriptions, queue groups and members of groups were found in total.
    #[napi]
    pub fn count(&mut self, text: &[u8], ends: &[u32]) -> Vec<u32> {
        let (mut plain, mut groups, mut members) = (0, 0, 0);
        self.each(text, ends, |_, found| {
            plain += found.plain.len() as u32;
            groups += found.group_count() as u32;
            members += found.groups().map(|(_, ids)| ids.len() as u32).sum::<u32>();
        });
        vec![plain, groups, members]
    }

    /// The same, but returns the matches as text: `1 2 workers=3,4`.
    #[napi]
    pub fn list(&mut self, text: &[u8], ends: &[u32]) -> Vec<String> {
        let mut lines = Vec::new();
        let sorted = |ids: &[u32], by: &str| {
            let mut ids = ids.to_vec();
            ids.sort_unstable();
            ids.iter().map(u32::to_string).collect::<Vec<_>>().join(by)
        };
        self.each(text, ends, |list, found| {
            let groups: BTreeMap<_, _> = found
                .groups()
                .map(|(queue, ids)| (list.queue_name(queue).unwrap_or_default(), sorted(ids, ",")))
                .collect();
            let groups = groups
                .into_iter()
                .map(|(name, ids)| format!(" {}={ids}", String::from_utf8_lossy(name)));
            lines.push(sorted(&found.plain, " ") + &groups.collect::<String>());
        });
        lines
    }

    fn each(&mut self, text: &[u8], ends: &[u32], mut visit: impl FnMut(&Sublist, &Matches)) {
        let mut start = 0;
        for &end in ends {
            self.list.matches(&text[start..end as usize], &mut self.found);
            visit(&self.list, &self.found);
            start = end as usize;
        }
    }
}

/// Output of one connection.
#[napi(object)]
#[allow(missing_docs)]
pub struct BenchOutput {
    pub connection: u32,
    pub bytes: Buffer,
}

/// One loop of a broker, with connections whose output is taken at once.
#[napi]
pub struct BenchBroker {
    state: Arc<BrokerState>,
    shard: Shard,
}

#[napi]
impl BenchBroker {
    /// A broker without connections.
    #[napi(constructor)]
    #[allow(clippy::new_without_default)] // made by JavaScript only
    pub fn new() -> Self {
        let mut shard = Shard::new(ShardSeed::alone());
        shard.set_now(Time::on_both_clocks(1_000_000_000));
        Self {
            state: BrokerState::new(1, Arc::new(AccountIds::new(1)), Plan::open(Config::default())),
            shard,
        }
    }

    /// Adds a client that has sent CONNECT; the output so far is discarded.
    #[napi]
    pub fn connect(&mut self) -> Result<u32> {
        let peer = ([127, 0, 0, 1], 1).into();
        let slot = self.shard.add_connection(&self.state, peer);
        let slot = slot.ok_or_else(|| failed("the broker takes no connections"))?;
        self.feed(slot, b"CONNECT {\"verbose\":false,\"headers\":true}\r\nPING\r\n")?;
        Ok(slot)
    }

    /// Handles input of a client; returns how many bytes of output that caused for all clients.
    #[napi]
    pub fn feed(&mut self, connection: u32, input: &[u8]) -> Result<f64> {
        let mut bytes = 0;
        self.handle(connection, input, |_, part| bytes += part.len())?;
        Ok(bytes as f64)
    }

    /// The same, but returns those bytes.
    #[napi]
    pub fn deliver(&mut self, connection: u32, input: &[u8]) -> Result<Vec<BenchOutput>> {
        let mut outputs: BTreeMap<u32, Vec<u8>> = BTreeMap::new();
        self.handle(connection, input, |to, part| {
            outputs.entry(to).or_default().extend_from_slice(part)
        })?;
        let output = |(connection, bytes): (u32, Vec<u8>)| BenchOutput {
            connection,
            bytes: bytes.into(),
        };
        Ok(outputs.into_iter().map(output).collect())
    }

    /// What a loop does with one read.
    fn handle(&mut self, slot: u32, input: &[u8], mut sink: impl FnMut(u32, &[u8])) -> Result<()> {
        let mut used = 0;
        loop {
            used += self.shard.receive(slot, &input[used..]);
            let more = self.shard.should_flush();
            self.flush(&mut sink);
            if !more {
                break;
            }
        }
        // A real loop passes these to the control plane; here they are discarded.
        self.shard.take_events();
        if used < input.len() {
            return Err(failed(format!(
                "{} bytes of the input were not handled",
                input.len() - used
            )));
        }
        Ok(())
    }

    fn flush(&mut self, sink: &mut impl FnMut(u32, &[u8])) {
        while self.shard.has_dirty() {
            let mut dirty = self.shard.take_dirty();
            for slot in dirty.drain(..) {
                let Some(conn) = self.shard.conn(slot) else { continue };
                conn.left_dirty_list();
                let bytes = conn.out().len();
                conn.out().slices().for_each(|part| sink(slot, &part));
                if bytes > 0 {
                    self.shard.wrote(slot, bytes);
                }
                self.shard.flushed(slot);
            }
            self.shard.reuse_dirty(dirty);
        }
    }
}
