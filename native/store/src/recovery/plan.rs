//! Which frames of the log files count.
//!
//! A frame counts in the newest file that has its number. A frame that is not there was durable if a later frame, or a
//! mark, says so; then it is lost. Otherwise its chain ends before it.

use crate::frame::Listed;
use crate::head::FirstFrame;
use crate::recovery::scan::{Found, Scanned};
use std::collections::BTreeMap;

/// A frame that counts, or some that are lost.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    /// The index of its file among the scanned ones.
    pub file: usize,
    pub chain: u32,
    /// The first number, and the last.
    pub number: u64,
    pub last: u64,
    /// Where it is. `None` if it is lost.
    pub frame: Option<Found>,
}

/// What is known of a chain of files.
#[derive(Debug, Default)]
pub(super) struct Chain {
    /// All frames up to this number were durable.
    pub durable: u64,
    /// The first frames of its files.
    pub files: Vec<FirstFrame>,
    /// Where the directory of a frame is, by the number of that frame: in which file, and in which frame there.
    directories: BTreeMap<u64, Vec<(usize, Found)>>,
}

impl Chain {
    /// Which of these frames have a directory somewhere.
    pub fn listed(&self, first: u64, last: u64) -> Vec<u64> {
        self.directories
            .range(first..=last)
            .map(|(number, _)| *number)
            .collect()
    }

    /// The sections of a frame, if its directory is intact.
    pub fn directory<F: crate::DiskFile>(&self, files: &[Scanned<F>], number: u64) -> Option<Vec<Listed>> {
        let mut carriers = self.directories.get(&number)?.iter();
        carriers.find_map(|(file, found)| {
            let bytes = files.get(*file)?.read(found.offset, found.header.length);
            found.header.directory(&bytes)
        })
    }
}

/// The chains, and the frames that count in the order of their files.
pub(super) struct Plan {
    pub chains: BTreeMap<u32, Chain>,
    pub steps: Vec<Step>,
}

/// Looks at all files, which are in the order of their numbers.
pub(super) fn plan<F>(files: &[Scanned<F>], counts_replaced: bool) -> Plan {
    let mut by_chain: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (index, file) in files.iter().enumerate() {
        by_chain.entry(file.name.chain).or_default().push(index);
    }
    let mut plan = Plan {
        chains: BTreeMap::new(),
        steps: Vec::new(),
    };
    for (number, members) in by_chain {
        let ranges = ranges(files, &members, counts_replaced);
        let mut chain = chain(files, &ranges);
        let firsts = firsts(files, &members).into_iter();
        chain.files = firsts.map(|(file, first)| FirstFrame { file, first }).collect();
        plan.steps.extend(steps(files, &ranges, number, chain.durable));
        plan.chains.insert(number, chain);
    }
    plan.steps.sort_by_key(|step| (step.file, step.number));
    plan
}

/// The numbers of the frames that count in a file.
struct Range {
    file: usize,
    first: u64,
    /// The first that does not count.
    end: u64,
    /// The first of the next file that is there.
    next: u64,
}

fn ranges<F>(files: &[Scanned<F>], members: &[usize], counts_replaced: bool) -> Vec<Range> {
    let firsts = firsts(files, members);
    let mut ranges = Vec::new();
    for &file in members {
        let number = files[file].name.number;
        let later = firsts.range(number.saturating_add(1)..).map(|(_, first)| *first);
        let end = later.min().filter(|_| !counts_replaced).unwrap_or(u64::MAX);
        let first = firsts.get(&number).copied();
        let next = u64::MAX;
        ranges.extend(first.map(|first| Range { file, first, end, next }));
    }
    let mut next = u64::MAX;
    for range in ranges.iter_mut().rev() {
        range.next = next;
        next = next.min(range.first);
    }
    ranges
}

/// The first frames of all files of a chain, by the numbers of the files: also of files that are gone.
fn firsts<F>(files: &[Scanned<F>], members: &[usize]) -> BTreeMap<u64, u64> {
    let members = members.iter().map(|&file| &files[file]);
    let told = members
        .clone()
        .flat_map(|file| file.earlier.iter().map(|earlier| (earlier.file, earlier.first)));
    let own = members.filter_map(|file| file.first.map(|first| (file.name.number, first)));
    told.chain(own).collect()
}

fn chain<F>(files: &[Scanned<F>], ranges: &[Range]) -> Chain {
    let mut chain = Chain::default();
    for Range { file, first, end, .. } in ranges {
        for &found in &files[*file].frames {
            let number = found.header.place.frame;
            chain.durable = chain.durable.max(found.header.durable);
            let (of, counts) = match found.header.is_mark() {
                // A mark may begin a file.
                true => (number, number + 1 >= *first && number < *end),
                false => (number - 1, number >= *first && number < *end),
            };
            if counts {
                chain.directories.entry(of).or_default().push((*file, found));
            }
        }
    }
    chain
}

fn steps<F>(files: &[Scanned<F>], ranges: &[Range], chain: u32, durable: u64) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut expected = 1;
    let lost = |first: u64, last: u64| lost(ranges, chain, first, last);
    'files: for Range { file, first, end, .. } in ranges {
        for &found in &files[*file].frames {
            let number = found.header.place.frame;
            if found.header.is_mark() || number < *first || number >= *end || number < expected {
                continue;
            }
            steps.extend(lost(expected, durable.min(number - 1)));
            if number > expected.max(durable + 1) {
                break 'files;
            }
            steps.push(Step {
                file: *file,
                chain,
                number,
                last: number,
                frame: Some(found),
            });
            expected = number + 1;
        }
    }
    let next = steps.last().map_or(expected, |step| step.last + 1);
    steps.extend(lost(next, durable));
    steps
}

/// These frames, by the files in which they were, or behind which.
fn lost(ranges: &[Range], chain: u32, first: u64, last: u64) -> impl Iterator<Item = Step> {
    ranges.iter().enumerate().filter_map(move |(number, range)| {
        // What was before the first file was in one that is gone.
        let begin = if number == 0 { 1 } else { range.first };
        let (first, last) = (first.max(begin), last.min(range.next.saturating_sub(1)));
        (first <= last).then_some(Step {
            file: range.file,
            chain,
            number: first,
            last,
            frame: None,
        })
    })
}
