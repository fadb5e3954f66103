//! The queue and its thread.
//!
//! Texts are written in the order they were queued, each once, even if the sink fails in between. A change of sink is
//! an entry of the queue: texts queued before it go to the old sink. If the old sink fails, the texts that it did not
//! take go to the new one instead of waiting.

use crate::Sink;
use parking_lot::{Condvar, Mutex};
use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

/// Most bytes passed to the sink at once.
const BATCH_BYTES: usize = 64 * 1024;
/// The pause after an error of the sink, at first and at most.
const PAUSE: Duration = Duration::from_millis(20);
const PAUSE_MAX: Duration = Duration::from_millis(500);

/// Writes texts on a separate thread. When this is dropped, the thread writes what waits and ends, unless the sink
/// fails.
pub struct Pump {
    shared: Arc<Shared>,
}

/// The state of a pump.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct State {
    /// Bytes queued and not yet written.
    pub waiting: usize,
    /// Why they are not written: the sink's last error, until a write succeeds.
    pub problem: Option<String>,
}

struct Shared {
    queue: Mutex<Queue>,
    /// A job was queued, or the pump ends.
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

    /// Queues a text. Returns how many bytes wait now.
    pub fn write(&self, text: Vec<u8>) -> usize {
        let mut queue = self.shared.queue.lock();
        queue.state.waiting += text.len();
        queue.jobs.push_back(Job::Text(text));
        self.shared.work.notify_one();
        queue.state.waiting
    }

    /// Texts queued from now on go to `sink`. The old sink is dropped once the texts before are written.
    pub fn replace(&self, sink: Box<dyn Sink>) {
        self.shared.queue.lock().jobs.push_back(Job::Sink(sink));
        self.shared.work.notify_one();
    }

    /// The current state.
    pub fn state(&self) -> State {
        self.shared.queue.lock().state.clone()
    }

    /// Waits until everything is written, at most for the given time. Returns whether everything is.
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

    /// Waits for a job; texts are moved into `batch`.
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

    /// Writes all of `batch`, however long that takes. Returns the sink that took the last bytes; `None` when the pump
    /// ends.
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

    /// Waits before a failing sink is tried again. A new sink in the queue (the last one if there are several) ends the
    /// wait.
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

/// `No space left on device`: the error text without the system's error number.
fn describe(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_owned()
}
