//! The trace of a run, shared by its disk and its driver.

use crate::trace::Trace;
use std::cell::RefCell;
use std::rc::Rc;

#[derive(Clone)]
pub(super) struct SharedTrace(Rc<RefCell<Trace>>);

impl SharedTrace {
    pub fn new(seed: u64, printed: bool) -> Self {
        Self(Rc::new(RefCell::new(Trace::new(seed, printed))))
    }

    pub fn note(&self, what: &str, numbers: &[u64]) {
        self.0.borrow_mut().note(what, numbers);
    }

    pub fn hash(&self) -> u64 {
        self.0.borrow().hash()
    }

    pub fn steps(&self) -> u64 {
        self.0.borrow().steps()
    }
}
