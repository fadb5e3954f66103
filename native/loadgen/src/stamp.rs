//! The stamp in a payload: the sender, the sequence number and the send time.
//!
//! Layout, little endian: sequence (4 bytes), sender and mark (4 bytes), send time (8 bytes). The mark differs from run
//! to run; its lowest bit says that the message belongs to the measured part. Payloads of 8 to 15 bytes have no room
//! for the time, shorter ones have no stamp.

/// Bytes of a whole stamp.
pub const STAMP: usize = 16;
/// Bytes of a stamp without its time.
pub const IDENTITY: usize = 8;

/// Who and which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// The sequence number, which wraps.
    pub sequence: u32,
    /// Index among the senders of the run.
    pub sender: u16,
    /// The run and its part, see [`Mark`].
    pub mark: Mark,
    /// Nanoseconds on the run's clock; `None` if there is no room for it.
    pub time: Option<u64>,
}

/// 15 bits that name a run, and one that says whether the message is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark(u16);

impl Mark {
    /// The mark for the warm-up of a run.
    pub fn of_run(random: u64) -> Self {
        Self((random as u16) & !1)
    }

    /// The mark for the same run and the given part.
    pub fn measured(self, measured: bool) -> Self {
        Self((self.0 & !1) | u16::from(measured))
    }

    /// Whether the message belongs to the measured part.
    #[inline]
    pub fn is_measured(self) -> bool {
        self.0 & 1 != 0
    }

    /// Whether both are of the same run.
    #[inline]
    pub fn same_run(self, other: Self) -> bool {
        (self.0 ^ other.0) & !1 == 0
    }
}

impl Stamp {
    /// Writes as much of the stamp as there is room for.
    #[inline]
    pub fn write(self, payload: &mut [u8]) {
        let identity = u64::from(self.sequence) | u64::from(self.sender) << 32 | u64::from(self.mark.0) << 48;
        if let Some(room) = payload.first_chunk_mut::<STAMP>() {
            let time = self.time.unwrap_or(0);
            *room = (u128::from(identity) | u128::from(time) << 64).to_le_bytes();
        } else if let Some(room) = payload.first_chunk_mut::<IDENTITY>() {
            *room = identity.to_le_bytes();
        }
    }

    /// Reads the stamp; `None` if the payload is too short for one.
    #[inline]
    pub fn read(payload: &[u8]) -> Option<Self> {
        let identity = u64::from_le_bytes(*payload.first_chunk::<IDENTITY>()?);
        let time = payload
            .first_chunk::<STAMP>()
            .map(|bytes| (u128::from_le_bytes(*bytes) >> 64) as u64);
        Some(Self {
            sequence: identity as u32,
            sender: (identity >> 32) as u16,
            mark: Mark((identity >> 48) as u16),
            time,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn reads_back_what_fits(sequence: u32, sender: u16, run: u64, measured: bool, time: u64, size in 0usize..64) {
            let mark = Mark::of_run(run).measured(measured);
            let stamp = Stamp { sequence, sender, mark, time: Some(time) };
            let mut payload = vec![b'x'; size];
            stamp.write(&mut payload);
            let read = Stamp::read(&payload);
            match size {
                0..IDENTITY => prop_assert_eq!(read, None),
                IDENTITY..STAMP => prop_assert_eq!(read, Some(Stamp { time: None, ..stamp })),
                _ => prop_assert_eq!(read, Some(stamp)),
            }
            let used = if size >= STAMP { STAMP } else if size >= IDENTITY { IDENTITY } else { 0 };
            prop_assert!(payload[used..].iter().all(|b| *b == b'x'), "nothing behind the stamp is touched");
            prop_assert!(mark.same_run(Mark::of_run(run)));
            prop_assert_eq!(mark.is_measured(), measured);
        }
    }
}
