//! The table of pending responses: places by number, each in the queue of those that wait equally long.
//!
//! A place is found by its number and checked by its secret, so nothing is hashed; it keeps the reply subject itself and
//! names the importing account by its id, so a request allocates nothing and counts no references: the loops of
//! requesters and of responders share the table, and each shared counter would be a cache line that they hand to each
//! other. A queue is a chain through its places: the first one is due first, and an ended request leaves nothing in it.

use crate::interest::account::Account;
use crate::services::imports::ResponseKind;
use crate::services::latency::Measured;
use crate::services::reply_text::ReplyText;
use crate::services::tokens::{PLACES_MAX, Token};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Requests of one importing account that may be pending: more are refused.
pub(super) const PENDING_MAX: usize = 256 * 1024;
/// Free places at the end of the table that are given up at a time.
const SHRINK_STEP: usize = 4096;
const NONE: u32 = u32::MAX;

/// A request that waits for its response.
pub(super) struct Request<'a> {
    pub secret: u64,
    /// The account of the requester.
    pub to: &'a Arc<Account>,
    /// The subject it waits on there.
    pub reply: &'a [u8],
    pub kind: ResponseKind,
    /// How long the response is waited for.
    pub threshold: Duration,
    /// What is measured, if the request is.
    pub measured: Option<Box<Measured>>,
}

/// A response that has come.
pub(super) struct Taken {
    /// The account of the requester.
    pub importer: u32,
    pub kind: ResponseKind,
    pub threshold: Duration,
    pub measured: Option<Box<Measured>>,
    /// Whether more may come.
    pub has_more: bool,
}

/// A measured request whose response has not come in time.
#[derive(Debug)]
pub(super) struct LateRequest {
    /// The account of the requester.
    pub to: Arc<Account>,
    pub reply: Box<[u8]>,
    pub measured: Box<Measured>,
}

#[derive(Debug)]
pub(super) struct Table {
    places: Vec<Place>,
    pending: usize,
    /// Of the places: those that are free, then those that wait, one chain for each time.
    chains: Vec<Chain>,
    /// By id.
    importers: BTreeMap<u32, Importer>,
}

#[derive(Debug)]
struct Importer {
    account: Arc<Account>,
    pending: usize,
}

#[derive(Debug)]
struct Place {
    secret: u64,
    /// When it was made or, where there are several answers, when the last one came.
    since_ns: u64,
    /// Its neighbours in its chain.
    before: u32,
    after: u32,
    chain: u32,
    importer: u32,
    kind: ResponseKind,
    reply: ReplyText,
    measured: Option<Box<Measured>>,
}

/// Places that wait equally long, in the order in which they are due.
#[derive(Debug)]
struct Chain {
    threshold_ns: u64,
    first: u32,
    last: u32,
}

impl Chain {
    const fn new(threshold_ns: u64) -> Self {
        Self {
            threshold_ns,
            first: NONE,
            last: NONE,
        }
    }
}

/// The chain of free places.
const FREE: u32 = 0;

impl Default for Table {
    fn default() -> Self {
        Self {
            places: Vec::new(),
            pending: 0,
            chains: vec![Chain::new(u64::MAX)],
            importers: BTreeMap::new(),
        }
    }
}

impl Table {
    /// Requests that are pending.
    pub fn pending(&self) -> usize {
        self.pending
    }

    /// An account that has pending requests.
    pub fn importer(&self, id: u32) -> Option<&Arc<Account>> {
        self.importers.get(&id).map(|importer| &importer.account)
    }

    /// Waits for a response. `None`: the importing account has too many requests pending.
    pub fn insert(&mut self, request: Request<'_>, now_ns: u64) -> Option<Token> {
        let Request { secret, to, .. } = request;
        if self.chains[FREE as usize].first == NONE && self.places.len() >= PLACES_MAX {
            return None;
        }
        let importer = self.importers.entry(to.id).or_insert_with(|| Importer {
            account: to.clone(),
            pending: 0,
        });
        if importer.pending >= PENDING_MAX {
            return None;
        }
        importer.pending += 1;
        self.pending += 1;
        let at = self.free_place();
        let place = &mut self.places[at as usize];
        place.secret = secret;
        place.since_ns = now_ns;
        place.importer = to.id;
        place.kind = request.kind;
        place.reply = ReplyText::new(request.reply);
        place.measured = request.measured;
        let chain = self.chain_of(request.threshold.as_nanos() as u64);
        self.append(chain, at);
        Some(Token { place: at, secret })
    }

    /// The response that a message is, and appends where it goes. `is_empty`: the message has no bytes.
    pub fn take(&mut self, token: Token, is_empty: bool, now_ns: u64, reply: &mut Vec<u8>) -> Option<Taken> {
        self.is_waiting(token).then_some(())?;
        let place = &mut self.places[token.place as usize];
        reply.extend_from_slice(place.reply.as_bytes());
        let is_last = match place.kind {
            ResponseKind::Single => true,
            ResponseKind::Stream | ResponseKind::Chunked => is_empty,
        };
        let mut taken = Taken {
            importer: place.importer,
            kind: place.kind,
            threshold: Duration::from_nanos(self.chains[place.chain as usize].threshold_ns),
            measured: None,
            has_more: !is_last,
        };
        if is_last {
            taken.measured = self.release(token.place);
        } else {
            place.since_ns = now_ns;
            let chain = place.chain;
            self.unlink(token.place);
            self.append(chain, token.place);
        }
        Some(taken)
    }

    /// A request has ended without an answer, or because nobody waits for more of them. Returns what is measured of it.
    pub fn remove(&mut self, token: Token) -> Option<Box<Measured>> {
        self.is_waiting(token).then_some(())?;
        self.release(token.place)
    }

    /// Ends what is late. Adds what is measured; returns when something else is due.
    pub fn expire(&mut self, now_ns: u64, late: &mut Vec<LateRequest>) -> Option<u64> {
        for chain in FREE as usize + 1..self.chains.len() {
            while let Some(due) = self.due_of(chain)
                && due <= now_ns
            {
                self.end_late(self.chains[chain].first, late);
            }
        }
        self.free_memory();
        (FREE as usize + 1..self.chains.len())
            .filter_map(|chain| self.due_of(chain))
            .min()
    }

    fn end_late(&mut self, at: u32, late: &mut Vec<LateRequest>) {
        let place = &self.places[at as usize];
        let to = self.importer(place.importer).cloned();
        let reply = place.measured.as_ref().map(|_| place.reply.as_bytes().into());
        if let (Some(measured), Some(to), Some(reply)) = (self.release(at), to, reply) {
            late.push(LateRequest { to, reply, measured });
        }
    }

    /// When the first one of a chain is due.
    fn due_of(&self, chain: usize) -> Option<u64> {
        let Chain {
            threshold_ns, first, ..
        } = self.chains[chain];
        let place = self.places.get(first as usize)?;
        Some(place.since_ns.saturating_add(threshold_ns))
    }

    fn is_waiting(&self, token: Token) -> bool {
        let place = self.places.get(token.place as usize);
        place.is_some_and(|place| place.secret == token.secret && place.chain != FREE)
    }

    /// A request has ended: its place is free. Returns what is measured of it.
    fn release(&mut self, at: u32) -> Option<Box<Measured>> {
        self.unlink(at);
        self.append(FREE, at);
        self.pending -= 1;
        let place = &mut self.places[at as usize];
        if let Some(importer) = self.importers.get_mut(&place.importer) {
            importer.pending -= 1;
        }
        if matches!(place.reply, ReplyText::Boxed(_)) {
            place.reply = ReplyText::EMPTY;
        }
        place.measured.take()
    }

    /// A place in no chain.
    fn free_place(&mut self) -> u32 {
        // The one that has been free for the shortest time: it is still in a cache.
        let at = self.chains[FREE as usize].last;
        if at != NONE {
            self.unlink(at);
            return at;
        }
        self.places.push(Place {
            secret: 0,
            since_ns: 0,
            before: NONE,
            after: NONE,
            chain: FREE,
            importer: 0,
            kind: ResponseKind::Single,
            reply: ReplyText::EMPTY,
            measured: None,
        });
        self.places.len() as u32 - 1
    }

    /// The chain of those that wait this long.
    fn chain_of(&mut self, threshold_ns: u64) -> u32 {
        let waiting = || self.chains.iter().skip(FREE as usize + 1);
        let known = waiting().position(|chain| chain.threshold_ns == threshold_ns);
        let found = known.or_else(|| waiting().position(|chain| chain.first == NONE));
        let at = found.map_or(self.chains.len(), |at| at + FREE as usize + 1);
        if at == self.chains.len() {
            self.chains.push(Chain::new(threshold_ns));
        }
        self.chains[at].threshold_ns = threshold_ns;
        at as u32
    }

    fn append(&mut self, chain: u32, at: u32) {
        let ends = &mut self.chains[chain as usize];
        let before = std::mem::replace(&mut ends.last, at);
        match self.places.get_mut(before as usize) {
            Some(place) => place.after = at,
            None => ends.first = at,
        }
        let place = &mut self.places[at as usize];
        (place.chain, place.before, place.after) = (chain, before, NONE);
    }

    fn unlink(&mut self, at: u32) {
        let Place {
            chain, before, after, ..
        } = self.places[at as usize];
        let ends = &mut self.chains[chain as usize];
        match self.places.get_mut(before as usize) {
            Some(place) => place.after = after,
            None => ends.first = after,
        }
        match self.places.get_mut(after as usize) {
            Some(place) => place.before = before,
            None => ends.last = before,
        }
    }

    /// Frees what only ended requests needed.
    fn free_memory(&mut self) {
        self.importers.retain(|_, importer| importer.pending > 0);
        if self.pending == 0 {
            self.places = Vec::new();
            self.chains = vec![Chain::new(u64::MAX)];
        }
        if self.pending > self.places.len() / 4 {
            return;
        }
        for _ in 0..SHRINK_STEP {
            if self.places.last().is_none_or(|place| place.chain != FREE) {
                break;
            }
            self.unlink(self.places.len() as u32 - 1);
            self.places.pop();
        }
        if self.places.len() < self.places.capacity() / 4 {
            self.places.shrink_to_fit();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interest::account::AccountIds;
    use crate::random::Random;

    const SECOND: u64 = 1_000_000_000;

    fn accounts() -> [Arc<Account>; 2] {
        let ids = AccountIds::new(1);
        ["A", "B"].map(|name| Arc::new(Account::new(&ids, name, true)))
    }

    fn request(to: &Arc<Account>, secret: u64, kind: ResponseKind, seconds: u64) -> Request<'_> {
        Request {
            secret,
            to,
            reply: b"inbox",
            kind,
            threshold: Duration::from_secs(seconds),
            measured: None,
        }
    }

    fn take(table: &mut Table, token: Token, is_empty: bool, now_ns: u64) -> bool {
        table.take(token, is_empty, now_ns, &mut Vec::new()).is_some()
    }

    #[test]
    fn one_answer_ends_a_single_one_and_an_empty_one_one_of_several() {
        let ([to, _], mut table) = (accounts(), Table::default());
        let kinds = [ResponseKind::Single, ResponseKind::Stream, ResponseKind::Chunked];
        let [single, several @ ..] = kinds.map(|kind| table.insert(request(&to, 1, kind, 2), 0).expect("a token"));
        assert!(take(&mut table, single, false, 1) && !take(&mut table, single, false, 1));
        for token in several {
            assert!(
                [false, false, true]
                    .iter()
                    .all(|&is_empty| take(&mut table, token, is_empty, 1))
            );
            assert!(!take(&mut table, token, false, 1));
        }
        assert_eq!(table.pending(), 0);
    }

    #[test]
    fn only_who_knows_the_secret_finds_a_place() {
        let ([to, _], mut table) = (accounts(), Table::default());
        let token = table
            .insert(request(&to, 5, ResponseKind::Single, 2), 0)
            .expect("a token");
        for (place, secret) in [(token.place, 4), (token.place + 1, 5), (u32::MAX, 5)] {
            assert!(!take(&mut table, Token { place, secret }, false, 1));
        }
        let mut reply = b"before ".to_vec();
        let taken = table.take(token, false, 1, &mut reply).expect("it is pending");
        assert_eq!(
            (taken.importer, taken.has_more, &*reply),
            (to.id, false, &b"before inbox"[..])
        );
        let next = table
            .insert(request(&to, 6, ResponseKind::Single, 2), 0)
            .expect("a token");
        assert!(
            next.place == token.place && !take(&mut table, token, false, 1),
            "the place is another request's"
        );
    }

    #[test]
    fn what_is_late_ends_and_answers_move_the_end_of_several() {
        let ([to, _], mut table, mut late) = (accounts(), Table::default(), Vec::new());
        let insert = |table: &mut Table, kind, seconds, now_ns| {
            table.insert(request(&to, 1, kind, seconds), now_ns).expect("a token")
        };
        let single = insert(&mut table, ResponseKind::Single, 2, 0);
        let several = insert(&mut table, ResponseKind::Stream, 2, 0);
        insert(&mut table, ResponseKind::Single, 5, SECOND);
        assert!(take(&mut table, several, false, SECOND));
        assert_eq!(table.expire(SECOND, &mut late), Some(2 * SECOND));
        assert_eq!(table.expire(2 * SECOND, &mut late), Some(3 * SECOND));
        assert!(!take(&mut table, single, false, 2 * SECOND));
        assert_eq!(table.expire(3 * SECOND, &mut late), Some(6 * SECOND));
        assert_eq!(table.expire(6 * SECOND, &mut late), None);
        assert_eq!((table.pending(), table.places.len(), table.importers.len()), (0, 0, 0));
    }

    #[test]
    fn requests_that_are_made_after_an_answer_of_several_are_due_after_the_next_one() {
        let ([to, _], mut table, mut late) = (accounts(), Table::default(), Vec::new());
        let several = table
            .insert(request(&to, 1, ResponseKind::Stream, 2), 0)
            .expect("a token");
        assert!(take(&mut table, several, false, SECOND));
        let later = request(&to, 2, ResponseKind::Single, 2);
        let later = table.insert(later, SECOND + SECOND / 2).expect("a token");
        assert_eq!(table.expire(2 * SECOND, &mut late), Some(3 * SECOND));
        assert_eq!(table.expire(3 * SECOND, &mut late), Some(3 * SECOND + SECOND / 2));
        assert!(!take(&mut table, several, false, 3 * SECOND) && take(&mut table, later, false, 3 * SECOND));
    }

    #[test]
    fn pending_requests_are_bounded_by_importer_and_ended_ones_leave_nothing_behind() {
        let ([one, other], mut table) = (accounts(), Table::default());
        let single = |to, seconds| request(to, 1, ResponseKind::Single, seconds);
        for _ in 0..100_000 {
            let token = table.insert(single(&one, 100), 0).expect("a token");
            assert!(table.remove(token).is_none() && table.pending() == 0);
        }
        assert_eq!(table.places.len(), 1);
        let tokens: Vec<Token> = (0..PENDING_MAX)
            .map(|_| table.insert(single(&one, 100), 0).expect("a token"))
            .collect();
        assert_eq!(table.insert(single(&one, 100), 0), None);
        assert!(table.insert(single(&other, 1), 0).is_some());
        tokens
            .into_iter()
            .for_each(|token| assert!(take(&mut table, token, false, 1)));
        assert_eq!(table.expire(0, &mut Vec::new()), Some(SECOND));
        assert_eq!(
            (table.places.len(), table.importers.len()),
            (PENDING_MAX + 1, 1),
            "the last one waits"
        );
        assert_eq!(table.expire(SECOND, &mut Vec::new()), None);
        assert_eq!((table.importers.len(), table.places.capacity()), (0, 0));
    }

    /// What a table must do, in the plainest way.
    #[derive(Default)]
    struct Model(Vec<Waiting>);

    struct Waiting {
        token: Token,
        importer: u32,
        kind: ResponseKind,
        reply: Vec<u8>,
        threshold_ns: u64,
        due_ns: u64,
    }

    impl Model {
        fn take(&mut self, token: Token, is_empty: bool, now_ns: u64) -> Option<(u32, Vec<u8>)> {
            let at = self.0.iter().position(|waiting| waiting.token == token)?;
            let waiting = &mut self.0[at];
            waiting.due_ns = now_ns + waiting.threshold_ns;
            let taken = (waiting.importer, waiting.reply.clone());
            if waiting.kind == ResponseKind::Single || is_empty {
                self.0.remove(at);
            }
            Some(taken)
        }

        fn expire(&mut self, now_ns: u64) -> Option<u64> {
            self.0.retain(|waiting| waiting.due_ns > now_ns);
            self.0.iter().map(|waiting| waiting.due_ns).min()
        }
    }

    #[test]
    fn it_does_what_a_plain_list_does() {
        let accounts = accounts();
        for seed in 1..=200 {
            let (mut random, mut table, mut model) = (Random::new(seed), Table::default(), Model::default());
            let (mut tokens, mut now_ns) = (Vec::new(), 0);
            for secret in 0..500 {
                now_ns += u64::from(random.below(3));
                match random.below(8) {
                    0..=3 => {
                        let kind = [ResponseKind::Single, ResponseKind::Stream][random.below(2) as usize];
                        let to = &accounts[random.below(2) as usize];
                        let threshold_ns = [1, 20, 300][random.below(3) as usize];
                        let reply = vec![b'r'; random.below(150) as usize];
                        let request = Request {
                            reply: &reply,
                            threshold: Duration::from_nanos(threshold_ns),
                            ..request(to, secret, kind, 0)
                        };
                        let token = table.insert(request, now_ns).expect("a token");
                        tokens.push(token);
                        model.0.push(Waiting {
                            token,
                            importer: to.id,
                            kind,
                            reply,
                            threshold_ns,
                            due_ns: now_ns + threshold_ns,
                        });
                    }
                    4..=5 if !tokens.is_empty() => {
                        let token = tokens[random.below(tokens.len() as u32) as usize];
                        let (is_empty, mut reply) = (random.below(3) == 0, Vec::new());
                        let taken = table.take(token, is_empty, now_ns, &mut reply);
                        let taken = taken.map(|taken| (taken.importer, reply));
                        assert_eq!(taken, model.take(token, is_empty, now_ns));
                    }
                    6 if !tokens.is_empty() => {
                        let token = tokens[random.below(tokens.len() as u32) as usize];
                        table.remove(token);
                        model.0.retain(|waiting| waiting.token != token);
                    }
                    _ => assert_eq!(table.expire(now_ns, &mut Vec::new()), model.expire(now_ns)),
                }
                assert_eq!(table.pending(), model.0.len());
            }
        }
    }
}
