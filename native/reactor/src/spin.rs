//! Whether a loop with nothing to do polls for a moment before it sleeps.
//!
//! A wake-up takes longer than handling a message, and costs the thread that wakes as well. In a dialogue, where
//! clients answer what they were just sent, polling (a spin) shortens each round trip and costs little. It is useless
//! where clients send without waiting for answers: the longer a loop sleeps, the more it finds. So a loop spins as long
//! as short waits end with answers.
//!
//! Spins that often find nothing mean that other threads need the core, maybe those that are to answer: then the loop
//! stops spinning for a while. On a machine with one core no loop spins.

/// How long a loop spins.
const SPIN_NS: u64 = 30_000;
/// A spin would have replaced a sleep this short: a spin is a little shorter, and a wake-up takes a little time.
const SHORT_SLEEP_NS: u64 = 60_000;
/// More bytes in one turn are a stream.
const DIALOGUE_BYTES: usize = 64 * 1024;
/// How much a turn of a stream reduces the confidence.
const STREAM_PENALTY: u32 = 4;
/// The highest confidence: each short wait that ends with answers adds one.
const MAX_CONFIDENCE: u32 = 128;
/// The confidence at which spinning begins.
const START_CONFIDENCE: u32 = 64;
/// The confidence below which it stops.
const STOP_CONFIDENCE: u32 = 16;
/// How much a spin that finds nothing reduces it: one in a hundred on a quiet machine, one in seven on a busy one.
const MISS_PENALTY: u32 = 12;
/// Waits without a spin after that.
const COOLDOWN_WAITS: u32 = 1_000;

/// What a loop has learned from its last waits.
#[derive(Debug)]
pub(crate) struct SpinPolicy {
    /// Whether the machine has another core.
    allowed: bool,
    /// Whether the last wait was short enough.
    in_time: bool,
    bytes: usize,
    reads: u32,
    answers: u32,
    confidence: u32,
    spinning: bool,
    rest: u32,
}

impl SpinPolicy {
    pub fn new(cores: usize) -> Self {
        Self {
            allowed: cores > 1,
            in_time: false,
            bytes: 0,
            reads: 0,
            answers: 0,
            confidence: 0,
            spinning: false,
            rest: 0,
        }
    }

    /// Notes bytes that were read in this turn, and whether their sender was sent something since its last ones.
    pub fn record_read(&mut self, bytes: usize, is_answer: bool) {
        self.bytes += bytes;
        self.reads += 1;
        self.answers += u32::from(is_answer);
    }

    /// Notes bytes that were written in this turn.
    pub fn record_written(&mut self, bytes: usize) {
        self.bytes += bytes;
    }

    /// Before a wait: nanoseconds to spin before sleeping, if at all.
    pub fn begin(&mut self) -> Option<u64> {
        let is_stream = self.bytes > DIALOGUE_BYTES;
        if is_stream {
            self.confidence = self.confidence.saturating_sub(STREAM_PENALTY);
        } else if !self.in_time || self.answers * 2 < self.reads {
            self.confidence = self.confidence.saturating_sub(1);
        } else if self.reads > 0 {
            self.confidence = (self.confidence + 1).min(MAX_CONFIDENCE);
        }
        (self.bytes, self.reads, self.answers) = (0, 0, 0);
        self.rest = self.rest.saturating_sub(1);
        self.spinning = self.confidence
            >= if self.spinning {
                STOP_CONFIDENCE
            } else {
                START_CONFIDENCE
            };
        (self.allowed && self.rest == 0 && self.spinning && !is_stream).then_some(SPIN_NS)
    }

    /// A spin has ended.
    pub fn spin_ended(&mut self, found: bool) {
        self.in_time = found;
        if !found {
            self.confidence = self.confidence.saturating_sub(MISS_PENALTY);
            if self.confidence < STOP_CONFIDENCE {
                self.rest = COOLDOWN_WAITS;
            }
        }
    }

    /// The loop slept for so long, after a spin that found nothing or without one.
    pub fn slept(&mut self, ns: u64) {
        self.in_time = ns <= SHORT_SLEEP_NS;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A turn with one read, and the wait for it.
    fn turn(spin: &mut SpinPolicy, slept_ns: u64, is_answer: bool) -> bool {
        let spins = spin.begin().is_some();
        if spins && slept_ns > SPIN_NS {
            spin.spin_ended(false);
        }
        if spins && slept_ns <= SPIN_NS {
            spin.spin_ended(true);
        } else {
            spin.slept(slept_ns);
        }
        spin.record_read(100, is_answer);
        spins
    }

    fn in_dialogue(cores: usize) -> SpinPolicy {
        let mut spin = SpinPolicy::new(cores);
        for _ in 0..2 * MAX_CONFIDENCE {
            turn(&mut spin, SPIN_NS, true);
        }
        spin
    }

    #[test]
    fn spins_once_short_waits_for_answers_are_usual() {
        let mut spin = SpinPolicy::new(2);
        assert!((0..START_CONFIDENCE).all(|_| !turn(&mut spin, SHORT_SLEEP_NS, true)));
        assert!((0..100).all(|_| turn(&mut spin, SPIN_NS, true)), "and keeps spinning");
    }

    #[test]
    fn stops_soon_when_spins_find_nothing() {
        let mut spin = in_dialogue(2);
        let spins = (0..100).filter(|_| turn(&mut spin, 10 * SHORT_SLEEP_NS, true)).count();
        assert!((5..10).contains(&spins), "{spins}");
    }

    /// Of a thousand waits, each `in_vain`th is a little too long for a spin.
    fn spins_in_a_thousand(in_vain: usize) -> usize {
        let mut spin = in_dialogue(2);
        let wait = |n: usize| {
            if n.is_multiple_of(in_vain) {
                SHORT_SLEEP_NS
            } else {
                SPIN_NS
            }
        };
        (1..=1_000).filter(|&n| turn(&mut spin, wait(n), true)).count()
    }

    #[test]
    fn keeps_spinning_when_few_spins_find_nothing() {
        assert_eq!(spins_in_a_thousand(50), 1_000);
    }

    #[test]
    fn rests_when_many_spins_find_nothing() {
        let spins = spins_in_a_thousand(7);
        assert!((50..200).contains(&spins), "{spins}");
    }

    #[test]
    fn does_not_spin_for_clients_that_do_not_wait() {
        let mut spin = in_dialogue(2);
        let spins = (0..100).filter(|_| turn(&mut spin, SPIN_NS, false)).count();
        assert!(spins <= MAX_CONFIDENCE as usize, "{spins}");
    }

    #[test]
    fn does_not_spin_for_streams() {
        let mut spin = in_dialogue(2);
        spin.record_written(DIALOGUE_BYTES);
        assert!(!turn(&mut spin, SPIN_NS, true), "a stream does not wait");
        assert!(turn(&mut spin, SPIN_NS, true), "one large answer makes no stream");
        for _ in 0..MAX_CONFIDENCE {
            spin.record_read(DIALOGUE_BYTES, true);
            turn(&mut spin, SPIN_NS, true);
        }
        assert!(!turn(&mut spin, SPIN_NS, true));
        assert!(!turn(&mut spin, SPIN_NS, true), "confidence starts at 0 again");
    }

    #[test]
    fn items_of_other_loops_change_nothing() {
        let mut spin = in_dialogue(2);
        for _ in 0..100 {
            spin.spin_ended(true);
            assert!(spin.begin().is_some());
        }
    }

    #[test]
    fn never_spins_on_a_single_core() {
        assert_eq!(in_dialogue(1).begin(), None);
    }
}
