//! Whether a loop with nothing to do keeps looking for a moment before it sleeps.
//!
//! To be woken takes longer than to handle a message, and whoever wakes it pays as well. In a conversation, where clients
//! answer what they were just sent, looking shortens each round and is hardly dearer. It is of no use where clients send
//! without waiting for anybody: the longer a loop sleeps, the more it finds. So a loop looks as long as short waits end
//! with answers.
//!
//! Looking in vain more than now and then tells that others need the core, those among them whose answer is awaited: then
//! it is left to them for a while. On a machine with one core nobody looks.

/// How long a loop looks.
const SPIN_NS: u64 = 30_000;
/// A sleep this short would have been spared: looking is a little shorter, being woken takes a little time.
const SHORT_SLEEP_NS: u64 = 60_000;
/// More than this in one turn is a stream.
const CONVERSATION_BYTES: usize = 64 * 1024;
/// What a turn of a stream takes from the confidence.
const STREAM_PENALTY: u32 = 4;
/// How sure one can be: each wait that went well adds one.
const MAX_CONFIDENCE: u32 = 128;
/// How sure one must be to begin looking.
const START_CONFIDENCE: u32 = 64;
/// How sure one must be to go on.
const STOP_CONFIDENCE: u32 = 16;
/// What looking in vain takes away: on a quiet machine it happens once in a hundred times, on a busy one once in seven.
const MISS_PENALTY: u32 = 12;
/// Waits without another try after trust was lost.
const COOLDOWN_WAITS: u32 = 1_000;

/// A loop's experience with its last waits.
#[derive(Debug)]
pub(crate) struct SpinPolicy {
    /// Whether another core could be working meanwhile.
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

    /// Notes bytes that were read in this turn, and whether their sender had been sent something since it sent its last.
    pub fn record_read(&mut self, bytes: usize, is_answer: bool) {
        self.bytes += bytes;
        self.reads += 1;
        self.answers += u32::from(is_answer);
    }

    /// Notes bytes that were written in this turn.
    pub fn record_written(&mut self, bytes: usize) {
        self.bytes += bytes;
    }

    /// Before a wait: nanoseconds to look before sleeping, if at all.
    pub fn begin(&mut self) -> Option<u64> {
        let is_stream = self.bytes > CONVERSATION_BYTES;
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

    /// What came of looking.
    pub fn spin_ended(&mut self, found: bool) {
        self.in_time = found;
        if !found {
            self.confidence = self.confidence.saturating_sub(MISS_PENALTY);
            if self.confidence < STOP_CONFIDENCE {
                self.rest = COOLDOWN_WAITS;
            }
        }
    }

    /// How long it took until a loop that did not look, or looked in vain, was woken.
    pub fn slept(&mut self, ns: u64) {
        self.in_time = ns <= SHORT_SLEEP_NS;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A turn with one read, and the wait for it.
    fn turn(spin: &mut SpinPolicy, slept_ns: u64, is_answer: bool) -> bool {
        let looks = spin.begin().is_some();
        if looks && slept_ns > SPIN_NS {
            spin.spin_ended(false);
        }
        if looks && slept_ns <= SPIN_NS {
            spin.spin_ended(true);
        } else {
            spin.slept(slept_ns);
        }
        spin.record_read(100, is_answer);
        looks
    }

    fn in_conversation(cores: usize) -> SpinPolicy {
        let mut spin = SpinPolicy::new(cores);
        for _ in 0..2 * MAX_CONFIDENCE {
            turn(&mut spin, SPIN_NS, true);
        }
        spin
    }

    #[test]
    fn looks_once_short_waits_for_answers_have_become_usual() {
        let mut spin = SpinPolicy::new(2);
        assert!((0..START_CONFIDENCE).all(|_| !turn(&mut spin, SHORT_SLEEP_NS, true)));
        assert!((0..100).all(|_| turn(&mut spin, SPIN_NS, true)), "and keeps looking");
    }

    #[test]
    fn gives_up_soon_when_nothing_comes() {
        let mut spin = in_conversation(2);
        let looks = (0..100).filter(|_| turn(&mut spin, 10 * SHORT_SLEEP_NS, true)).count();
        assert!((5..10).contains(&looks), "{looks}");
    }

    /// Of a thousand waits, each `in_vain`th is a little too long to look for.
    fn looks_in_a_thousand(in_vain: usize) -> usize {
        let mut spin = in_conversation(2);
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
    fn keeps_looking_when_it_is_in_vain_now_and_then() {
        assert_eq!(looks_in_a_thousand(50), 1_000);
    }

    #[test]
    fn rests_when_it_is_often_in_vain() {
        let looks = looks_in_a_thousand(7);
        assert!((50..200).contains(&looks), "{looks}");
    }

    #[test]
    fn does_not_look_for_those_who_wait_for_nobody() {
        let mut spin = in_conversation(2);
        let looks = (0..100).filter(|_| turn(&mut spin, SPIN_NS, false)).count();
        assert!(looks <= MAX_CONFIDENCE as usize, "{looks}");
    }

    #[test]
    fn does_not_look_for_streams() {
        let mut spin = in_conversation(2);
        spin.record_written(CONVERSATION_BYTES);
        assert!(!turn(&mut spin, SPIN_NS, true), "nothing to hurry for");
        assert!(turn(&mut spin, SPIN_NS, true), "one large answer makes no stream");
        for _ in 0..MAX_CONFIDENCE {
            spin.record_read(CONVERSATION_BYTES, true);
            turn(&mut spin, SPIN_NS, true);
        }
        assert!(!turn(&mut spin, SPIN_NS, true));
        assert!(!turn(&mut spin, SPIN_NS, true), "experience begins anew");
    }

    #[test]
    fn word_from_other_loops_changes_nothing() {
        let mut spin = in_conversation(2);
        for _ in 0..100 {
            spin.spin_ended(true);
            assert!(spin.begin().is_some());
        }
    }

    #[test]
    fn never_looks_where_nobody_else_could_work_meanwhile() {
        assert_eq!(in_conversation(1).begin(), None);
    }
}
