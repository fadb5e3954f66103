//! Tests of the crate as a whole: single cases, properties compared with a naive implementation, and several threads.

mod concurrent;
mod facts;
mod naive;
mod prop;
mod subject_map;
