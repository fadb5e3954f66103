//! A local or remote syslog, over UDP, TCP or a Unix socket. A lost connection is made again.

use crate::Sink;
use std::io::{self, Write};
use std::net::{TcpStream, ToSocketAddrs, UdpSocket};
use std::time::Duration;

#[cfg(unix)]
use std::os::unix::net::{UnixDatagram, UnixStream};

const CONNECT_PATIENCE: Duration = Duration::from_secs(3);
/// The size of a datagram that every syslog accepts.
const DATAGRAM_BYTES_SURE: usize = 2048;

/// The transport to a syslog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Network {
    /// Addresses are `host:port`.
    Udp,
    /// Addresses are `host:port`.
    Tcp,
    /// Addresses are paths.
    Unix,
}

/// The sink. Each text is one message.
pub struct Syslog {
    network: Network,
    addresses: Vec<String>,
    connection: Option<Connection>,
}

enum Connection {
    Udp(UdpSocket),
    Tcp(TcpStream),
    #[cfg(unix)]
    Datagram(UnixDatagram),
    #[cfg(unix)]
    Stream(UnixStream),
}

impl Syslog {
    /// Connects to the first address that answers. If none does, returns the error of the last one.
    pub fn connect(network: Network, addresses: Vec<String>) -> io::Result<Self> {
        let connection = Some(connect_any(network, &addresses)?);
        Ok(Self {
            network,
            addresses,
            connection,
        })
    }
}

impl Sink for Syslog {
    fn joins(&self) -> bool {
        false
    }

    fn write(&mut self, message: &[u8]) -> io::Result<usize> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => connect_any(self.network, &self.addresses)?,
        };
        // Without a connection the next call makes a new one.
        connection.send(message)?;
        self.connection = Some(connection);
        Ok(message.len())
    }

    fn is_hopeless(&self, _: &io::Error) -> bool {
        false
    }
}

impl Connection {
    fn send(&mut self, message: &[u8]) -> io::Result<()> {
        match self {
            Self::Udp(socket) => {
                // The error is about an earlier message, or nobody listens, which is no fault with UDP.
                if socket.send(message).is_err() && socket.send(message).is_err() {
                    let _ = socket.send(&message[..message.len().min(DATAGRAM_BYTES_SURE)]);
                }
                Ok(())
            }
            Self::Tcp(stream) => stream.write_all(message),
            #[cfg(unix)]
            Self::Stream(stream) => stream.write_all(message),
            #[cfg(unix)]
            Self::Datagram(socket) => match socket.send(message) {
                // Too long for one datagram: send the start of the line rather than nothing.
                Err(_) if message.len() > DATAGRAM_BYTES_SURE => {
                    socket.send(&message[..DATAGRAM_BYTES_SURE]).map(|_| ())
                }
                result => result.map(|_| ()),
            },
        }
    }
}

fn connect_any(network: Network, addresses: &[String]) -> io::Result<Connection> {
    let mut failure = io::Error::from(io::ErrorKind::AddrNotAvailable);
    for address in addresses {
        match connect(network, address) {
            Ok(connection) => return Ok(connection),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

fn connect(network: Network, address: &str) -> io::Result<Connection> {
    match network {
        Network::Udp => {
            let mut failure = io::Error::from(io::ErrorKind::AddrNotAvailable);
            for to in address.to_socket_addrs()? {
                let any = if to.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
                match UdpSocket::bind(any).and_then(|socket| socket.connect(to).map(|()| socket)) {
                    Ok(socket) => return Ok(Connection::Udp(socket)),
                    Err(error) => failure = error,
                }
            }
            Err(failure)
        }
        Network::Tcp => {
            let mut failure = io::Error::from(io::ErrorKind::AddrNotAvailable);
            for to in address.to_socket_addrs()? {
                match TcpStream::connect_timeout(&to, CONNECT_PATIENCE) {
                    Ok(stream) => return Ok(Connection::Tcp(stream)),
                    Err(error) => failure = error,
                }
            }
            Err(failure)
        }
        #[cfg(unix)]
        Network::Unix => {
            let socket = UnixDatagram::unbound()?;
            match socket.connect(address) {
                Ok(()) => Ok(Connection::Datagram(socket)),
                // The socket is of the other type (stream or datagram), or does not exist.
                Err(_) => UnixStream::connect(address).map(Connection::Stream),
            }
        }
        #[cfg(not(unix))]
        Network::Unix => Err(io::ErrorKind::Unsupported.into()),
    }
}
