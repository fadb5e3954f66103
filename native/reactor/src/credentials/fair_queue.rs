//! A queue in which addresses take turns.
//!
//! Those of one address keep their order. All addresses of an IPv6 network of 64 bits count as one, because that is what
//! one client is given.

use nt_broker::shared_by_one_client;
use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;

pub(super) struct FairQueue<T> {
    /// Never empty.
    by_address: HashMap<IpAddr, VecDeque<T>>,
    /// Whose turn it is.
    turns: VecDeque<IpAddr>,
    len: usize,
}

impl<T> Default for FairQueue<T> {
    fn default() -> Self {
        Self {
            by_address: HashMap::new(),
            turns: VecDeque::new(),
            len: 0,
        }
    }
}

impl<T> FairQueue<T> {
    pub fn len(&self) -> usize {
        self.len
    }

    pub fn push(&mut self, address: IpAddr, item: T) {
        let address = shared_by_one_client(address);
        let own = self.by_address.entry(address).or_default();
        if own.is_empty() {
            self.turns.push_back(address);
        }
        own.push_back(item);
        self.len += 1;
    }

    pub fn pop(&mut self) -> Option<T> {
        let address = self.turns.pop_front()?;
        let own = self.by_address.get_mut(&address)?;
        let item = own.pop_front()?;
        self.len -= 1;
        if own.is_empty() {
            self.by_address.remove(&address);
        } else {
            self.turns.push_back(address);
        }
        Some(item)
    }

    /// Takes everything.
    pub fn drain(&mut self) -> impl Iterator<Item = T> {
        let all = std::mem::take(self);
        all.by_address.into_values().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    fn drained(queue: &mut FairQueue<u32>) -> Vec<u32> {
        std::iter::from_fn(|| queue.pop()).collect()
    }

    #[test]
    fn a_flood_from_one_address_delays_another_by_one() {
        let mut queue = FairQueue::default();
        (0..1000).for_each(|number| queue.push(address("192.0.2.1"), number));
        queue.push(address("192.0.2.2"), 5000);
        queue.push(address("192.0.2.2"), 5001);
        assert_eq!(queue.len(), 1002);
        let order = drained(&mut queue);
        assert_eq!(order[..5], [0, 5000, 1, 5001, 2]);
        assert!(order[4..].is_sorted(), "those of one address keep their order");
        assert_eq!((queue.len(), queue.by_address.len(), queue.turns.len()), (0, 0, 0));
    }

    #[test]
    fn who_comes_again_waits_for_the_others() {
        let mut queue = FairQueue::default();
        queue.push(address("192.0.2.1"), 1);
        queue.push(address("192.0.2.2"), 2);
        assert_eq!(queue.pop(), Some(1));
        queue.push(address("192.0.2.1"), 3);
        assert_eq!(drained(&mut queue), [2, 3]);
    }

    #[test]
    fn a_network_of_64_bits_is_one_address() {
        let mut queue = FairQueue::default();
        for (number, text) in [
            "2001:db8::1",
            "2001:db8::2:1",
            "2001:db8:0:1::1",
            "::ffff:192.0.2.1",
            "192.0.2.1",
        ]
        .iter()
        .enumerate()
        {
            queue.push(address(text), number as u32);
        }
        assert_eq!(queue.by_address.len(), 3);
        assert_eq!(queue.drain().count(), 5);
        assert_eq!(queue.len(), 0);
    }
}
