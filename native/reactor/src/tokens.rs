//! Tokens: they tell which source an event of a loop's poller is about.

use mio::Token;

/// Connections have the lowest tokens, their slots. The keys of the other ranges count down from the top of the range.
const LISTENERS_TOP: usize = usize::MAX - 2;
const CONNECTING_TOP: usize = usize::MAX / 4 * 3;
const CONNECTIONS_TOP: usize = usize::MAX / 4 * 2;

/// What is registered with a poller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// The loop's own wake-up.
    Wake,
    /// The queue of the thread that runs the loop.
    Host,
    /// A listener, by key.
    Listener(usize),
    /// A connection that is being opened, by key.
    Connecting(usize),
    /// A connection, by slot.
    Connection(u32),
}

impl Source {
    /// The token of its events.
    pub fn token(self) -> Token {
        Token(match self {
            Self::Wake => usize::MAX,
            Self::Host => usize::MAX - 1,
            Self::Listener(key) => LISTENERS_TOP - key,
            Self::Connecting(key) => CONNECTING_TOP - key,
            Self::Connection(slot) => slot as usize,
        })
    }

    /// The source with that token.
    #[inline]
    pub fn of(token: Token) -> Self {
        match token.0 {
            number if number <= CONNECTIONS_TOP => Self::Connection(number as u32),
            number if number <= CONNECTING_TOP => Self::Connecting(CONNECTING_TOP - number),
            number if number <= LISTENERS_TOP => Self::Listener(LISTENERS_TOP - number),
            number if number < usize::MAX => Self::Host,
            _ => Self::Wake,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_source_has_its_own_token() {
        let keyed = [0, 1, 1 << 20].into_iter().flat_map(|key| {
            let slot = key as u32;
            [Source::Listener(key), Source::Connecting(key), Source::Connection(slot)]
        });
        for source in keyed.chain([Source::Wake, Source::Host]) {
            assert_eq!(Source::of(source.token()), source);
        }
    }
}
