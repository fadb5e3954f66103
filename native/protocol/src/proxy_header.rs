//! The PROXY protocol, versions 1 and 2: the address of a client behind a load balancer.
//!
//! Parses the header at the start of a connection, complete or incomplete. Uses no clock (the caller decides how long
//! to wait for the rest) and does not know the address of the connection.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use thiserror::Error;

/// The result of parsing the first bytes of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProxyHeader {
    /// An incomplete header: more bytes are needed, at least `need` in all (0: unknown).
    Incomplete {
        /// Length of the whole header if that is known, else 0.
        need: usize,
    },
    /// No header: the bytes are the client's own.
    Absent,
    /// A header without an address, as health checks send: use the address of the connection.
    Local {
        /// Bytes of the header.
        used: usize,
    },
    /// A header with the address of a client.
    Client {
        /// The client's address.
        source: SocketAddr,
        /// Bytes of the header.
        used: usize,
    },
}

/// Why a header can't be used. Every variant ends the connection; the log has these texts.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ProxyHeaderError {
    /// The header is invalid.
    #[error("invalid PROXY protocol header: {0}")]
    Invalid(String),
    /// The header is valid, but uses something unsupported.
    #[error("unsupported PROXY protocol feature: {0}")]
    Unsupported(String),
    /// A port of a version 1 header is not a number of 16 bits.
    #[error("invalid {which} port: {text:?}")]
    Port {
        /// Which port.
        which: &'static str,
        /// As it was sent.
        text: String,
    },
    /// A command of version 2 other than LOCAL and PROXY.
    #[error("unknown PROXY protocol command: 0x{0:02x}")]
    Command(u8),
    /// A version 2 header that is too short for its addresses.
    #[error("{family} address data too short: {length} bytes")]
    Addresses {
        /// The kind of the missing addresses.
        family: &'static str,
        /// Bytes there are.
        length: usize,
    },
}

const V1_START: &[u8] = b"PROXY ";
/// Longest line of version 1, line end included.
const V1_LINE_MAX: usize = 107;
const V2_SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";
/// After this many bytes of the signature it can't be a client without a header.
const V2_DECIDED: usize = 6;
/// Signature, version and command, family and transport, length.
const V2_FIXED: usize = 16;

/// Parses a header at the start of `bytes`.
pub fn parse_proxy_header(bytes: &[u8]) -> Result<ProxyHeader, ProxyHeaderError> {
    if begins(bytes, V1_START) {
        return version_1(bytes);
    }
    if begins(bytes, &V2_SIGNATURE[..V2_DECIDED]) {
        return version_2(bytes);
    }
    Ok(ProxyHeader::Absent)
}

/// Whether `bytes` begin with `start`, or `start` begins with `bytes`.
fn begins(bytes: &[u8], start: &[u8]) -> bool {
    let n = bytes.len().min(start.len());
    bytes[..n] == start[..n]
}

fn version_1(bytes: &[u8]) -> Result<ProxyHeader, ProxyHeaderError> {
    let line = &bytes[..bytes.len().min(V1_LINE_MAX)];
    let Some(end) = line.windows(2).position(|pair| pair == b"\r\n") else {
        return match line.len() {
            V1_LINE_MAX => Err(invalid("v1 line too long")),
            _ => Ok(ProxyHeader::Incomplete { need: 0 }),
        };
    };
    let used = end + 2;
    let line = &line[V1_START.len()..end];
    let line = String::from_utf8_lossy(line);
    let parts: Vec<&str> = line.split_whitespace().collect();
    if parts.first() == Some(&"UNKNOWN") {
        return Ok(ProxyHeader::Local { used });
    }
    let [protocol, source, target, source_port, target_port] = parts[..] else {
        return Err(invalid("invalid v1 format"));
    };
    let (Ok(ip), Ok(_)) = (source.parse::<IpAddr>(), target.parse::<IpAddr>()) else {
        return Err(invalid("invalid address"));
    };
    let port = port("source", source_port)?;
    self::port("dest", target_port)?;
    // The form of the address decides: proxies that listen on both families send IPv4 addresses mapped to IPv6.
    let colons = [source, target].map(|text| text.contains(':'));
    match protocol {
        "TCP4" if colons.contains(&true) => Err(invalid("TCP4 with IPv6 address")),
        "TCP6" if colons.contains(&false) => Err(invalid("TCP6 with IPv4 address")),
        "TCP4" | "TCP6" => Ok(client(ip, port, used)),
        other => Err(ProxyHeaderError::Invalid(format!("invalid protocol {other}"))),
    }
}

fn port(which: &'static str, text: &str) -> Result<u16, ProxyHeaderError> {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| digits).ok_or_else(|| {
        let text = text.to_owned();
        ProxyHeaderError::Port { which, text }
    })
}

fn version_2(bytes: &[u8]) -> Result<ProxyHeader, ProxyHeaderError> {
    if !begins(bytes, V2_SIGNATURE) {
        return Err(invalid("invalid signature"));
    }
    let Some(&[version_command, family_transport, high, low]) = bytes.get(V2_SIGNATURE.len()..V2_FIXED) else {
        return Ok(ProxyHeader::Incomplete { need: V2_FIXED });
    };
    let (version, command) = (version_command & 0xF0, version_command & 0x0F);
    let (family, transport) = (family_transport & 0xF0, family_transport & 0x0F);
    let length = usize::from(u16::from_be_bytes([high, low]));
    if version != 0x20 {
        return Err(ProxyHeaderError::Invalid(format!("invalid version 0x{version:02x}")));
    }
    let used = V2_FIXED + length;
    // Extensions may follow the addresses; they are ignored.
    let rest = bytes.get(V2_FIXED..used);
    let address = match command {
        0 => None,
        1 if transport != 1 => {
            return Err(ProxyHeaderError::Unsupported(
                "only STREAM protocol supported".to_owned(),
            ));
        }
        1 => addresses(family, length)?,
        other => return Err(ProxyHeaderError::Command(other)),
    };
    let Some(rest) = rest else {
        return Ok(ProxyHeader::Incomplete { need: used });
    };
    Ok(match address {
        None => ProxyHeader::Local { used },
        Some(Family::V4) => client(Ipv4Addr::from(first(rest)).into(), port_at(rest, 8), used),
        Some(Family::V6) => client(Ipv6Addr::from(first(rest)).into(), port_at(rest, 32), used),
    })
}

enum Family {
    V4,
    V6,
}

/// The kind of the addresses that follow: none if the proxy does not know the client.
fn addresses(family: u8, length: usize) -> Result<Option<Family>, ProxyHeaderError> {
    let (family, name, needed) = match family {
        0x00 => return Ok(None),
        0x10 => (Family::V4, "IPv4", 12),
        0x20 => (Family::V6, "IPv6", 36),
        other => {
            let text = format!("unsupported address family 0x{other:02x}");
            return Err(ProxyHeaderError::Unsupported(text));
        }
    };
    if length < needed {
        return Err(ProxyHeaderError::Addresses { family: name, length });
    }
    Ok(Some(family))
}

/// The first bytes; the caller has checked that there are enough.
fn first<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut part = [0; N];
    part.copy_from_slice(&bytes[..N]);
    part
}

fn port_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_be_bytes([bytes[at], bytes[at + 1]])
}

/// An IPv4 address mapped to IPv6 is shown as IPv4.
fn client(ip: IpAddr, port: u16, used: usize) -> ProxyHeader {
    let source = SocketAddr::new(ip.to_canonical(), port);
    ProxyHeader::Client { source, used }
}

fn invalid(what: &str) -> ProxyHeaderError {
    ProxyHeaderError::Invalid(what.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found(ip: &str, port: u16, used: usize) -> ProxyHeader {
        let source = SocketAddr::new(ip.parse().expect("an address"), port);
        ProxyHeader::Client { source, used }
    }

    fn v2(version_command: u8, family_transport: u8, rest: &[u8]) -> Vec<u8> {
        let mut bytes = V2_SIGNATURE.to_vec();
        bytes.extend([version_command, family_transport]);
        bytes.extend((rest.len() as u16).to_be_bytes());
        bytes.extend(rest);
        bytes
    }

    fn error(bytes: &[u8]) -> String {
        parse_proxy_header(bytes).expect_err("refused").to_string()
    }

    #[test]
    fn version_1_names_clients() {
        for (line, ip, port) in [
            ("PROXY TCP4 1.2.3.4 5.6.7.8 1000 4222\r\n", "1.2.3.4", 1000),
            ("PROXY TCP4  1.2.3.4 5.6.7.8\t0 65535 \r\n", "1.2.3.4", 0),
            ("PROXY TCP6 2001:db8::1 ::1 00080 1\r\n", "2001:db8::1", 80),
            ("PROXY TCP6 ::ffff:192.0.2.1 ::ffff:192.0.2.2 7 1\r\n", "192.0.2.1", 7),
        ] {
            assert_eq!(
                parse_proxy_header(line.as_bytes()),
                Ok(found(ip, port, line.len())),
                "{line}"
            );
            let more = format!("{line}CONNECT {{}}\r\n");
            assert_eq!(
                parse_proxy_header(more.as_bytes()),
                Ok(found(ip, port, line.len())),
                "{more}"
            );
        }
        for line in ["PROXY UNKNOWN\r\n", "PROXY UNKNOWN ff::1 ? x\r\n"] {
            let used = line.len();
            assert_eq!(parse_proxy_header(line.as_bytes()), Ok(ProxyHeader::Local { used }));
        }
    }

    #[test]
    fn version_1_refuses_what_breaks_its_rules() {
        for (line, text) in [
            ("PROXY \r\n", "invalid PROXY protocol header: invalid v1 format"),
            (
                "PROXY TCP4 1.2.3.4\r\n",
                "invalid PROXY protocol header: invalid v1 format",
            ),
            (
                "PROXY TCP4 1.2.3.4 5.6.7.8 1 2 3\r\n",
                "invalid PROXY protocol header: invalid v1 format",
            ),
            (
                "PROXY TCP4 1.2.3.256 5.6.7.8 1 2\r\n",
                "invalid PROXY protocol header: invalid address",
            ),
            (
                "PROXY TCP4 1.2.3.4 x 1 2\r\n",
                "invalid PROXY protocol header: invalid address",
            ),
            (
                "PROXY TCP4 ::1 5.6.7.8 1 2\r\n",
                "invalid PROXY protocol header: TCP4 with IPv6 address",
            ),
            (
                "PROXY TCP6 ::1 5.6.7.8 1 2\r\n",
                "invalid PROXY protocol header: TCP6 with IPv4 address",
            ),
            (
                "PROXY UDP4 1.2.3.4 5.6.7.8 1 2\r\n",
                "invalid PROXY protocol header: invalid protocol UDP4",
            ),
            (
                "PROXY TCP4 1.2.3.4 5.6.7.8 65536 2\r\n",
                "invalid source port: \"65536\"",
            ),
            ("PROXY TCP4 1.2.3.4 5.6.7.8 +1 2\r\n", "invalid source port: \"+1\""),
            ("PROXY TCP4 1.2.3.4 5.6.7.8 1 -2\r\n", "invalid dest port: \"-2\""),
        ] {
            assert_eq!(error(line.as_bytes()), text, "{line}");
        }
    }

    #[test]
    fn version_1_lines_have_a_longest_length() {
        let longest = format!("PROXY UNKNOWN {}\r\n", "x".repeat(V1_LINE_MAX - 16));
        assert_eq!(longest.len(), V1_LINE_MAX);
        let used = V1_LINE_MAX;
        assert_eq!(parse_proxy_header(longest.as_bytes()), Ok(ProxyHeader::Local { used }));
        let longer = longest.replace("\r\n", "x\r\n");
        assert_eq!(
            error(longer.as_bytes()),
            "invalid PROXY protocol header: v1 line too long"
        );
        let unfinished = &longer.as_bytes()[..V1_LINE_MAX - 1];
        assert_eq!(parse_proxy_header(unfinished), Ok(ProxyHeader::Incomplete { need: 0 }));
    }

    #[test]
    fn version_2_names_clients_and_skips_extensions() {
        let four = [9, 8, 7, 6, 1, 1, 1, 1, 3, 232, 0, 80];
        assert_eq!(
            parse_proxy_header(&v2(0x21, 0x11, &four)),
            Ok(found("9.8.7.6", 1000, 28))
        );
        let extended = [&four[..], &[4, 0, 1, 7]].concat();
        assert_eq!(
            parse_proxy_header(&v2(0x21, 0x11, &extended)),
            Ok(found("9.8.7.6", 1000, 32))
        );
        let ip: Ipv6Addr = "2001:db8::7".parse().expect("an address");
        let six = [&ip.octets()[..], &[0; 16], &[0, 9, 0, 1]].concat();
        assert_eq!(
            parse_proxy_header(&v2(0x21, 0x21, &six)),
            Ok(found("2001:db8::7", 9, 52))
        );
    }

    #[test]
    fn version_2_may_name_nobody() {
        for bytes in [
            v2(0x20, 0x00, b""),
            v2(0x20, 0xFF, b"anything"),
            v2(0x21, 0x01, b"skipped"),
            v2(0x20, 0x11, &[7; 65_535]),
        ] {
            let used = bytes.len();
            assert_eq!(parse_proxy_header(&bytes), Ok(ProxyHeader::Local { used }));
        }
    }

    #[test]
    fn version_2_refuses_what_breaks_its_rules() {
        for (bytes, text) in [
            (
                v2(0x31, 0x11, &[0; 12]),
                "invalid PROXY protocol header: invalid version 0x30",
            ),
            (v2(0x22, 0x11, &[0; 12]), "unknown PROXY protocol command: 0x02"),
            (
                v2(0x21, 0x12, &[0; 12]),
                "unsupported PROXY protocol feature: only STREAM protocol supported",
            ),
            (
                v2(0x21, 0x00, b""),
                "unsupported PROXY protocol feature: only STREAM protocol supported",
            ),
            (
                v2(0x21, 0x31, &[0; 216]),
                "unsupported PROXY protocol feature: unsupported address family 0x30",
            ),
            (v2(0x21, 0x11, &[0; 11]), "IPv4 address data too short: 11 bytes"),
            (v2(0x21, 0x21, &[0; 35]), "IPv6 address data too short: 35 bytes"),
        ] {
            assert_eq!(error(&bytes), text);
            // This is known before the addresses have arrived.
            assert_eq!(error(&bytes[..V2_FIXED]), text);
        }
        assert_eq!(
            error(b"\r\n\r\n\0\rX"),
            "invalid PROXY protocol header: invalid signature"
        );
    }

    #[test]
    fn who_sends_none_is_known_by_the_first_byte_that_differs() {
        for plain in [
            "C",
            "PI",
            "PU",
            "PING\r\n",
            "PROXy ",
            "proxy ",
            "\r\nPING\r\n",
            "\n",
            "PROXY\r\n",
        ] {
            assert_eq!(
                parse_proxy_header(plain.as_bytes()),
                Ok(ProxyHeader::Absent),
                "{plain:?}"
            );
        }
        for open in ["", "P", "PROXY", "\r", "\r\n\r\n\0"] {
            let expected = Ok(ProxyHeader::Incomplete { need: 0 });
            let got = parse_proxy_header(open.as_bytes());
            let got = got.map(|header| match header {
                ProxyHeader::Incomplete { .. } => ProxyHeader::Incomplete { need: 0 },
                other => other,
            });
            assert_eq!(got, expected, "{open:?}");
        }
    }

    proptest! {
        /// Wherever a header is split, the parser first requests more, never beyond its end, and then always returns
        /// the same.
        #[test]
        fn split_anywhere(
            version in 1..=2u8, command in 0x20..=0x22u8, family in prop::sample::select(vec![0x01, 0x11, 0x21, 0x31]),
            addresses in prop::collection::vec(any::<u8>(), 0..60), words in "(TCP4|TCP6|UNKNOWN|X)( [0-9a-f.:]{1,9}){0,5}",
        ) {
            let whole = if version == 1 { format!("PROXY {words}\r\n").into_bytes() } else { v2(command, family, &addresses) };
            let outcome = parse_proxy_header(&whole);
            let mut decided = false;
            for end in 0..whole.len() {
                match parse_proxy_header(&whole[..end]) {
                    Ok(ProxyHeader::Incomplete { need }) => {
                        prop_assert!(!decided);
                        prop_assert!(need == 0 || need > end);
                        prop_assert!(need <= whole.len());
                    }
                    early => {
                        decided = true;
                        prop_assert!(early.is_err());
                        prop_assert_eq!(early, outcome.clone());
                    }
                }
            }
            let whole_is_judged = !matches!(outcome, Ok(ProxyHeader::Incomplete { .. } | ProxyHeader::Absent));
            prop_assert!(whole_is_judged);
        }
    }
}
