//! Unit tests, with sinks that behave as a test prescribes, and sockets in the place of a syslog.

use crate::{Network, Pump, Sink, Syslog};
use parking_lot::Mutex;
use std::io::{self, BufRead, BufReader};
use std::net::{TcpListener, UdpSocket};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

const LONG: Duration = Duration::from_secs(20);

/// Follows a script, one step per write: takes a number of bytes, or fails. After the last step it takes everything.
struct Scripted {
    answers: Receiver<Result<usize, io::ErrorKind>>,
    taken: Arc<Mutex<Vec<u8>>>,
    joins: bool,
}

impl Sink for Scripted {
    fn joins(&self) -> bool {
        self.joins
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = match self.answers.recv() {
            Ok(answer) => answer?.min(bytes.len()),
            Err(_) => bytes.len(),
        };
        self.taken.lock().extend_from_slice(&bytes[..count]);
        Ok(count)
    }

    fn is_hopeless(&self, error: &io::Error) -> bool {
        error.kind() == io::ErrorKind::BrokenPipe
    }
}

type Answers = Sender<Result<usize, io::ErrorKind>>;

fn scripted() -> (Box<Scripted>, Answers, Arc<Mutex<Vec<u8>>>) {
    let (answer, answers) = channel();
    let taken = Arc::<Mutex<Vec<u8>>>::default();
    let sink = Box::new(Scripted {
        answers,
        taken: taken.clone(),
        joins: true,
    });
    (sink, answer, taken)
}

fn text(bytes: &Mutex<Vec<u8>>) -> String {
    String::from_utf8(bytes.lock().clone()).unwrap()
}

#[test]
fn a_blocked_sink_holds_up_nobody_and_loses_nothing() {
    let (sink, answer, taken) = scripted();
    let pump = Pump::new(sink).unwrap();
    let mut waiting = 0;
    for i in 0..1000 {
        waiting = pump.write(format!("{i}\n").into_bytes());
    }
    assert_eq!(waiting, 3890);
    assert!(!pump.flush(Duration::from_millis(1)));
    answer.send(Ok(3)).unwrap();
    answer.send(Err(io::ErrorKind::Interrupted)).unwrap();
    answer.send(Err(io::ErrorKind::WouldBlock)).unwrap();
    drop(answer);
    assert!(pump.flush(LONG));
    let expected: String = (0..1000).map(|i| format!("{i}\n")).collect();
    assert_eq!(text(&taken), expected);
    assert_eq!(pump.state().waiting, 0);
}

#[test]
fn a_full_disk_is_told_and_tried_again() {
    let (sink, answer, taken) = scripted();
    let pump = Pump::new(sink).unwrap();
    pump.write(b"one\n".to_vec());
    answer.send(Ok(2)).unwrap();
    answer.send(Err(io::ErrorKind::StorageFull)).unwrap();
    while pump.state().problem.is_none() {
        std::thread::yield_now();
    }
    assert_eq!(pump.state().waiting, 2);
    assert_eq!(pump.state().problem.as_deref(), Some("no storage space"));
    drop(answer);
    assert!(pump.flush(LONG));
    assert_eq!(text(&taken), "one\n");
    assert_eq!(pump.state().problem, None);
}

#[test]
fn what_nobody_reads_is_let_go() {
    let (sink, answer, taken) = scripted();
    let pump = Pump::new(sink).unwrap();
    answer.send(Err(io::ErrorKind::BrokenPipe)).unwrap();
    pump.write(b"lost\n".to_vec());
    assert!(pump.flush(LONG));
    assert_eq!(pump.state().problem.as_deref(), Some("broken pipe"));
    assert_eq!(text(&taken), "");
}

#[test]
fn a_new_sink_gets_what_comes_after_it() {
    let (first, first_answer, first_taken) = scripted();
    let (second, second_answer, second_taken) = scripted();
    drop(second_answer);
    let pump = Pump::new(first).unwrap();
    pump.write(b"one\n".to_vec());
    pump.replace(second);
    pump.write(b"two\n".to_vec());
    drop(first_answer);
    assert!(pump.flush(LONG));
    assert_eq!(
        (text(&first_taken), text(&second_taken)),
        ("one\n".into(), "two\n".into())
    );
}

#[test]
fn a_new_sink_takes_over_from_one_that_fails() {
    let (first, first_answer, first_taken) = scripted();
    let (second, second_answer, second_taken) = scripted();
    drop(second_answer);
    let pump = Pump::new(first).unwrap();
    pump.write(b"one\n".to_vec());
    pump.write(b"two\n".to_vec());
    pump.replace(second);
    pump.write(b"three\n".to_vec());
    first_answer.send(Ok(4)).unwrap();
    first_answer.send(Err(io::ErrorKind::StorageFull)).unwrap();
    assert!(pump.flush(LONG));
    // The first two may have been written in one batch or two.
    assert_eq!(text(&first_taken) + &text(&second_taken), "one\ntwo\nthree\n");
    assert!(text(&second_taken).ends_with("three\n"));
}

#[test]
fn syslog_messages_keep_their_borders() {
    let server = UdpSocket::bind("127.0.0.1:0").unwrap();
    server.set_read_timeout(Some(LONG)).unwrap();
    let address = server.local_addr().unwrap().to_string();
    let pump = Pump::new(Box::new(Syslog::connect(Network::Udp, vec![address]).unwrap())).unwrap();
    for i in 0..10 {
        pump.write(format!("<5>{i}\n").into_bytes());
    }
    let mut buffer = [0; 100];
    for i in 0..10 {
        let length = server.recv(&mut buffer).unwrap();
        assert_eq!(&buffer[..length], format!("<5>{i}\n").as_bytes());
    }
}

#[test]
fn a_syslog_that_was_away_is_connected_again() {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = server.local_addr().unwrap().to_string();
    let pump = Pump::new(Box::new(Syslog::connect(Network::Tcp, vec![address]).unwrap())).unwrap();
    let read_one = || {
        let (stream, _) = server.accept().unwrap();
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).unwrap();
        line
    };
    pump.write(b"<5>first\n".to_vec());
    assert_eq!(read_one(), "<5>first\n");
    // The connection is closed; the first message that fails because of it makes a new one.
    server.set_nonblocking(true).unwrap();
    let again = loop {
        pump.write(b"<5>again\n".to_vec());
        assert!(pump.flush(LONG));
        if let Ok((stream, _)) = server.accept() {
            break stream;
        }
        std::thread::yield_now();
    };
    again.set_nonblocking(false).unwrap();
    let mut line = String::new();
    BufReader::new(again).read_line(&mut line).unwrap();
    assert_eq!(line, "<5>again\n");
}

#[test]
fn a_syslog_that_is_not_there_is_an_error() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let failure = Syslog::connect(Network::Tcp, vec![port.to_string()]).err().unwrap();
    assert_eq!(failure.kind(), io::ErrorKind::ConnectionRefused);
}

#[cfg(unix)]
#[test]
fn the_local_syslog_may_be_of_either_kind_and_start_again() {
    use std::os::unix::net::UnixDatagram;
    let dir = std::env::temp_dir().join(format!("nt-log-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let path = dir.join("log");
    let bind = || {
        let server = UnixDatagram::bind(&path).unwrap();
        server.set_read_timeout(Some(LONG)).unwrap();
        server
    };
    let receive = |server: &UnixDatagram| {
        let mut buffer = vec![0; 300_000];
        let length = server.recv(&mut buffer).unwrap();
        String::from_utf8(buffer[..length].to_vec()).unwrap()
    };
    let server = bind();
    let addresses = vec![
        dir.join("none").to_string_lossy().into_owned(),
        path.to_string_lossy().into_owned(),
    ];
    let pump = Pump::new(Box::new(Syslog::connect(Network::Unix, addresses).unwrap())).unwrap();
    pump.write(b"<29>one\n".to_vec());
    assert_eq!(receive(&server), "<29>one\n");
    pump.write(vec![b'x'; 1 << 20]);
    assert_eq!(receive(&server), "x".repeat(2048));
    drop(server);
    std::fs::remove_file(&path).unwrap();
    pump.write(b"<29>two\n".to_vec());
    let server = bind();
    assert_eq!(receive(&server), "<29>two\n");
    drop(server);
    std::fs::remove_dir_all(&dir).unwrap();
}
