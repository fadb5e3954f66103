//! A hash of everything a run did, in order. Two runs with the same hash did the same.

/// The hash of the steps so far. Good enough to tell runs apart, not against somebody who looks for collisions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Trace {
    state: u64,
    steps: u64,
    /// Whether each step is printed as well.
    printed: bool,
}

const MULTIPLIER: u64 = 0x9E37_79B9_7F4A_7C15;

impl Trace {
    pub fn new(seed: u64, printed: bool) -> Self {
        Self {
            state: seed,
            steps: 0,
            printed,
        }
    }

    /// Notes one step: what it was, and what belongs to it.
    pub fn note(&mut self, what: &str, numbers: &[u64]) {
        self.steps += 1;
        if self.printed {
            println!("{what} {numbers:?}");
        }
        self.mix_all(what.as_bytes());
        for &number in numbers {
            self.mix(number);
        }
    }

    /// Notes bytes that belong to the last step.
    pub fn mix_bytes(&mut self, bytes: &[u8]) {
        if self.printed {
            println!("  {}", String::from_utf8_lossy(bytes).escape_debug());
        }
        self.mix_all(bytes);
    }

    fn mix_all(&mut self, bytes: &[u8]) {
        self.mix(bytes.len() as u64);
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.mix(u64::from_le_bytes(word));
        }
    }

    fn mix(&mut self, number: u64) {
        self.state = (self.state ^ number).wrapping_mul(MULTIPLIER);
        self.state ^= self.state >> 29;
    }

    pub fn hash(&self) -> u64 {
        self.state
    }

    pub fn steps(&self) -> u64 {
        self.steps
    }
}
