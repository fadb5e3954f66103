//! Loops on threads, a broker on them, and clients that block until they got what they wait for.

use crate::sockets::Command;
use crate::transport::{Layer, Transport};
use crate::{BrokerEvent, BrokerId, ConnectError, Runtime};
use nt_broker::{CloseReason, Config, Event, InboxItem, ListenerKind, ListenerPlan, Loops, Newcomer, Plan};
use parking_lot::Mutex;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// Far more than anything here takes; a test that waits so long has failed.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A plan of a broker that everyone may connect to, there.
pub fn listening(host: &str, port: u16) -> Plan {
    Plan::open(Config::default()).with_listeners(vec![client_listener(host, port)])
}

pub fn client_listener(host: &str, port: u16) -> ListenerPlan {
    let (kind, host) = (ListenerKind::Client, host.to_owned());
    ListenerPlan { kind, host, port }
}

pub(super) struct World {
    pub runtime: Arc<Runtime>,
    pub broker: BrokerId,
    pub address: SocketAddr,
    threads: Vec<JoinHandle<std::io::Result<()>>>,
    woken: Mutex<Receiver<()>>,
    pub events: Vec<BrokerEvent>,
}

impl World {
    pub fn new(loops: usize) -> Self {
        Self::with(loops, Config::default())
    }

    pub fn with(loops: usize, config: Config) -> Self {
        Self::planned(loops, Plan::open(config))
    }

    pub fn planned(loops: usize, plan: Plan) -> Self {
        let mut world = Self::make(loops, plan, |_| ());
        world.claim_all();
        world
    }

    /// Every loop is on its interim thread.
    pub fn interim(loops: usize) -> Self {
        Self::make(loops, Plan::open(Config::default()), |runtime| {
            runtime.start_interim().expect("threads");
        })
    }

    /// Every loop gets a thread for good.
    pub fn claim_all(&mut self) {
        for index in 0..self.runtime.reactors() {
            let runtime = self.runtime.clone();
            self.threads.push(std::thread::spawn(move || runtime.run(index)));
        }
    }

    fn make(loops: usize, plan: Plan, begin: impl FnOnce(&Arc<Runtime>)) -> Self {
        let (wake, woken) = channel();
        let wake = Box::new(move || {
            // After the test nothing listens any more.
            let _ = wake.send(());
        });
        let runtime = Runtime::new(loops, 7, wake).expect("pollers");
        begin(&runtime);
        let started = runtime
            .start_broker(plan.with_listeners(vec![client_listener("127.0.0.1", 0)]))
            .expect("a free port");
        Self {
            broker: started.broker,
            address: started.listeners[0].address,
            runtime,
            threads: Vec::new(),
            woken: Mutex::new(woken),
            events: Vec::new(),
        }
    }

    /// A client that connects to the listener.
    pub fn connect(&self) -> Client {
        Client::new(TcpStream::connect(self.address).expect("the loop accepts"))
    }

    /// A client that has read INFO and said nothing.
    pub fn greeted(&self) -> Client {
        Client::greeted(TcpStream::connect(self.address).expect("the loop accepts"))
    }

    /// Has the broker open a connection to that address. The outcome comes through the channel.
    pub fn dial(&self, address: SocketAddr, timeout: Duration) -> Receiver<Result<(), ConnectError>> {
        let (done, outcome) = channel();
        self.runtime.connect(self.broker, address, timeout, move |result| {
            done.send(result).expect("the test waits for it");
        });
        outcome
    }

    /// A client whose connection is on that loop.
    pub fn connect_to(&self, reactor: usize) -> Client {
        Client::new(self.adopted_by(reactor, |_| (), |transport| transport))
    }

    /// The client's end of a connection on that loop with that layer over its socket.
    pub fn connect_through(&self, reactor: usize, layer: impl Layer + 'static) -> TcpStream {
        self.adopted_by(reactor, |_| (), |transport| transport.with_layer(layer))
    }

    /// The client's end of a connection on that loop, which gets it after `before`, with the layers that `through` adds.
    fn adopted_by(
        &self,
        reactor: usize,
        before: impl FnOnce(&mut TcpStream),
        through: impl FnOnce(Transport) -> Transport,
    ) -> TcpStream {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let mut ours = TcpStream::connect(listener.local_addr().expect("bound")).expect("it accepts");
        let (theirs, peer) = listener.accept().expect("just connected");
        theirs.set_nonblocking(true).expect("a socket");
        before(&mut ours);
        let broker = self.runtime.state(self.broker).expect("running");
        let socket = through(Transport::plain(mio::net::TcpStream::from_std(theirs)));
        let command = Command::Adopt(Newcomer { broker, socket, peer });
        self.runtime.send(reactor, InboxItem::Command(Box::new(command)));
        ours
    }

    /// A client that has sent everything, and shut its end, before the loop reads from it. It has read INFO.
    pub fn connect_and_shut(&self, sent: &[u8]) -> Client {
        let before = |stream: &mut TcpStream| {
            stream.write_all(sent).expect("the system takes it");
            stream.shutdown(Shutdown::Write).expect("a socket");
        };
        Client::greeted(self.adopted_by(0, before, |transport| transport))
    }

    /// The loop of a connection.
    pub fn place_of(&self, cid: u64) -> Option<u16> {
        let state = self.runtime.state(self.broker)?;
        state.locate(cid).map(|at| at.reactor)
    }

    /// Begins to move a connection.
    pub fn begin_move(&self, cid: u64, to: usize) {
        let Some(broker) = self.runtime.state(self.broker) else {
            return;
        };
        let Some(at) = broker.locate(cid) else { return };
        let to = to as u16;
        let command = Command::Move { broker, cid, to };
        self.runtime
            .send(usize::from(at.reactor), InboxItem::Command(Box::new(command)));
    }

    /// Waits for an event of that kind.
    pub fn wait_for(&mut self, wanted: impl Fn(&Event) -> bool) {
        loop {
            self.events.extend(self.runtime.take_events());
            if self.events.iter().any(|(_, event)| wanted(event)) {
                return;
            }
            self.woken.get_mut().recv_timeout(PATIENCE).expect("an event comes");
        }
    }

    /// Waits for the end of that reload. Other events are forgotten.
    pub fn wait_reloaded(&self, number: u64) {
        let is_its_end = |event: &Event| matches!(event, Event::Reloaded { number: n } if *n == number);
        while !self.runtime.take_events().iter().any(|(_, event)| is_its_end(event)) {
            self.woken.lock().recv_timeout(PATIENCE).expect("a reload ends");
        }
    }

    /// Waits until that client has closed. Returns why.
    pub fn end_of(&mut self, cid: u64) -> CloseReason {
        let is_its_end =
            |event: &Event| matches!(event, Event::Disconnected { connection, .. } if connection.cid == cid);
        self.wait_for(is_its_end);
        let found = self.events.iter().find_map(|(_, event)| match event {
            Event::Disconnected { reason, .. } if is_its_end(event) => Some(*reason),
            _ => None,
        });
        found.expect("just seen")
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.runtime.stop();
        self.runtime.join_interim();
        for thread in self.threads.drain(..) {
            let outcome = thread.join().expect("a loop's panic is caught");
            if !std::thread::panicking() {
                outcome.expect("loops return when they are stopped");
            }
        }
    }
}

/// A connection, from the client's end. It has read INFO.
pub(super) struct Client {
    pub cid: u64,
    /// That of INFO, if it has one.
    pub nonce: String,
    reader: BufReader<TcpStream>,
    pub writer: TcpStream,
}

impl Client {
    pub fn new(stream: TcpStream) -> Self {
        let mut client = Self::greeted(stream);
        client.send("CONNECT {\"verbose\":false,\"headers\":true}\r\n");
        client
    }

    fn greeted(stream: TcpStream) -> Self {
        stream.set_read_timeout(Some(PATIENCE)).expect("a socket");
        stream.set_write_timeout(Some(PATIENCE)).expect("a socket");
        stream.set_nodelay(true).expect("a socket");
        let mut client = Self {
            cid: 0,
            nonce: String::new(),
            writer: stream.try_clone().expect("a socket"),
            reader: BufReader::new(stream),
        };
        let info = client.line();
        assert!(info.starts_with("INFO {"), "{info}");
        let (_, after) = info.split_once("\"client_id\":").expect("INFO says who we are");
        let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
        client.cid = digits.parse().expect("a number");
        if let Some((_, after)) = info.split_once("\"nonce\":\"") {
            client.nonce = after.chars().take_while(|&letter| letter != '"').collect();
        }
        client
    }

    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.writer.write_all(bytes.as_ref()).expect("the broker reads");
    }

    /// The next line, without its end; empty at the end of the stream. The broker's own PINGs, which come when a test
    /// takes its time, are passed over.
    pub fn line(&mut self) -> String {
        loop {
            let mut line = String::new();
            self.reader.read_line(&mut line).expect("something comes");
            if line != "PING\r\n" {
                return line.trim_end().to_owned();
            }
        }
    }

    /// Everything sent before has had its effect when this returns. Nothing else may come meanwhile.
    pub fn ping(&mut self) {
        self.send("PING\r\n");
        assert_eq!(self.line(), "PONG");
    }

    /// The next message: its line without `MSG `, and its payload. `None`: the answer to a PING came instead.
    pub fn message(&mut self) -> Option<(String, Vec<u8>)> {
        let line = self.line();
        if line == "PONG" {
            return None;
        }
        let arguments = line
            .strip_prefix("MSG ")
            .unwrap_or_else(|| panic!("no message: {line:?}"));
        let size: usize = arguments
            .rsplit(' ')
            .next()
            .and_then(|n| n.parse().ok())
            .expect("a size");
        let mut payload = vec![0; size + 2];
        self.reader.read_exact(&mut payload).expect("a payload follows");
        assert_eq!(payload.split_off(size), b"\r\n");
        Some((arguments.to_owned(), payload))
    }

    /// How the stream broke.
    pub fn failure(&mut self) -> ErrorKind {
        self.reader.fill_buf().expect_err("the stream breaks").kind()
    }

    pub fn is_at_end(&mut self) -> bool {
        self.reader.fill_buf().is_ok_and(<[u8]>::is_empty)
    }
}
