//! The connection to a server: a socket, or TLS on a socket. Never blocks.

use mio::net::TcpStream;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection};
use std::io::{self, ErrorKind, Read, Write};
use std::sync::Arc;

/// A connection's way out.
pub enum Transport {
    /// TCP.
    Plain(TcpStream),
    /// TLS.
    Tls(TcpStream, Box<ClientConnection>),
    /// Closed; also used for a moment while the transport changes.
    Closed,
}

impl Transport {
    /// The socket, if there is one.
    pub fn socket(&mut self) -> Option<&mut TcpStream> {
        match self {
            Self::Plain(socket) | Self::Tls(socket, _) => Some(socket),
            Self::Closed => None,
        }
    }

    /// Uses TLS from here on.
    pub fn upgrade(&mut self, config: Arc<ClientConfig>, name: &str) -> Result<(), String> {
        let name = ServerName::try_from(name.to_owned()).map_err(|_| format!("{name:?} is no name to verify"))?;
        let session = ClientConnection::new(config, name).map_err(|error| error.to_string())?;
        match std::mem::replace(self, Self::Closed) {
            Self::Plain(socket) => {
                *self = Self::Tls(socket, Box::new(session));
                Ok(())
            }
            other => {
                *self = other;
                Err("there is no connection to encrypt".into())
            }
        }
    }

    /// Whether a read that did not fill its buffer means that no more bytes are available.
    pub fn short_read_is_all(&self) -> bool {
        matches!(self, Self::Plain(_))
    }

    /// As [`Read::read`].
    #[inline]
    pub fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.read(buf),
            Self::Tls(socket, session) => read_tls(socket, session, buf),
            Self::Closed => Ok(0),
        }
    }

    /// As [`Write::write`]. TLS buffers what it accepted but could not write: see [`Transport::flush`].
    #[inline]
    pub fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.write(buf),
            Self::Tls(socket, session) => {
                if !flush_tls(socket, session)? {
                    return Err(ErrorKind::WouldBlock.into());
                }
                let taken = session.writer().write(buf)?;
                flush_tls(socket, session)?;
                if taken == 0 {
                    Err(ErrorKind::WouldBlock.into())
                } else {
                    Ok(taken)
                }
            }
            Self::Closed => Err(ErrorKind::NotConnected.into()),
        }
    }

    /// Writes what TLS has buffered; false if some of it must wait.
    pub fn flush(&mut self) -> io::Result<bool> {
        match self {
            Self::Tls(socket, session) => flush_tls(socket, session),
            _ => Ok(true),
        }
    }
}

fn flush_tls(socket: &mut TcpStream, session: &mut ClientConnection) -> io::Result<bool> {
    while session.wants_write() {
        match session.write_tls(socket) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(true)
}

fn read_tls(socket: &mut TcpStream, session: &mut ClientConnection, buf: &mut [u8]) -> io::Result<usize> {
    loop {
        match session.reader().read(buf) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            // NATS servers close without a TLS alert; this is a normal end.
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(0),
            other => return other,
        }
        match session.read_tls(socket) {
            Ok(0) => return Ok(0),
            Ok(_) => {
                let processed = session.process_new_packets();
                // Handshake messages, or the alert with the reason of the failure.
                let flushed = flush_tls(socket, session);
                processed.map_err(|error| io::Error::new(ErrorKind::InvalidData, format!("TLS: {error}")))?;
                flushed?;
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
