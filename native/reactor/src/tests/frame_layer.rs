//! A layer for tests, with what TLS and WebSocket need: a handshake, frames that are decoded as a whole, masked bytes, and
//! a last frame that ends the stream. With a client for it.

use super::world::PATIENCE;
use crate::{Layer, Transport};
use nt_broker::Readiness;
use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::net::TcpStream;

pub const HELLO: &[u8] = b"frames?";
const ANSWER: &[u8] = b"frames!";
const MASK: u8 = 0x5a;
/// Bytes of one frame.
const FRAME_MAX: usize = 60_000;
/// A frame without bytes: the last one.
pub const FAREWELL: [u8; 2] = [0, 0];

/// A frame: the length of what it carries in two bytes, and that masked.
pub fn frame(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).expect("a short frame").to_be_bytes();
    length.into_iter().chain(bytes.iter().map(|byte| byte ^ MASK)).collect()
}

/// The broker's side.
#[derive(Default)]
pub struct FrameLayer {
    greeted: bool,
    /// Read from below, not decoded yet.
    input: Vec<u8>,
    /// Decoded, not read by the broker yet.
    plain: VecDeque<u8>,
    /// To be written below.
    output: Vec<u8>,
    peer_ended: bool,
    ended: bool,
    failure: Option<io::Error>,
}

impl FrameLayer {
    /// Reads once from below. False: there is nothing now.
    fn fill(&mut self, below: &mut Transport) -> io::Result<bool> {
        let mut bytes = [0; 4096];
        match below.read(&mut bytes) {
            Ok(0) => Err(ErrorKind::UnexpectedEof.into()),
            Ok(count) => {
                self.input.extend_from_slice(&bytes[..count]);
                Ok(true)
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn greet(&mut self, below: &mut Transport) -> io::Result<()> {
        while self.input.len() < HELLO.len() {
            if !self.fill(below)? {
                return Ok(());
            }
        }
        if !self.input.starts_with(HELLO) {
            return Err(ErrorKind::InvalidData.into());
        }
        self.input.drain(..HELLO.len());
        self.output.extend_from_slice(ANSWER);
        self.greeted = true;
        self.unframe();
        Ok(())
    }

    fn unframe(&mut self) {
        while let [high, low, rest @ ..] = &self.input[..] {
            let length = usize::from(u16::from_be_bytes([*high, *low]));
            if rest.len() < length {
                return;
            }
            self.peer_ended |= length == 0;
            self.plain.extend(rest[..length].iter().map(|byte| byte ^ MASK));
            self.input.drain(..length + 2);
        }
    }

    fn flush(&mut self, below: &mut Transport) -> io::Result<()> {
        while !self.output.is_empty() {
            let count = below.write(&[IoSlice::new(&self.output)])?;
            self.output.drain(..count);
        }
        Ok(())
    }

    fn advance(&mut self, below: &mut Transport) -> io::Result<()> {
        if !self.greeted {
            self.greet(below)?;
        }
        match self.flush(below) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(()),
            outcome => outcome,
        }
    }
}

impl Layer for FrameLayer {
    fn progress(&mut self, below: &mut Transport, reported: Readiness) -> Readiness {
        if let Err(error) = self.advance(below) {
            self.failure = Some(error);
        }
        Readiness {
            readable: self.greeted && reported.readable,
            read_closed: reported.read_closed || self.failure.is_some(),
            writable: self.greeted && self.output.is_empty(),
        }
    }

    fn read(&mut self, below: &mut Transport, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(error) = self.failure.take() {
            return Err(error);
        }
        if !self.greeted {
            return Err(ErrorKind::WouldBlock.into());
        }
        while self.plain.len() < buffer.len() && !self.peer_ended && self.fill(below)? {
            self.unframe();
        }
        match self.plain.read(buffer)? {
            0 if !self.peer_ended => Err(ErrorKind::WouldBlock.into()),
            count => Ok(count),
        }
    }

    fn has_unread(&self) -> bool {
        !self.plain.is_empty() || self.peer_ended
    }

    fn write(&mut self, below: &mut Transport, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        if !self.greeted {
            return Err(ErrorKind::WouldBlock.into());
        }
        self.flush(below)?;
        let mut taken = 0;
        for chunk in slices.iter().flat_map(|slice| slice.chunks(FRAME_MAX)) {
            if self.output.len() >= FRAME_MAX {
                break;
            }
            self.output.extend(frame(chunk));
            taken += chunk.len();
        }
        match self.flush(below) {
            Err(error) if error.kind() != ErrorKind::WouldBlock => Err(error),
            _ => Ok(taken),
        }
    }

    fn shut(&mut self, below: &mut Transport) -> io::Result<()> {
        if self.greeted && !self.ended {
            self.ended = true;
            self.output.extend(FAREWELL);
        }
        self.flush(below)
    }
}

/// The client's side.
pub struct FrameClient {
    pub stream: TcpStream,
    plain: VecDeque<u8>,
}

impl FrameClient {
    /// Before the handshake.
    pub fn new(stream: TcpStream) -> Self {
        stream.set_read_timeout(Some(PATIENCE)).expect("a socket");
        stream.set_write_timeout(Some(PATIENCE)).expect("a socket");
        stream.set_nodelay(true).expect("a socket");
        let plain = VecDeque::new();
        Self { stream, plain }
    }

    /// After the handshake and INFO, and with its number.
    pub fn greeted(stream: TcpStream) -> (Self, u64) {
        let mut client = Self::new(stream);
        client.stream.write_all(HELLO).expect("the broker reads");
        client.read_answer();
        let info = client.line();
        let (_, after) = info.split_once("\"client_id\":").expect("INFO says who we are");
        let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
        client.send(b"CONNECT {\"verbose\":false}\r\n");
        (client, digits.parse().expect("a number"))
    }

    pub fn read_answer(&mut self) {
        let mut answer = [0; ANSWER.len()];
        self.stream.read_exact(&mut answer).expect("an answer");
        assert_eq!(answer, ANSWER);
    }

    pub fn send(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(FRAME_MAX) {
            self.stream.write_all(&frame(chunk)).expect("the broker reads");
        }
    }

    /// Reads one frame. False: it was the last.
    fn fill(&mut self) -> bool {
        let mut length = [0; 2];
        self.stream.read_exact(&mut length).expect("a frame");
        let mut bytes = vec![0; usize::from(u16::from_be_bytes(length))];
        self.stream.read_exact(&mut bytes).expect("a whole frame");
        self.plain.extend(bytes.iter().map(|byte| byte ^ MASK));
        !bytes.is_empty()
    }

    /// The next bytes, as many as asked for.
    pub fn take(&mut self, count: usize) -> Vec<u8> {
        while self.plain.len() < count {
            assert!(self.fill(), "more frames come");
        }
        self.plain.drain(..count).collect()
    }

    /// The next line without its end.
    pub fn line(&mut self) -> String {
        loop {
            if let Some(end) = self.plain.iter().position(|byte| *byte == b'\n') {
                let line = self.take(end + 1);
                return String::from_utf8_lossy(&line).trim_end().to_owned();
            }
            assert!(self.fill(), "more frames come");
        }
    }

    /// Everything sent before has had its effect when this returns. Nothing else may come meanwhile.
    pub fn ping(&mut self) {
        self.send(b"PING\r\n");
        assert_eq!(self.line(), "PONG");
    }

    /// Whether the last frame comes next, and then the end of the stream.
    pub fn is_at_end(&mut self) -> bool {
        self.plain.is_empty() && !self.fill() && self.stream.read(&mut [0]).is_ok_and(|count| count == 0)
    }
}
