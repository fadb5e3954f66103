//! The state of a connection that uses the client protocol.
//!
//! Owns nothing of the link: output, input, PINGs and counters are the connection's.

use crate::client::admission::PendingAdmission;
use crate::client::nonce::Nonce;
use crate::client::reply_grants::ReplyGrants;
use crate::delivery::result_cache::ResultRef;
use crate::plan::auth::Proof;
use crate::plan::permissions::ReplyAllowance;
use nt_protocol::{ConnectOptions, PublicKey};

/// The state of the client protocol.
#[derive(Debug)]
pub(crate) struct ClientState {
    pub(super) flags: ClientFlags,
    /// The options of its CONNECT: another CONNECT has only those that change.
    pub(super) options: Option<Box<ConnectOptions>>,
    /// What it was given to sign, if anything.
    pub(super) nonce: Option<Nonce>,
    /// The proxy that is known to have signed it.
    pub(super) proxy: Option<PublicKey>,
    /// What has been proved about the client.
    pub(super) proof: Proof,
    /// The decision it waits for.
    pub(super) pending_admission: Option<Box<PendingAdmission>>,
    /// Replies it may give, by subject: only under `allow_responses`.
    pub(super) replies: ReplyGrants,
    /// The subject it published to last, if it may do so again without a check.
    pub(super) last_result: ResultRef,
}

impl ClientState {
    /// The options of its CONNECT that are flags, and how far its handshake is.
    #[inline]
    pub fn flags(&self) -> ClientFlags {
        self.flags
    }

    /// The options of its CONNECT.
    pub fn options(&self) -> Option<&ConnectOptions> {
        self.options.as_deref()
    }

    /// Gives it something to sign, of which nobody knew before.
    pub fn set_nonce(&mut self, nonce: Nonce) {
        self.nonce = Some(nonce);
    }

    /// What it was given to sign.
    pub fn nonce(&self) -> Option<&Nonce> {
        self.nonce.as_ref()
    }

    /// The proxy that is known to have signed it.
    pub fn proxy(&self) -> Option<PublicKey> {
        self.proxy
    }

    /// What has been proved about it, to be decided about again.
    pub fn take_proof(&mut self) -> Proof {
        std::mem::take(&mut self.proof)
    }

    pub fn set_proof(&mut self, proof: Proof) {
        self.proof = proof;
    }

    /// Its next message is checked and looked up again.
    pub fn forget_result(&mut self) {
        self.last_result = ResultRef::NONE;
    }

    /// It may answer on this subject from now on.
    pub fn grant_reply(&mut self, reply: &[u8], allowance: ReplyAllowance, now_ns: u64) {
        self.replies.grant(reply, allowance, now_ns);
    }

    /// It may answer no request any more.
    pub fn clear_grants(&mut self) {
        self.replies.clear();
    }

    /// Adds the grants that another one has.
    pub fn take_grants(&mut self, other: &mut Self) {
        self.replies.append(&mut other.replies);
    }

    /// Whether it is to get an INFO because the broker goes away.
    pub fn awaits_lame_duck_info(&self) -> bool {
        self.flags.async_info && self.flags.first_pong_sent && !self.flags.knows_lame_duck
    }

    /// An INFO is sent to it, of a broker that goes away or does not.
    pub fn note_info(&mut self, is_lame_duck: bool) {
        self.flags.knows_lame_duck = is_lame_duck;
    }

    /// The subject it published to last, if it may do so again without a check.
    #[cfg(test)]
    pub fn last_result(&self) -> ResultRef {
        self.last_result
    }

    #[cfg(test)]
    pub fn grant_count(&self) -> usize {
        self.replies.len()
    }
}

impl Default for ClientState {
    fn default() -> Self {
        Self {
            flags: ClientFlags::default(),
            options: None,
            nonce: None,
            proxy: None,
            proof: Proof::None,
            pending_admission: None,
            replies: ReplyGrants::default(),
            last_result: ResultRef::NONE,
        }
    }
}

/// The options of CONNECT, and how far the handshake is.
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
    /// An INFO has said that the broker goes away.
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
