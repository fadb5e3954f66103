//! A simple server that can be told to misbehave: threads with std sockets, the parser of the protocol crate, exact
//! subjects and a `*` at the end.

use nt_loadgen::{Load, LoadError, Report};
use nt_protocol::{ConnectOptions, Limits, Op, Parsed, Publish, parse};
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// What happens to the message of this number (in order of arrival at the server).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    Lose(u64),
    Repeat(u64),
    /// It is delivered after the next three.
    Delay(u64),
    /// Its publisher's connection is closed.
    CutPublisher(u64),
    /// The connections of all its receivers are closed.
    CutReceivers(u64),
    /// The server ends: all connections are closed, including those that are made later.
    Die(u64),
}

/// How the server is to behave.
#[derive(Default, Clone)]
pub struct Behaviour {
    pub faults: Vec<Fault>,
    /// The text that CONNECT must contain.
    pub token: Option<&'static str>,
    /// Sent instead of INFO.
    pub greeting: Option<&'static str>,
    /// Accepts requests on this subject as a stream does, and answers with this.
    pub stream: Option<(&'static str, &'static str)>,
}

#[derive(Clone)]
struct Subscription {
    connection: usize,
    subject: Vec<u8>,
    sid: Vec<u8>,
    queue: Option<Vec<u8>>,
    socket: Arc<Mutex<TcpStream>>,
}

type Delayed = (u64, Vec<u8>, Arc<Mutex<TcpStream>>);

#[derive(Default)]
struct State {
    subscriptions: Vec<Subscription>,
    messages: u64,
    turn: usize,
    delayed: Vec<Delayed>,
    address: String,
    sockets: Vec<TcpStream>,
    dead: bool,
}

/// Serves until the test ends; returns its address.
pub fn serve(behaviour: Behaviour) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("bound").to_string();
    let state = Arc::new(Mutex::new(State {
        address: address.clone(),
        ..State::default()
    }));
    thread::spawn(move || {
        for (number, socket) in listener.incoming().enumerate() {
            {
                let mut state = state.lock().expect("no panic");
                if state.dead {
                    // As with a killed process: the system still accepts connections while it closes others.
                    for socket in &state.sockets {
                        let _ = socket.shutdown(Shutdown::Both);
                    }
                    drop(socket);
                    return listener.incoming().for_each(drop);
                }
                state
                    .sockets
                    .extend(socket.as_ref().ok().and_then(|s| s.try_clone().ok()));
            }
            let (state, behaviour) = (state.clone(), behaviour.clone());
            // The client has to notice a broken connection.
            thread::spawn(move || {
                let ended = socket.and_then(|socket| connection(number, socket, &state, &behaviour));
                state
                    .lock()
                    .expect("no panic")
                    .subscriptions
                    .retain(|s| s.connection != number);
                ended
            });
        }
    });
    address
}

fn connection(number: usize, mut socket: TcpStream, state: &Mutex<State>, how: &Behaviour) -> std::io::Result<()> {
    let out = Arc::new(Mutex::new(socket.try_clone()?));
    let info = "INFO {\"headers\":true,\"max_payload\":1048576,\"nonce\":\"abc\"}\r\n";
    say(&out, how.greeting.unwrap_or(info).as_bytes())?;
    let limits = Limits {
        max_control_line: 4096,
        max_payload: 1 << 20,
        headers: true,
    };
    let (mut buf, mut piece) = (Vec::new(), vec![0; 65536]);
    loop {
        let mut at = 0;
        loop {
            match parse(&buf[at..], &limits) {
                Parsed::Op(op, used) => {
                    if !serve_one(number, op, &out, state, how)? {
                        return socket.shutdown(Shutdown::Both);
                    }
                    at += used;
                }
                Parsed::Incomplete { .. } => break,
                Parsed::Error(error) => panic!("the client broke the protocol: {error:?}"),
            }
        }
        buf.drain(..at);
        let read = socket.read(&mut piece)?;
        if read == 0 {
            return Ok(());
        }
        buf.extend_from_slice(&piece[..read]);
    }
}

fn say(out: &Mutex<TcpStream>, bytes: &[u8]) -> std::io::Result<()> {
    out.lock().expect("no panic").write_all(bytes)
}

/// False when the connection is to be closed.
fn serve_one(
    number: usize,
    op: Op<'_>,
    out: &Arc<Mutex<TcpStream>>,
    state: &Mutex<State>,
    how: &Behaviour,
) -> std::io::Result<bool> {
    match op {
        Op::Ping => say(out, b"PONG\r\n")?,
        Op::Connect(json) => {
            let options = ConnectOptions::decode(json).expect("a valid CONNECT");
            if how.token.is_some_and(|token| token != options.auth_token) {
                say(out, b"-ERR 'Authorization Violation'\r\n")?;
                return Ok(false);
            }
        }
        Op::Sub { subject, queue, sid } => {
            let (subject, sid, queue) = (subject.to_vec(), sid.to_vec(), queue.map(<[u8]>::to_vec));
            let subscription = Subscription {
                connection: number,
                subject,
                sid,
                queue,
                socket: out.clone(),
            };
            state.lock().expect("no panic").subscriptions.push(subscription);
        }
        Op::Publish(publish) => return route(&publish, out, &mut state.lock().expect("no panic"), how),
        _ => {}
    }
    Ok(true)
}

fn route(
    publish: &Publish<'_>,
    out: &Arc<Mutex<TcpStream>>,
    state: &mut State,
    how: &Behaviour,
) -> std::io::Result<bool> {
    let message = state.messages;
    state.messages += 1;
    let has = |fault: Fault| how.faults.contains(&fault);
    let mut targets = targets(publish.subject, state);
    if let (Some((subject, answer)), Some(reply)) = (how.stream, publish.reply)
        && subject.as_bytes() == publish.subject
    {
        let inbox = self::targets(reply, state);
        for to in inbox {
            deliver(&to, reply, None, 0, answer.as_bytes())?;
        }
        targets.clear();
    } else if let (true, Some(reply)) = (targets.is_empty(), publish.reply) {
        let status = b"NATS/1.0 503\r\n\r\n";
        for to in self::targets(reply, state) {
            deliver(&to, reply, None, status.len(), status)?;
        }
    }
    if has(Fault::CutReceivers(message)) {
        for to in &targets {
            to.socket.lock().expect("no panic").shutdown(Shutdown::Both)?;
        }
        let cut: Vec<usize> = targets.iter().map(|to| to.connection).collect();
        state.subscriptions.retain(|s| !cut.contains(&s.connection));
        targets.clear();
    }
    let times = match () {
        () if has(Fault::Lose(message)) => 0,
        () if has(Fault::Repeat(message)) => 2,
        () => 1,
    };
    for to in &targets {
        if has(Fault::Delay(message)) {
            let frame = frame(to, publish.subject, publish.reply, publish.header_len, publish.body);
            state.delayed.push((message + 3, frame, to.socket.clone()));
            continue;
        }
        for _ in 0..times {
            // A receiver whose connection was closed does not exist any more.
            let _ = deliver(to, publish.subject, publish.reply, publish.header_len, publish.body);
        }
    }
    for (_, frame, socket) in state.delayed.extract_if(.., |(until, ..)| *until <= message) {
        say(&socket, &frame)?;
    }
    if has(Fault::Die(message)) {
        state.dead = true;
        // Wakes the thread that listens.
        TcpStream::connect(&state.address)?;
    }
    if has(Fault::CutPublisher(message)) {
        out.lock().expect("no panic").shutdown(Shutdown::Both)?;
        return Ok(false);
    }
    Ok(true)
}

/// All plain subscriptions, and one of each queue group in turn.
fn targets(subject: &[u8], state: &mut State) -> Vec<Subscription> {
    let matches = |s: &&Subscription| match s.subject.strip_suffix(b"*") {
        Some(begin) => subject.starts_with(begin),
        None => s.subject == subject,
    };
    let found: Vec<Subscription> = state.subscriptions.iter().filter(matches).cloned().collect();
    let (queue, mut plain): (Vec<_>, Vec<_>) = found.into_iter().partition(|s| s.queue.is_some());
    if !queue.is_empty() {
        state.turn += 1;
        plain.push(queue[state.turn % queue.len()].clone());
    }
    plain
}

fn frame(to: &Subscription, subject: &[u8], reply: Option<&[u8]>, header_len: usize, body: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy;
    let verb = if header_len > 0 { "HMSG" } else { "MSG" };
    let reply = reply.map(|reply| format!("{} ", text(reply))).unwrap_or_default();
    let header = if header_len > 0 {
        format!("{header_len} ")
    } else {
        String::new()
    };
    let line = format!(
        "{verb} {} {} {reply}{header}{}\r\n",
        text(subject),
        text(&to.sid),
        body.len()
    );
    [line.as_bytes(), body, b"\r\n"].concat()
}

fn deliver(
    to: &Subscription,
    subject: &[u8],
    reply: Option<&[u8]>,
    header_len: usize,
    body: &[u8],
) -> std::io::Result<()> {
    say(&to.socket, &frame(to, subject, reply, header_len, body))
}

/// A plan over `clients` and `ledgers` (JSON), with the usual settings; `more` is put in front of them.
pub fn plan(address: &str, more: &str, ledgers: &str, clients: &str) -> String {
    format!(
        r#"{{"servers":["{address}"],"threads":2,"connectTimeoutMs":5000,"connectsInFlight":4,"quietMs":300,
            "latencyEvery":1,{more}"ledgers":[{ledgers}],"clients":[{clients}]}}"#
    )
}

/// Runs a plan of two threads to its end.
pub fn run(plan: &str) -> Result<Report, LoadError> {
    let load = Load::new(plan)?;
    thread::scope(|scope| {
        let loops = [0, 1].map(|thread| {
            scope.spawn({
                let load = &load;
                move || load.run(thread)
            })
        });
        let outcomes = loops.map(|l| l.join().expect("a loop does not panic"));
        outcomes.into_iter().collect::<Result<Vec<()>, _>>()
    })?;
    load.report()
}
