//! Reads the frames that count, verifies them, and has their entries given to the visitor.

use crate::disk::DiskFile;
use crate::faults::{Fault, Planted};
use crate::frame::{FRAME_HEADER, Listed};
use crate::log::ChainEnd;
use crate::record::Parsed;
use crate::recovery::Recovered;
use crate::recovery::plan::{Plan, Step, plan};
use crate::recovery::report::{Cut, Damage, Lost, Report};
use crate::recovery::scan::{Found, Scanned};
use crate::recovery::streams::{Streams, Visitor};
use crate::section::{Place, Records, SECTION_HEADER, Section};
use std::collections::{BTreeMap, BTreeSet};

/// A frame that counts, and of which nothing says that it is durable.
pub(super) struct Unproven {
    pub file: usize,
    pub offset: u64,
    pub length: u32,
}

pub(super) struct Delivery<'f, 'v, F> {
    files: &'f [Scanned<F>],
    plan: Plan,
    streams: Streams<'v>,
    report: Report,
    ends: BTreeMap<u32, ChainEnd>,
    /// Chains that ended before their last frame.
    cut: BTreeSet<u32>,
    /// Frames that may be in the page cache only.
    unproven: Vec<Unproven>,
    planted: Planted,
}

impl<'f, 'v, F: DiskFile> Delivery<'f, 'v, F> {
    pub fn new(files: &'f [Scanned<F>], visitor: &'v mut dyn Visitor, planted: Planted) -> Self {
        let mut plan = plan(files, planted.is(Fault::ReplacedFrames));
        if planted.is(Fault::HoleCut) {
            plan.chains.values_mut().for_each(|chain| chain.durable = 0);
        }
        Self {
            files,
            plan,
            streams: Streams::new(visitor, planted),
            report: Report::default(),
            ends: BTreeMap::new(),
            cut: BTreeSet::new(),
            unproven: Vec::new(),
            planted,
        }
    }

    pub fn run(&mut self) {
        for (index, file) in self.files.iter().enumerate() {
            if file.is_head_damaged {
                self.damage(index, 0, Vec::new(), false);
            }
            if let Some(offset) = file.unreadable {
                self.damage(index, offset, Vec::new(), true);
            }
        }
        for step in std::mem::take(&mut self.plan.steps) {
            if self.cut.contains(&step.chain) {
                continue;
            }
            match step.frame {
                Some(found) => self.frame(step, found),
                None => self.lost_frames(step),
            }
        }
    }

    /// What was found, and the frames that have to be made durable.
    pub fn finish(self) -> (Recovered, Vec<Unproven>) {
        let recovered = Recovered {
            streams: self.streams.into_ends(),
            chains: self.ends,
            next_file: 1,
            report: self.report,
        };
        (recovered, self.unproven)
    }

    fn is_durable(&self, step: &Step) -> bool {
        self.plan
            .chains
            .get(&step.chain)
            .is_some_and(|chain| step.number <= chain.durable)
    }

    fn frame(&mut self, step: Step, found: Found) {
        let bytes = self.files[step.file].read(found.offset, found.header.length);
        let sections = sections(&bytes, found);
        let is_whole = sections.as_ref().is_some_and(|sections| self.is_intact(sections));
        let has_directory = found.header.directory(&bytes).is_some();
        if !self.is_durable(&step) {
            if !is_whole || !has_directory {
                self.end(step, found.offset);
                return;
            }
            self.unproven.push(Unproven {
                file: step.file,
                offset: found.offset,
                length: found.header.length,
            });
        }
        let mut lost = Vec::new();
        match sections {
            Some(sections) => {
                for (section, records, _) in &sections {
                    lost.extend(self.streams.section(section, records.clone()));
                }
                self.advance(&step, sections.iter().map(|(_, _, listed)| *listed).collect());
            }
            None => return self.broken_frame(step, found, &bytes),
        }
        if !is_whole || !has_directory || !lost.is_empty() {
            self.damage(step.file, found.offset, lost, false);
        }
    }

    fn is_intact(&self, sections: &[Read<'_>]) -> bool {
        self.planted.is(Fault::TornTailCounted)
            || sections.iter().all(|(section, records, _)| {
                let count = records
                    .clone()
                    .filter(|parsed| matches!(parsed, Ok(Parsed::Intact(_))))
                    .count();
                count as u64 == (section.last - section.first).saturating_add(1)
            })
    }

    /// The chain ends before this frame.
    fn end(&mut self, step: Step, offset: u64) {
        self.cut.insert(step.chain);
        self.report.cuts.push(Cut {
            file: self.files[step.file].name.to_string(),
            offset,
        });
    }

    fn advance(&mut self, step: &Step, directory: Vec<Listed>) {
        let frame = step.last;
        let files = self.plan.chains.get(&step.chain).map(|chain| chain.files.clone());
        let files = files.unwrap_or_default();
        let end = ChainEnd {
            frame,
            directory,
            files,
        };
        self.ends.insert(step.chain, end);
    }

    fn damage(&mut self, file: usize, offset: u64, lost: Vec<Lost>, may_be_more: bool) {
        self.report.damages.push(Damage {
            file: self
                .files
                .get(file)
                .map(|file| file.name.to_string())
                .unwrap_or_default(),
            offset,
            lost,
            may_be_more,
        });
    }

    /// A frame in which the headers of sections are damaged: what they were is known from its directory, or as far as
    /// they are intact.
    fn broken_frame(&mut self, step: Step, found: Found, bytes: &[u8]) {
        if let Some(directory) = self.directory(step.chain, step.number) {
            let lost = self.listed(step.file, step.number, &directory);
            self.damage(step.file, found.offset, lost, false);
            return self.advance(&step, directory);
        }
        let mut lost = Vec::new();
        for (section, records, _) in walk(bytes, found) {
            lost.extend(self.streams.section(&section, records));
        }
        self.damage(step.file, found.offset, lost, true);
        self.advance(&step, Vec::new());
    }

    /// Frames whose headers are gone. What their directories list may still be there.
    fn lost_frames(&mut self, step: Step) {
        let listed = self
            .plan
            .chains
            .get(&step.chain)
            .map(|chain| chain.listed(step.number, step.last));
        let mut known = 0;
        let mut last = Vec::new();
        for number in listed.unwrap_or_default() {
            let Some(directory) = self.directory(step.chain, number) else {
                continue;
            };
            let lost = self.listed(step.file, number, &directory);
            let offset = directory
                .first()
                .map_or(0, |listed| listed.offset.saturating_sub(FRAME_HEADER as u64));
            self.damage(step.file, offset, lost, false);
            known += 1;
            last = if number == step.last { directory } else { Vec::new() };
        }
        if known < step.last - step.number + 1 {
            self.damage(step.file, 0, Vec::new(), true);
        }
        self.advance(&step, last);
    }

    fn directory(&self, chain: u32, number: u64) -> Option<Vec<Listed>> {
        self.plan.chains.get(&chain)?.directory(self.files, number)
    }

    /// Reads sections where a directory says they are. Says what is lost.
    fn listed(&mut self, file: usize, frame: u64, directory: &[Listed]) -> Vec<Lost> {
        let Some(scanned) = self.files.get(file) else {
            return directory
                .iter()
                .flat_map(|listed| self.streams.missing(listed))
                .collect();
        };
        let place = Place {
            file: scanned.name.id,
            frame,
        };
        let mut lost = Vec::new();
        for listed in directory {
            let bytes = scanned.read(listed.offset, listed.length);
            lost.extend(match Section::parse(&bytes, place) {
                Ok((section, records)) if is_the_listed(&section, listed) => self.streams.section(&section, records),
                _ => self.streams.missing(listed),
            });
        }
        lost
    }
}

fn is_the_listed(section: &Section, listed: &Listed) -> bool {
    (section.stream, section.first, section.last) == (listed.stream, listed.first, listed.last)
}

type Read<'a> = (Section, Records<'a>, Listed);

/// All sections of a frame, if all their headers are intact.
fn sections(bytes: &[u8], found: Found) -> Option<Vec<Read<'_>>> {
    let sections = walk(bytes, found);
    (sections.len() == found.header.sections as usize).then_some(sections)
}

/// The sections of a frame up to the first whose header is damaged.
fn walk(bytes: &[u8], found: Found) -> Vec<Read<'_>> {
    let mut sections = Vec::new();
    let mut at = FRAME_HEADER;
    let end = found.header.sections_end().min(bytes.len());
    while at + SECTION_HEADER <= end {
        let Ok((section, records)) = Section::parse(&bytes[at..end], found.header.place) else {
            break;
        };
        let length = section.length_in_frame();
        let listed = Listed {
            stream: section.stream,
            first: section.first,
            last: section.last,
            first_sequence: section.first_sequence,
            last_sequence: section.last_sequence,
            offset: found.offset + at as u64,
            length: length as u32,
        };
        sections.push((section, records, listed));
        at += length;
    }
    sections
}
