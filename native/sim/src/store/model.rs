//! What must hold of a store: a vector for each stream, and what was acknowledged of it.

use nt_store::{Recovered, StreamId};
use std::collections::{BTreeMap, BTreeSet};

/// What recovery gave to its visitor: indexes and numbers of entries, by stream.
pub(super) type Visited = BTreeMap<StreamId, Vec<(u64, u64)>>;

/// Which losses the damage that was done excuses.
#[derive(Debug, Default)]
pub(super) struct Excuses {
    /// Something was damaged in this run.
    pub is_damaged: bool,
    /// Entries of which nothing that is left says that they were durable.
    pub silent: BTreeSet<(StreamId, u64)>,
}

#[derive(Debug, Default)]
struct Stream {
    /// Every entry that ever had an index.
    versions: BTreeMap<u64, BTreeSet<u64>>,
    /// The entries that have one now.
    decided: Vec<u64>,
    committed: u64,
    /// Entries that were reported lost before.
    lost: BTreeSet<u64>,
}

#[derive(Debug, Default)]
pub(super) struct Model {
    streams: BTreeMap<StreamId, Stream>,
}

impl Model {
    pub fn appended(&mut self, stream: StreamId, index: u64, number: u64) -> Result<(), String> {
        let stream = self.streams.entry(stream).or_default();
        stream.decided.push(number);
        stream.versions.entry(index).or_default().insert(number);
        match stream.decided.len() as u64 == index {
            true => Ok(()),
            false => Err(format!("an entry got index {index}, not {}", stream.decided.len())),
        }
    }

    pub fn committed(&mut self, id: StreamId, index: u64) -> Result<(), String> {
        let stream = self.streams.entry(id).or_default();
        if index <= stream.committed || index > stream.decided.len() as u64 {
            let (from, to) = (stream.committed, stream.decided.len());
            return Err(format!(
                "{id:?} is committed up to {index}, which is not in {from}..={to}"
            ));
        }
        stream.committed = index;
        Ok(())
    }

    pub fn withdrawn(&mut self, stream: StreamId, first: u64) -> Result<(), String> {
        let stream = self.streams.entry(stream).or_default();
        if first <= stream.committed {
            return Err(format!("index {first} is withdrawn, and was acknowledged"));
        }
        stream.decided.truncate(first as usize - 1);
        Ok(())
    }

    pub fn is_all_committed(&self) -> bool {
        self.streams
            .values()
            .all(|stream| stream.committed == stream.decided.len() as u64)
    }

    /// Compares what recovery found. From then on that is what is acknowledged. `Ok(false)`: the loss was such that
    /// nothing more can be said.
    pub fn recovered(&mut self, visited: &Visited, recovered: &Recovered, excuses: &Excuses) -> Result<bool, String> {
        let report = &recovered.report;
        if !excuses.is_damaged && !report.damages.is_empty() {
            return Err(format!("nothing was damaged, and reported is {:?}", report.damages));
        }
        let mut lost: BTreeSet<(StreamId, u64)> = BTreeSet::new();
        for one in report.damages.iter().flat_map(|damage| &damage.lost) {
            if one.last - one.first > 1_000_000 {
                return Err(format!("{one:?} is more than was ever written"));
            }
            lost.extend((one.first..=one.last).map(|index| (one.stream, index)));
        }
        let is_vague = report.damages.iter().any(|damage| damage.may_be_more);
        let mut goes_on = true;
        for (id, stream) in &mut self.streams {
            let nothing = Vec::new();
            let found = visited.get(id).unwrap_or(&nothing);
            let end = recovered.streams.get(id).map_or(0, |end| end.index);
            stream.check_found(*id, found, excuses)?;
            let found: BTreeMap<u64, u64> = found.iter().copied().collect();
            for index in 1..=stream.committed {
                let is_lost = lost.contains(&(*id, index)) || stream.lost.contains(&index);
                let is_known = found.contains_key(&index) || is_lost;
                let is_excused = excuses.silent.contains(&(*id, index)) || (is_vague && index > end);
                if !is_known && !is_excused {
                    return Err(format!(
                        "{id:?} had entry {index} acknowledged; it is neither there nor reported lost"
                    ));
                }
            }
            goes_on &= end >= stream.committed;
            stream
                .lost
                .extend(lost.iter().filter(|(of, _)| of == id).map(|(_, index)| *index));
            stream.go_on(end, &found);
        }
        if let Some(stream) = visited.keys().find(|id| !self.streams.contains_key(id)) {
            return Err(format!("{stream:?} never was"));
        }
        Ok(goes_on)
    }
}

impl Stream {
    fn check_found(&self, id: StreamId, found: &[(u64, u64)], excuses: &Excuses) -> Result<(), String> {
        if let Some(pair) = found.windows(2).find(|pair| pair[0].0 >= pair[1].0) {
            return Err(format!("{id:?}: index {} comes behind {}", pair[1].0, pair[0].0));
        }
        for (index, number) in found {
            if !self
                .versions
                .get(index)
                .is_some_and(|versions| versions.contains(number))
            {
                return Err(format!(
                    "{id:?} has entry {number} at {index}, which was never written there"
                ));
            }
            let is_acknowledged = *index <= self.committed && !excuses.silent.contains(&(id, *index));
            if is_acknowledged && self.decided[*index as usize - 1] != *number {
                return Err(format!(
                    "{id:?} has entry {number} at {index}, where another one was acknowledged"
                ));
            }
        }
        Ok(())
    }

    /// What was found is what there is.
    fn go_on(&mut self, end: u64, found: &BTreeMap<u64, u64>) {
        self.decided.resize(end as usize, 0);
        for (index, number) in found.range(..=end) {
            self.decided[*index as usize - 1] = *number;
        }
        self.lost.retain(|index| *index <= end);
        self.committed = end;
    }
}
