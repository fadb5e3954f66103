//! Deletes and purges.

use super::Stream;
use crate::errors::{Refusal, SEQUENCE_NOT_FOUND, STREAM_SEALED};

/// What a purge removes (GET-15).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Purge {
    /// Only messages on subjects that match; empty: all.
    pub filter: Vec<u8>,
    /// Only messages below this sequence; 0: no bound.
    pub below: u64,
    /// How many of the newest stay; 0: none.
    pub keep: u64,
}

impl Stream {
    /// Removes a message.
    pub fn delete(&mut self, sequence: u64) -> Result<(), Refusal> {
        if self.config.sealed {
            return Err(STREAM_SEALED.into());
        }
        match self.contents.remove(sequence) {
            Some(_) => Ok(()),
            None => Err(SEQUENCE_NOT_FOUND.with(sequence)),
        }
    }

    /// Removes messages; how many.
    pub fn purge(&mut self, purge: &Purge) -> Result<u64, Refusal> {
        if self.config.sealed {
            return Err(STREAM_SEALED.into());
        }
        let is_all = purge.filter.is_empty() || purge.filter == b">";
        if is_all && purge.below == 0 && purge.keep == 0 {
            return Ok(self.contents.clear());
        }
        let chosen = if is_all {
            self.chosen_of_all(purge)
        } else {
            self.chosen_by_filter(purge)
        };
        let removed = chosen.into_iter().filter_map(|sequence| self.contents.remove(sequence));
        Ok(removed.count() as u64)
    }

    fn chosen_of_all(&self, purge: &Purge) -> Vec<u64> {
        let end = if purge.below > 0 { purge.below } else { u64::MAX };
        let mut chosen = self.sequences_below(end);
        let kept = usize::try_from(purge.keep).unwrap_or(usize::MAX);
        chosen.truncate(chosen.len().saturating_sub(kept));
        chosen
    }

    fn chosen_by_filter(&mut self, purge: &Purge) -> Vec<u64> {
        let subjects = self.contents.matching(&purge.filter);
        let mut chosen: Vec<u64> = subjects
            .iter()
            .flat_map(|(subject, _)| self.contents.sequences_of(subject))
            .filter(|&sequence| purge.below == 0 || sequence < purge.below)
            .collect();
        chosen.sort_unstable();
        let kept = usize::try_from(purge.keep).unwrap_or(usize::MAX);
        chosen.truncate(chosen.len().saturating_sub(kept));
        chosen
    }
}
