//! Words for the log: traces of the protocol, debug lines, errors. Built only when somebody wants to read them.

use crate::conn::Conn;
use crate::event::{Event, LogLevel};
use crate::shard::Shard;
use nt_protocol::{Op, Publish, ServerInfo};

/// The INFO line of one connection.
pub(crate) fn info_line(conn: &Conn, connect_info: bool) -> Vec<u8> {
    let config = &conn.hub.config;
    let info = &config.info;
    let client_ip = conn.shared.peer.ip().to_string();
    ServerInfo {
        server_id: &info.server_id,
        server_name: &info.server_name,
        version: &info.version,
        proto: 1,
        git_commit: info.git_commit.as_deref(),
        go: &info.go,
        host: &info.host,
        port: info.port,
        headers: config.headers,
        auth_required: conn.hub.auth.as_ref().is_some_and(|auth| auth.no_auth_user.is_none()),
        max_payload: config.max_payload as u64,
        client_id: conn.shared.cid,
        client_ip: Some(&client_ip),
        ldm: conn.hub.is_lame_duck(),
        connect_info,
        remote_account: connect_info.then_some(conn.account.name.as_str()),
        api_lvl: 5,
        xkey: &info.xkey,
    }
    .to_line()
}

impl Shard {
    pub(crate) fn debug(&mut self, slot: u32, text: impl FnOnce() -> String) {
        if self.out.conns[slot as usize].hub.config.log_debug {
            self.log(slot, LogLevel::Debug, &text());
        }
    }

    pub(crate) fn error(&mut self, slot: u32, text: impl FnOnce() -> String) {
        self.log(slot, LogLevel::Error, &text());
    }

    pub(crate) fn log(&mut self, slot: u32, level: LogLevel, text: &str) {
        let conn = &self.out.conns[slot as usize];
        let hub = conn.hub.id;
        let text = format!("{} - {text}", conn.label());
        self.event(hub, Event::Log { level, text });
    }

    pub(crate) fn trace_publish(&mut self, slot: u32, message: &Publish<'_>) {
        let mut line = String::from(if message.has_headers { "HPUB " } else { "PUB " });
        line.push_str(&String::from_utf8_lossy(message.subject));
        if let Some(reply) = message.reply {
            line.push(' ');
            line.push_str(&String::from_utf8_lossy(reply));
        }
        if message.has_headers {
            line.push_str(&format!(" {}", message.header_len));
        }
        line.push(' ');
        line.push_str(&String::from_utf8_lossy(message.size_text));
        self.log(slot, LogLevel::Trace, &format!("<<- [{line}]"));
        let config = &self.out.conns[slot as usize].hub.config;
        let shown = if config.trace_headers {
            &message.body[..message.header_len]
        } else {
            message.body
        };
        let cut = config.max_traced_msg_len;
        let payload = match cut {
            1.. if shown.len() > cut => format!("{:?}", String::from_utf8_lossy(&shown[..cut]) + "..."),
            _ => format!("{:?}", String::from_utf8_lossy(shown)),
        };
        self.log(slot, LogLevel::Trace, &format!("<<- MSG_PAYLOAD: [{payload}]"));
    }

    pub(crate) fn trace_operation(&mut self, slot: u32, op: &Op<'_>) {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let line = match op {
            Op::Connect(json) => format!("CONNECT {}", redact(&text(json))),
            Op::Sub {
                subject,
                queue: Some(queue),
                sid,
            } => format!("SUB {} {} {}", text(subject), text(queue), text(sid)),
            Op::Sub {
                subject,
                queue: None,
                sid,
            } => format!("SUB {} {}", text(subject), text(sid)),
            Op::Unsub { sid, max: Some(max) } => format!("UNSUB {} {max}", text(sid)),
            Op::Unsub { sid, max: None } => format!("UNSUB {}", text(sid)),
            Op::Ping => "PING".to_owned(),
            Op::Pong => "PONG".to_owned(),
            Op::Ok => "+OK".to_owned(),
            Op::Info(json) => format!("INFO {}", text(json)),
            Op::Publish(_) => return,
        };
        self.log(slot, LogLevel::Trace, &format!("<<- [{line}]"));
    }

    pub(crate) fn trace_out(&mut self, slot: u32, bytes: &[u8]) {
        let line = String::from_utf8_lossy(bytes);
        self.log(slot, LogLevel::Trace, &format!("->> [{}]", line.trim_end()));
    }
}

/// CONNECT as it may be shown: secrets are named, not told.
fn redact(json: &str) -> String {
    const SECRETS: [&str; 5] = ["pass", "auth_token", "sig", "proxy_sig", "nkey"];
    match serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(json) {
        Ok(mut fields) => {
            for (key, value) in &mut fields {
                if SECRETS.iter().any(|secret| key.eq_ignore_ascii_case(secret)) {
                    *value = "[REDACTED]".into();
                }
            }
            serde_json::Value::Object(fields).to_string()
        }
        Err(_) => "[not JSON]".to_owned(),
    }
}
