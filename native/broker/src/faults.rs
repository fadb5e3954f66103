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
    /// A cached result of one account, or of other rules, is used for another one.
    SharedResults,
    /// A response goes to the account that answers instead of the one that asks.
    ResponseToExporter,
    /// A request whose time is over may still be answered.
    LateAnswers,
    /// Copies of subscriptions ignore what their user may not receive.
    UncheckedCopies,
    /// A reload changes everything but the stream imports.
    OldImports,
    /// What a message finds in another account is of the plan in force, whatever plan its publisher holds.
    MixedPlans,
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
    pub const ALL: [Self; 10] = [
        Self::PongBeforeInbox,
        Self::ReadBeforeInbox,
        Self::SharedResults,
        Self::ResponseToExporter,
        Self::LateAnswers,
        Self::UncheckedCopies,
        Self::OldImports,
        Self::MixedPlans,
        Self::LostWakeUp,
        Self::HalfReload,
    ];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::PongBeforeInbox => "pong-before-inbox",
            Self::ReadBeforeInbox => "read-before-inbox",
            Self::SharedResults => "shared-results",
            Self::ResponseToExporter => "response-to-exporter",
            Self::LateAnswers => "late-answers",
            Self::UncheckedCopies => "unchecked-copies",
            Self::OldImports => "old-imports",
            Self::MixedPlans => "mixed-plans",
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
