//! Faults that the simulator plants into the store, one at a time, to prove that it finds them.
//!
//! Outside tests and the simulator nothing can be planted: [`Planted`] has no size, and its answer is known at compile
//! time.

/// A fault that the simulator has to find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Entries are acknowledged when they are written, before they are synced.
    AckBeforeSync,
    /// A sync that failed is tried again on the same file.
    SyncRetried,
    /// The name of a new file is not made durable.
    DirectoryNotSynced,
    /// What was written first is acknowledged although something before it is under way.
    AckOutOfOrder,
    /// Recovery ends a log where a frame is damaged, whatever is known to have followed.
    HoleCut,
    /// Recovery takes frames for those of a file whatever file they were made for.
    StaleFrames,
    /// Recovery counts frames that a later file has replaced.
    ReplacedFrames,
    /// Recovery serves entries that only the page cache has.
    TailNotSynced,
    /// Recovery syncs them without writing them once more.
    TailNotWritten,
    /// Recovery takes a torn tail for damage, and counts it.
    TornTailCounted,
}

#[cfg(any(test, fuzzing, feature = "simulation"))]
impl Fault {
    /// All there are.
    pub const ALL: [Self; 10] = [
        Self::AckBeforeSync,
        Self::SyncRetried,
        Self::DirectoryNotSynced,
        Self::AckOutOfOrder,
        Self::HoleCut,
        Self::StaleFrames,
        Self::ReplacedFrames,
        Self::TailNotSynced,
        Self::TailNotWritten,
        Self::TornTailCounted,
    ];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::AckBeforeSync => "ack-before-sync",
            Self::SyncRetried => "sync-retried",
            Self::DirectoryNotSynced => "directory-not-synced",
            Self::AckOutOfOrder => "ack-out-of-order",
            Self::HoleCut => "hole-cut",
            Self::StaleFrames => "stale-frames",
            Self::ReplacedFrames => "replaced-frames",
            Self::TailNotSynced => "tail-not-synced",
            Self::TailNotWritten => "tail-not-written",
            Self::TornTailCounted => "torn-tail-counted",
        }
    }

    /// The fault of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fault| fault.name() == name)
    }
}

/// The fault that is planted, if any.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Planted {
    #[cfg(any(test, fuzzing, feature = "simulation"))]
    fault: Option<Fault>,
}

#[cfg(any(test, fuzzing, feature = "simulation"))]
impl Planted {
    pub fn new(fault: Option<Fault>) -> Self {
        Self { fault }
    }

    /// Whether it is this one.
    pub fn is(self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }
}

#[cfg(not(any(test, fuzzing, feature = "simulation")))]
impl Planted {
    /// Nothing can be planted here.
    #[inline(always)]
    pub fn is(self, _fault: Fault) -> bool {
        false
    }
}
