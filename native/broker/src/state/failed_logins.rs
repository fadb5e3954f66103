//! Failed logins by address, and how long the next one from there has to wait for its turn.
//!
//! Whether credentials are right is found out only when it is their turn: if only the answers waited, a right guess
//! would be told from wrong ones at once. Addresses are forgotten when they have been quiet for a while, and only so
//! many are kept. Never knows a connection.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};

/// So many failures are nothing special.
const TOLERATED: u32 = 5;
/// An address without a failure for this time is like any other.
const QUIET_NS: u64 = 60_000_000_000;
/// Nobody waits longer: a login whose turn would come later is refused.
const WAIT_MAX_NS: u64 = 30_000_000_000;
/// Addresses that are kept at once.
const ADDRESSES_MAX: usize = 16 * 1024;

/// When a login may be decided about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    Now,
    /// On the loops' clock.
    At(u64),
    /// Too many wait already.
    Never,
}

#[derive(Debug, Default)]
pub(crate) struct FailedLogins(BTreeMap<IpAddr, Failures>);

#[derive(Debug, Default)]
struct Failures {
    count: u32,
    last_ns: u64,
    /// Until when others have their turn.
    taken_ns: u64,
}

impl FailedLogins {
    /// When a login from this address may be decided about: at once, or `delay_ns` after the one before it.
    pub fn turn(&mut self, address: IpAddr, now_ns: u64, delay_ns: u64) -> Turn {
        let failures = self.0.get_mut(&shared_by_one_client(address));
        let Some(failures) = failures.filter(|failures| failures.slow_down(now_ns)) else {
            return Turn::Now;
        };
        let at = failures.taken_ns.max(now_ns) + delay_ns;
        if at - now_ns > WAIT_MAX_NS.max(delay_ns) {
            return Turn::Never;
        }
        failures.taken_ns = at;
        Turn::At(at)
    }

    /// A login has failed. True for the one after which logins from there wait.
    pub fn note(&mut self, address: IpAddr, now_ns: u64) -> bool {
        let address = shared_by_one_client(address);
        if self.0.len() >= ADDRESSES_MAX && !self.0.contains_key(&address) {
            self.0.retain(|_, failures| !failures.is_quiet(now_ns));
        }
        if self.0.len() >= ADDRESSES_MAX && !self.0.contains_key(&address) {
            return false;
        }
        let failures = self.0.entry(address).or_default();
        if failures.is_quiet(now_ns) {
            *failures = Failures::default();
        }
        failures.count = failures.count.saturating_add(1);
        failures.last_ns = now_ns;
        failures.count == TOLERATED
    }
}

impl Failures {
    fn is_quiet(&self, now_ns: u64) -> bool {
        now_ns.saturating_sub(self.last_ns) >= QUIET_NS
    }

    fn slow_down(&self, now_ns: u64) -> bool {
        self.count >= TOLERATED && !self.is_quiet(now_ns)
    }
}

/// The address that stands for all that one client may have: an IPv6 network of 64 bits is one.
pub fn shared_by_one_client(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;
    const SECOND: u64 = 1_000 * MS;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn after_some_failures_logins_take_turns() {
        let (mut failed, bad, good) = (FailedLogins::default(), address("192.0.2.1"), address("192.0.2.2"));
        let storm: Vec<bool> = (0..7).map(|_| failed.note(bad, SECOND)).collect();
        assert_eq!(storm, [false, false, false, false, true, false, false], "told once");
        let mut turn = |now| failed.turn(bad, now, SECOND);
        assert_eq!(
            [turn(SECOND), turn(SECOND)],
            [Turn::At(2 * SECOND), Turn::At(3 * SECOND)]
        );
        assert_eq!(turn(10 * SECOND), Turn::At(11 * SECOND));
        assert_eq!(failed.turn(good, SECOND, SECOND), Turn::Now);
    }

    #[test]
    fn who_would_wait_too_long_is_refused() {
        let (mut failed, bad) = (FailedLogins::default(), address("192.0.2.1"));
        (0..TOLERATED).for_each(|_| {
            failed.note(bad, SECOND);
        });
        let waiting = (0..100).filter(|_| failed.turn(bad, SECOND, SECOND) != Turn::Never);
        assert_eq!(waiting.count(), 30);
        assert_ne!(failed.turn(bad, 40 * SECOND, SECOND), Turn::Never);
        // A delay above the limit is still a delay.
        assert_eq!(failed.turn(bad, 50 * SECOND, 60 * SECOND), Turn::At(110 * SECOND));
    }

    #[test]
    fn a_quiet_minute_ends_it() {
        let (mut failed, bad) = (FailedLogins::default(), address("2001:db8::1"));
        for _ in 0..TOLERATED {
            failed.note(bad, SECOND);
        }
        assert_eq!(
            failed.turn(address("2001:db8::2"), 60 * SECOND, MS),
            Turn::At(60 * SECOND + MS)
        );
        assert_eq!(failed.turn(bad, 61 * SECOND, MS), Turn::Now);
        assert!(!failed.note(bad, 61 * SECOND), "a storm has several");
        assert_eq!(failed.turn(bad, 61 * SECOND, MS), Turn::Now);
    }

    #[test]
    fn only_so_many_addresses_are_kept() {
        let mut failed = FailedLogins::default();
        for number in 0..ADDRESSES_MAX as u32 + 10 {
            failed.note(IpAddr::V4(number.into()), SECOND);
        }
        assert_eq!(failed.0.len(), ADDRESSES_MAX);
        failed.note(address("255.0.0.1"), 100 * SECOND);
        assert_eq!(failed.0.len(), 1);
    }
}
