//! The handshake: what a client reads from INFO, and its CONNECT line.

use crate::nkey::Nkey;
use crate::plan::Credentials;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// The fields of INFO that matter here.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Info {
    /// Only with TLS.
    pub tls_required: bool,
    /// The nonce to be signed.
    pub nonce: Option<String>,
    /// Headers and payload.
    /// Negative: any size.
    pub max_payload: Option<i64>,
    /// Whether HPUB is understood.
    pub headers: bool,
}

impl Info {
    /// Reads the argument of INFO.
    pub fn parse(json: &[u8]) -> Option<Self> {
        serde_json::from_slice(json).ok()
    }
}

/// Credentials, checked once.
pub struct Identity {
    fields: Map<String, Value>,
    nkey: Option<Nkey>,
    has_jwt: bool,
}

impl Identity {
    /// Returns an error for an invalid seed.
    pub fn new(credentials: &Credentials) -> Result<Self, String> {
        let mut fields = Map::new();
        for (name, value) in [
            ("user", &credentials.user),
            ("pass", &credentials.password),
            ("auth_token", &credentials.token),
            ("jwt", &credentials.jwt),
        ] {
            if let Some(value) = value {
                fields.insert(name.into(), json!(value));
            }
        }
        let nkey = credentials.nkey_seed.as_deref().map(Nkey::from_seed).transpose()?;
        Ok(Self {
            fields,
            nkey,
            has_jwt: credentials.jwt.is_some(),
        })
    }

    /// The CONNECT line, with CRLF.
    pub fn connect_line(&self, info: &Info, name: &str, tls: bool) -> Vec<u8> {
        let mut fields = self.fields.clone();
        for (key, value) in [
            ("verbose", json!(false)),
            ("pedantic", json!(false)),
            ("tls_required", json!(tls)),
            ("name", json!(name)),
            ("lang", json!("rust")),
            ("version", json!(env!("CARGO_PKG_VERSION"))),
            ("protocol", json!(1)),
            ("echo", json!(true)),
            ("headers", json!(true)),
            ("no_responders", json!(true)),
        ] {
            fields.insert(key.into(), value);
        }
        if let Some(nkey) = &self.nkey {
            if !self.has_jwt {
                fields.insert("nkey".into(), json!(nkey.public()));
            }
            if let Some(nonce) = &info.nonce {
                fields.insert("sig".into(), json!(nkey.sign(nonce)));
            }
        }
        format!("CONNECT {}\r\n", Value::Object(fields)).into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nt_protocol::ConnectOptions;

    fn line(credentials: Credentials) -> ConnectOptions {
        let identity = Identity::new(&credentials).expect("valid credentials");
        let info = Info::parse(br#"{"nonce":"abc","max_payload":5,"other":[]} "#).expect("INFO");
        let line = identity.connect_line(&info, "n", false);
        let json = line
            .strip_prefix(b"CONNECT ")
            .and_then(|l| l.strip_suffix(b"\r\n"))
            .expect("a line");
        ConnectOptions::decode(json).expect("a broker decodes it")
    }

    #[test]
    fn a_server_may_take_any_size() {
        let info = Info::parse(br#"{"max_payload":-1}"#).expect("INFO");
        assert_eq!(info.max_payload, Some(-1));
    }

    #[test]
    fn passwords_and_tokens() {
        let options = line(Credentials {
            user: Some("u".into()),
            password: Some("p".into()),
            ..Credentials::default()
        });
        assert_eq!(
            (options.user.as_str(), options.pass.as_str(), options.sig.as_str()),
            ("u", "p", "")
        );
        assert!(!options.verbose && options.headers && options.no_responders);
        let options = line(Credentials {
            token: Some("t".into()),
            ..Credentials::default()
        });
        assert_eq!(options.auth_token, "t");
    }
}
