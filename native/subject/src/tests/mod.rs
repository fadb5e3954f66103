//! Tests of the crate as a whole: facts one by one, properties against the slow twin, and use from several threads.

mod concurrent;
mod facts;
mod naive;
mod prop;
