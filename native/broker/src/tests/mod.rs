//! Whole scenarios in one thread: several loops of one broker, clients without sockets, a clock that the test moves.
//!
//! - `harness` takes the turns and holds the clients' ends; `crate::simulation` has what it shares with the simulator.
//! - `session` is a whole scenario from a string of bytes: what the fuzzer calls.
//! - The rest are tests by theme.

mod harness;
pub mod session;
#[cfg(test)]
mod streams;

#[cfg(test)]
mod account_limits;
#[cfg(test)]
mod accounts;
#[cfg(test)]
mod admission;
#[cfg(test)]
mod backpressure;
#[cfg(test)]
mod buffers;
#[cfg(test)]
mod connect;
#[cfg(test)]
mod endings;
#[cfg(test)]
mod failed_logins;
#[cfg(test)]
mod imports;
#[cfg(test)]
mod interest;
mod interest_feed;
#[cfg(test)]
mod internal;
#[cfg(test)]
mod log;
#[cfg(test)]
mod mappings;
#[cfg(test)]
mod memory;
#[cfg(test)]
mod migration;
#[cfg(test)]
mod monitoring;
#[cfg(test)]
mod msgtrace;
#[cfg(test)]
mod nkeys;
#[cfg(test)]
mod overview;
#[cfg(test)]
mod permissions;
#[cfg(test)]
mod proxies;
#[cfg(test)]
mod proxy;
#[cfg(test)]
mod reload;
#[cfg(test)]
mod removal;
#[cfg(test)]
mod replies;
#[cfg(test)]
mod results;
#[cfg(test)]
mod service_reports;
#[cfg(test)]
mod services;
#[cfg(test)]
mod system;
#[cfg(test)]
mod timers;
