//! How far a connection has come, and where it may go from there.

use crate::connection::close::CloseReason;
use crate::plan::in_force::ServerPart;

/// How far a connection has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Its first bytes may be the header of a proxy.
    AwaitingProxyHeader,
    /// It must send CONNECT first.
    AwaitingConnect,
    /// Its CONNECT is decided outside the shard. Nothing is read from it until then.
    AwaitingAdmission,
    /// It may do what its permissions allow.
    Ready,
    /// It reserves a slot for a connection that is about to move here.
    Placeholder,
    /// It is closing: what it still sends is ignored.
    Closing(CloseReason),
}

impl Phase {
    /// Where a connection begins whose peer is known.
    pub fn first(plan: &ServerPart) -> Self {
        match plan.auth {
            Some(_) => Self::AwaitingConnect,
            None => Self::Ready,
        }
    }

    /// Whether a connection may go from here to `next`. A placeholder is replaced as a whole, and nothing follows the
    /// end.
    pub(super) fn may_become(self, next: Self) -> bool {
        match self {
            Self::AwaitingProxyHeader => matches!(next, Self::AwaitingConnect | Self::Ready | Self::Closing(_)),
            // A client may send CONNECT again, and a reload may ask again before the first question is answered.
            Self::AwaitingConnect | Self::AwaitingAdmission | Self::Ready => {
                matches!(next, Self::AwaitingAdmission | Self::Ready | Self::Closing(_))
            }
            Self::Placeholder | Self::Closing(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_follows_the_end() {
        let end = Phase::Closing(CloseReason::ClientClosed);
        for next in [Phase::AwaitingProxyHeader, Phase::AwaitingConnect, Phase::Ready, end] {
            assert!(!end.may_become(next), "{next:?}");
        }
    }

    #[test]
    fn the_peer_is_known_before_the_client() {
        assert!(Phase::AwaitingProxyHeader.may_become(Phase::AwaitingConnect));
        assert!(!Phase::AwaitingConnect.may_become(Phase::AwaitingProxyHeader));
    }
}
