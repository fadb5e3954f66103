//! The queue and its thread.
//!
//! Texts are written in the order they came, each once, whatever the sink does. A change of sink stands in the queue
//! like a text: what came before goes to the old one. Only an old sink that fails is not waited for: what it did not take
//! goes to the new one.

use crate::Sink;
use parking_lot::{Condvar, Mutex};
use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

/// How much is handed over at once.
const BATCH_BYTES: usize = 64 * 1024;
/// How long a failing sink is left alone, at first and at most.
const PAUSE: Duration = Duration::from_millis(20);
const PAUSE_MAX: Duration = Duration::from_millis(500);

/// Writes texts on a thread of its own. Dropped, the thread writes what waits and ends, unless the sink fails.
pub struct Pump {
    shared: Arc<Shared>,
}

/// How a pump is doing.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct State {
    /// Bytes taken in and not yet written.
    pub waiting: usize,
    /// Why they are not written: the sink's last error, until it works again.
    pub problem: Option<String>,
}

struct Shared {
    queue: Mutex<Queue>,
    /// There is work, or the end.
    work: Condvar,
    /// Everything is written.
    idle: Condvar,
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    state: State,
    ended: bool,
}

enum Job {
    Text(Vec<u8>),
    Sink(Box<dyn Sink>),
}

enum Next {
    /// The batch was filled.
    Batch,
    Sink(Box<dyn Sink>),
    End,
}

impl Pump {
    /// Starts the thread.
    pub fn new(sink: Box<dyn Sink>) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            queue: Mutex::default(),
            work: Condvar::new(),
            idle: Condvar::new(),
        });
        let mine = shared.clone();
        thread::Builder::new()
            .name("nt-log".to_owned())
            .spawn(move || mine.run(sink))?;
        Ok(Self { shared })
    }

    /// Takes a text in. Returns how many bytes wait now.
    pub fn write(&self, text: Vec<u8>) -> usize {
        let mut queue = self.shared.queue.lock();
        queue.state.waiting += text.len();
        queue.jobs.push_back(Job::Text(text));
        self.shared.work.notify_one();
        queue.state.waiting
    }

    /// What is written from now on goes to `sink`; the old one is dropped once it has what came before.
    pub fn replace(&self, sink: Box<dyn Sink>) {
        self.shared.queue.lock().jobs.push_back(Job::Sink(sink));
        self.shared.work.notify_one();
    }

    /// How it is doing.
    pub fn state(&self) -> State {
        self.shared.queue.lock().state.clone()
    }

    /// Waits until everything is written, or for so long. True when it is.
    pub fn flush(&self, patience: Duration) -> bool {
        let deadline = Instant::now() + patience;
        let mut queue = self.shared.queue.lock();
        while queue.state.waiting > 0 {
            if self.shared.idle.wait_until(&mut queue, deadline).timed_out() {
                return queue.state.waiting == 0;
            }
        }
        true
    }
}

impl Drop for Pump {
    fn drop(&mut self) {
        self.shared.queue.lock().ended = true;
        self.shared.work.notify_one();
    }
}

impl Shared {
    fn run(&self, mut sink: Box<dyn Sink>) {
        let mut batch = Vec::new();
        loop {
            match self.next(sink.joins(), &mut batch) {
                Next::Batch => {
                    let Some(used) = self.write(sink, &batch) else { return };
                    sink = used;
                }
                Next::Sink(other) => sink = other,
                Next::End => return,
            }
        }
    }

    /// Waits for work; texts are moved into `batch`.
    fn next(&self, joins: bool, batch: &mut Vec<u8>) -> Next {
        batch.clear();
        let mut queue = self.queue.lock();
        loop {
            while let Some(Job::Text(text)) = queue.jobs.front() {
                if !batch.is_empty() && (!joins || batch.len() + text.len() > BATCH_BYTES) {
                    break;
                }
                batch.extend_from_slice(text);
                queue.jobs.pop_front();
            }
            if !batch.is_empty() {
                return Next::Batch;
            }
            match queue.jobs.pop_front() {
                Some(Job::Sink(sink)) => return Next::Sink(sink),
                // An empty text.
                Some(Job::Text(_)) => {}
                None if queue.ended => return Next::End,
                None => self.work.wait(&mut queue),
            }
        }
    }

    /// Writes all of `batch`, however long that takes. Returns the sink that took the last of it; none at the end.
    fn write(&self, mut sink: Box<dyn Sink>, batch: &[u8]) -> Option<Box<dyn Sink>> {
        let mut rest = batch;
        let mut pause = PAUSE;
        while !rest.is_empty() {
            match sink.write(rest) {
                Ok(taken) => {
                    rest = &rest[taken..];
                    pause = PAUSE;
                    self.done(taken, None);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if sink.is_hopeless(&error) => {
                    self.done(rest.len(), Some(describe(&error)));
                    rest = &[];
                }
                Err(error) => {
                    let busy = error.kind() == io::ErrorKind::WouldBlock;
                    match self.wait_out(pause, (!busy).then(|| describe(&error))) {
                        Pause::Over => pause = if busy { PAUSE } else { (pause * 2).min(PAUSE_MAX) },
                        Pause::Sink(other) => sink = other,
                        Pause::End => return None,
                    }
                }
            }
        }
        Some(sink)
    }

    fn done(&self, bytes: usize, problem: Option<String>) {
        let mut queue = self.queue.lock();
        queue.state.waiting -= bytes;
        queue.state.problem = problem;
        if queue.state.waiting == 0 {
            self.idle.notify_all();
        }
    }

    /// Leaves a failing sink alone for a while. A new sink, the last one if there are several, ends that at once.
    fn wait_out(&self, pause: Duration, problem: Option<String>) -> Pause {
        let deadline = Instant::now() + pause;
        let mut queue = self.queue.lock();
        if problem.is_some() {
            queue.state.problem = problem;
        }
        loop {
            if let Some(sink) = queue.take_last_sink() {
                queue.state.problem = None;
                return Pause::Sink(sink);
            }
            if queue.ended {
                return Pause::End;
            }
            if self.work.wait_until(&mut queue, deadline).timed_out() {
                return Pause::Over;
            }
        }
    }
}

enum Pause {
    Over,
    Sink(Box<dyn Sink>),
    End,
}

impl Queue {
    fn take_last_sink(&mut self) -> Option<Box<dyn Sink>> {
        if !self.jobs.iter().any(|job| matches!(job, Job::Sink(_))) {
            return None;
        }
        let mut last = None;
        for job in std::mem::take(&mut self.jobs) {
            match job {
                Job::Sink(sink) => last = Some(sink),
                text @ Job::Text(_) => self.jobs.push_back(text),
            }
        }
        last
    }
}

/// `No space left on device`: without the number, which says no more.
fn describe(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_owned()
}
