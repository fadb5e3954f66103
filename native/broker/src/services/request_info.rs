//! Who asks: the header `Nats-Request-Info` of requests to other accounts, and the descriptions of clients in
//! measurements.

use crate::connection::shared::ConnShared;
use crate::time::rfc3339;
use serde::Serialize;

/// How much of a requester is told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct InfoLevel {
    /// More than its account and its round-trip time.
    pub detailed: bool,
    /// The name of its server, too.
    pub server: bool,
}

impl InfoLevel {
    /// Everything.
    pub const ALL: Self = Self {
        detailed: true,
        server: true,
    };
}

/// A client, in nats-server's form and order of fields.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct ClientInfo {
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    host: String,
    #[serde(skip_serializing_if = "is_zero")]
    id: u64,
    acc: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    svc: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    user: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    lang: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    ver: String,
    #[serde(skip_serializing_if = "is_zero")]
    rtt: u64,
    #[serde(skip_serializing_if = "String::is_empty")]
    server: String,
    #[serde(skip_serializing_if = "str::is_empty")]
    kind: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    client_type: &'static str,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl ClientInfo {
    /// A requester of an account; `connection` is `None` for the control plane. `service`: the account that it asks
    /// through, which is not its own.
    pub fn new(
        account: &str,
        connection: Option<&ConnShared>,
        level: InfoLevel,
        server: &str,
        service: Option<&str>,
    ) -> Self {
        let mut info = Self {
            acc: account.to_owned(),
            svc: service.unwrap_or_default().to_owned(),
            rtt: connection.map_or(0, ConnShared::rtt_ns),
            ..Self::default()
        };
        if level.server {
            server.clone_into(&mut info.server);
        }
        if level.detailed
            && let Some(connection) = connection
        {
            info.add_details(connection);
        }
        info
    }

    fn add_details(&mut self, connection: &ConnShared) {
        let snapshot = connection.snapshot();
        self.start = Some(rfc3339(snapshot.start_ns));
        self.host = snapshot.peer.ip().to_string();
        self.id = snapshot.cid;
        self.user = snapshot.user;
        self.name = snapshot.name;
        self.lang = snapshot.lang;
        self.ver = snapshot.version;
        self.kind = "Client";
        self.client_type = "nats";
    }

    /// Its round-trip time, nanoseconds.
    pub fn rtt_ns(&self) -> u64 {
        self.rtt
    }

    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("plain fields always serialise")
    }
}

const NAME: &[u8] = b"Nats-Request-Info";
const FIRST_LINE: &[u8] = b"NATS/1.0\r\n";

/// Headers with nothing but the information.
pub(super) fn headers_with(info: &[u8]) -> Vec<u8> {
    let mut headers = Vec::new();
    append_headers(b"", info, &mut headers);
    headers
}

/// Appends headers with the information in them, as the last one. What the client wrote under that name is left out.
pub(super) fn append_headers(headers: &[u8], info: &[u8], out: &mut Vec<u8>) {
    if headers.is_empty() {
        out.extend_from_slice(FIRST_LINE);
    } else {
        append_others(headers, out);
    }
    for part in [NAME, b": ", info, b"\r\n\r\n"] {
        out.extend_from_slice(part);
    }
}

/// Appends all lines but those of that name, in whatever case: a service must not take a client's word for the
/// server's. Some readers end a line at any line feed, so every line is made to end with CRLF; and a blank line ends the
/// headers, so there must be none before the server's.
fn append_others(headers: &[u8], out: &mut Vec<u8>) {
    for line in headers.split(|&byte| byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let name = line.split(|&byte| byte == b':').next().unwrap_or_default();
        let is_blank = line.trim_ascii().is_empty();
        if !is_blank && !name.trim_ascii().eq_ignore_ascii_case(NAME) {
            out.extend_from_slice(line);
            out.extend_from_slice(b"\r\n");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_info(headers: &str) -> String {
        let mut out = Vec::new();
        append_headers(headers.as_bytes(), b"{}", &mut out);
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn the_server_says_who_asks_and_nobody_else_does() {
        assert_eq!(with_info(""), "NATS/1.0\r\nNats-Request-Info: {}\r\n\r\n");
        assert_eq!(
            with_info("NATS/1.0\r\nA: b\r\nnats-request-info: x\r\nNats-Request-Info:y\r\nC: d\r\n\r\n"),
            "NATS/1.0\r\nA: b\r\nC: d\r\nNats-Request-Info: {}\r\n\r\n"
        );
        assert_eq!(
            with_info("NATS/1.0\r\nNats-Request-Info : x\r\n\r\n"),
            "NATS/1.0\r\nNats-Request-Info: {}\r\n\r\n"
        );
        assert_eq!(
            with_info("NATS/1.0\r\nA: b\nNats-Request-Info: x\n\n \r\nC: d\n\r\n"),
            "NATS/1.0\r\nA: b\r\nC: d\r\nNats-Request-Info: {}\r\n\r\n"
        );
        assert_eq!(with_info("cut off"), "cut off\r\nNats-Request-Info: {}\r\n\r\n");
    }

    #[test]
    fn little_is_told_unless_it_is_shared() {
        let level = InfoLevel::default();
        let info = ClientInfo::new("B", None, level, "s", None);
        assert_eq!(info.to_json(), br#"{"acc":"B"}"#);
        let info = ClientInfo::new("B", None, InfoLevel::ALL, "s", Some("M"));
        assert_eq!(info.to_json(), br#"{"acc":"B","svc":"M","server":"s"}"#);
    }
}
