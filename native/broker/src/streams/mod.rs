//! Streams beside the loops: how messages get into them, and what they send gets out.
//!
//! What: a stream is a member of its account's interest, like a connection. What is delivered to it is staged by stream
//! and handed over while the interest is locked; then the loop that handed it over runs the stream, or leaves that to the
//! loop that runs it right now. So a stream has no thread and no loop of its own, no loop waits for another one, and
//! a lone publisher's message is stored and answered by the loop that read it.
//!
//! Layout: `shared` is a stream as all loops see it, `input` what was delivered to it, `run` stores it and sends the
//! answers, `registry` has the streams of a broker.
//!
//! Promises: messages of one publisher are stored in their order, and so are their answers. When a stream is in the
//! registry, every later message on its subjects gets into it; when it is removed, no later one does.
//!
//! Lock order: a stream's state before the interest of its account. What waits for a stream has a lock of its own, which
//! is locked last. A loop never waits for a stream's state.

mod input;
mod registry;
mod run;
mod shared;

pub(crate) use input::StagedInput;
pub use registry::Streams;
pub(crate) use run::StreamRuns;
pub use shared::SharedStream;
pub(crate) use shared::StreamInlet;
