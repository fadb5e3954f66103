//! Faults that the simulator plants into the core, one at a time, to prove that it finds them.
//!
//! Outside tests and the simulator nothing can be planted: [`Planted`] has no size, and its answer is known at compile
//! time.

/// A fault that the simulator has to find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A PONG is sent although the inbox has messages that came before it.
    PongBeforeInbox,
    /// Bytes that were read are parsed although the inbox has messages that came before them.
    ReadBeforeInbox,
    #[cfg(any(test, fuzzing, feature = "simulation"))]
    /// A loop that sleeps is not woken. Planted by the simulator's own wake-ups.
    LostWakeUp,
    #[cfg(any(test, fuzzing, feature = "simulation"))]
    /// Half the loops confirm a reload that they have not applied. Planted by the simulator's own loops.
    HalfReload,
}

#[cfg(any(test, fuzzing, feature = "simulation"))]
impl Fault {
    /// All there are.
    pub const ALL: [Self; 4] = [
        Self::PongBeforeInbox,
        Self::ReadBeforeInbox,
        Self::LostWakeUp,
        Self::HalfReload,
    ];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::PongBeforeInbox => "pong-before-inbox",
            Self::ReadBeforeInbox => "read-before-inbox",
            Self::LostWakeUp => "lost-wake-up",
            Self::HalfReload => "half-reload",
        }
    }

    /// The fault of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fault| fault.name() == name)
    }
}

/// The fault that is planted in a shard, if any.
#[derive(Debug, Default)]
pub(crate) struct Planted {
    #[cfg(any(test, fuzzing, feature = "simulation"))]
    fault: Option<Fault>,
}

#[cfg(any(test, fuzzing, feature = "simulation"))]
impl Planted {
    pub fn plant(&mut self, fault: Fault) {
        self.fault = Some(fault);
    }

    /// Whether it is this one.
    pub fn is(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }
}

#[cfg(not(any(test, fuzzing, feature = "simulation")))]
impl Planted {
    /// Nothing can be planted here.
    #[inline(always)]
    pub fn is(&self, _fault: Fault) -> bool {
        false
    }
}
