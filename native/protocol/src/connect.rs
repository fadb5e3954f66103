//! The JSON of CONNECT: what a client says about itself.

use serde_json::Value;
use thiserror::Error;

/// The argument is not a JSON object with fields of the right types. The client gets no error text.
#[derive(Debug, Error)]
pub enum ConnectError {
    /// Not JSON, or followed by something else.
    #[error("CONNECT is not valid JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// JSON, but not an object.
    #[error("CONNECT must be a JSON object")]
    NotAnObject,
    /// A known field has the wrong type.
    #[error("CONNECT field {field:?} must be a {expected}")]
    FieldType {
        /// The field as the client spelled it.
        field: String,
        /// What it should have been.
        expected: &'static str,
    },
}

/// What a client says about itself and requests. Absent fields keep the defaults of a connection that never sent
/// CONNECT.
#[derive(Clone, PartialEq, Eq)]
#[allow(missing_docs)] // the protocol's own field names
pub struct ConnectOptions {
    pub verbose: bool,
    pub pedantic: bool,
    pub echo: bool,
    pub headers: bool,
    pub no_responders: bool,
    pub tls_required: bool,
    pub protocol: i64,
    pub name: String,
    pub lang: String,
    pub version: String,
    pub user: String,
    pub pass: String,
    pub auth_token: String,
    pub nkey: String,
    pub sig: String,
    /// A signature of the same nonce by the proxy that the client came through.
    pub proxy_sig: String,
    pub jwt: String,
    /// Old clients request an account of their own with these two fields; that is not supported any more.
    pub account: String,
    pub new_account: bool,
}

impl Default for ConnectOptions {
    fn default() -> Self {
        Self {
            verbose: true,
            pedantic: true,
            echo: true,
            headers: false,
            no_responders: false,
            tls_required: false,
            protocol: 0,
            name: String::new(),
            lang: String::new(),
            version: String::new(),
            user: String::new(),
            pass: String::new(),
            auth_token: String::new(),
            nkey: String::new(),
            sig: String::new(),
            proxy_sig: String::new(),
            jwt: String::new(),
            account: String::new(),
            new_account: false,
        }
    }
}

impl std::fmt::Debug for ConnectOptions {
    /// Shows names, never secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConnectOptions")
            .field("name", &self.name)
            .field("lang", &self.lang)
            .field("version", &self.version)
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

impl ConnectOptions {
    /// Decodes; absent fields have their defaults.
    pub fn decode(json: &[u8]) -> Result<Self, ConnectError> {
        Self::default().decode_over(json)
    }

    /// Decodes; absent fields keep their current values. Keys match in any case, unknown ones are ignored, and `null`
    /// changes nothing.
    pub fn decode_over(mut self, json: &[u8]) -> Result<Self, ConnectError> {
        let text = String::from_utf8_lossy(json);
        match serde_json::from_str(&text)? {
            Value::Null => {}
            Value::Object(fields) => {
                for (key, value) in fields {
                    if !value.is_null() {
                        self.set(&key, value)?;
                    }
                }
            }
            _ => return Err(ConnectError::NotAnObject),
        }
        Ok(self)
    }

    /// Whether any credential was sent.
    pub fn has_credentials(&self) -> bool {
        [&self.user, &self.pass, &self.auth_token, &self.nkey, &self.jwt]
            .iter()
            .any(|s| !s.is_empty())
    }

    fn set(&mut self, key: &str, value: Value) -> Result<(), ConnectError> {
        match key.to_ascii_lowercase().as_str() {
            "verbose" => boolean(key, value, &mut self.verbose),
            "pedantic" => boolean(key, value, &mut self.pedantic),
            "echo" => boolean(key, value, &mut self.echo),
            "headers" => boolean(key, value, &mut self.headers),
            "no_responders" => boolean(key, value, &mut self.no_responders),
            "tls_required" => boolean(key, value, &mut self.tls_required),
            "new_account" => boolean(key, value, &mut self.new_account),
            "name" => string(key, value, &mut self.name),
            "lang" => string(key, value, &mut self.lang),
            "version" => string(key, value, &mut self.version),
            "user" => string(key, value, &mut self.user),
            "pass" => string(key, value, &mut self.pass),
            "auth_token" => string(key, value, &mut self.auth_token),
            "nkey" => string(key, value, &mut self.nkey),
            "sig" => string(key, value, &mut self.sig),
            "proxy_sig" => string(key, value, &mut self.proxy_sig),
            "jwt" => string(key, value, &mut self.jwt),
            "account" => string(key, value, &mut self.account),
            "protocol" => match value.as_i64() {
                Some(n) => {
                    self.protocol = n;
                    Ok(())
                }
                None => Err(wrong_type(key, "whole number")),
            },
            _ => Ok(()),
        }
    }
}

fn boolean(key: &str, value: Value, into: &mut bool) -> Result<(), ConnectError> {
    *into = value.as_bool().ok_or_else(|| wrong_type(key, "boolean"))?;
    Ok(())
}

fn string(key: &str, value: Value, into: &mut String) -> Result<(), ConnectError> {
    match value {
        Value::String(s) => {
            *into = s;
            Ok(())
        }
        _ => Err(wrong_type(key, "string")),
    }
}

fn wrong_type(field: &str, expected: &'static str) -> ConnectError {
    ConnectError::FieldType {
        field: field.to_owned(),
        expected,
    }
}
