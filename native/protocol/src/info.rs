//! The JSON of INFO: what a server says about itself.

use serde::Serialize;

/// Fields of `INFO` in their order on the wire. Optional ones are left out when unset.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs)] // the protocol's own field names
pub struct ServerInfo<'a> {
    pub server_id: &'a str,
    pub server_name: &'a str,
    pub version: &'a str,
    pub proto: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub git_commit: Option<&'a str>,
    pub go: &'a str,
    pub host: &'a str,
    pub port: u16,
    pub headers: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub auth_required: bool,
    /// -1: any size.
    pub max_payload: i64,
    pub client_id: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_ip: Option<&'a str>,
    /// What a client with an nkey signs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nonce: Option<&'a str>,
    #[serde(skip_serializing_if = "is_false")]
    pub ldm: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub connect_info: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remote_account: Option<&'a str>,
    #[serde(skip_serializing_if = "is_false")]
    pub acc_is_sys: bool,
    pub api_lvl: u8,
    pub xkey: &'a str,
}

impl ServerInfo<'_> {
    /// The whole line, with the space before CRLF that nats-server sends.
    pub fn to_line(&self) -> Vec<u8> {
        let mut line = b"INFO ".to_vec();
        serde_json::to_writer(&mut line, self).expect("plain fields always serialise");
        line.extend_from_slice(b" \r\n");
        line
    }
}

fn is_false(b: &bool) -> bool {
    !b
}
