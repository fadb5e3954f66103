//! What a connection remembers because it speaks the client protocol.
//!
//! Owns nothing of the link: output, input, PINGs and counters are the connection's.

use crate::client::admission::PendingAdmission;
use crate::client::reply_grants::ReplyGrants;
use crate::delivery::result_cache::ResultRef;
use crate::plan::auth::Proof;
use nt_protocol::ConnectOptions;

/// The state of the client protocol.
#[derive(Debug)]
pub(crate) struct ClientState {
    pub flags: ClientFlags,
    /// What CONNECT said: another CONNECT speaks only of what changes.
    pub options: Option<Box<ConnectOptions>>,
    /// What is known of the client beside what it said.
    pub proof: Proof,
    /// The decision it waits for.
    pub pending_admission: Option<Box<PendingAdmission>>,
    /// Replies it may give, by subject: only under `allow_responses`.
    pub replies: ReplyGrants,
    /// The subject it published to last, if it may do so again unasked.
    pub last_result: ResultRef,
}

impl Default for ClientState {
    fn default() -> Self {
        Self {
            flags: ClientFlags::default(),
            options: None,
            proof: Proof::None,
            pending_admission: None,
            replies: ReplyGrants::default(),
            last_result: ResultRef::NONE,
        }
    }
}

/// What the client asked for in CONNECT, and how far the handshake is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ClientFlags {
    pub verbose: bool,
    pub pedantic: bool,
    pub echo: bool,
    pub headers: bool,
    pub no_responders: bool,
    pub async_info: bool,
    pub connect_received: bool,
    pub first_pong_sent: bool,
    /// An INFO has told it that the broker goes away.
    pub knows_lame_duck: bool,
}

impl Default for ClientFlags {
    fn default() -> Self {
        Self {
            verbose: true,
            pedantic: true,
            echo: true,
            headers: false,
            no_responders: false,
            async_info: false,
            connect_received: false,
            first_pong_sent: false,
            knows_lame_duck: false,
        }
    }
}
