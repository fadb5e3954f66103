//! Damage to files at rest, and what it excuses.

use crate::store::disk::{SECTOR, SimDisk};
use crate::store::trace::SharedTrace;
use nt_broker::simulation::random::Random;
use nt_store::{BLOCK, FRAME_HEADER, FileName, FrameHeader, Head, Section, StreamId};
use std::collections::{BTreeMap, BTreeSet};

/// Log files and their bytes.
pub(super) type Image = BTreeMap<String, Vec<u8>>;

/// Damages something. Gives the files as they were, for [`silent`].
pub(super) fn damage(disk: &SimDisk, random: &mut Random, trace: &SharedTrace) -> Image {
    let before = disk.image();
    let mut after = before.clone();
    for _ in 0..1 + random.below(2) {
        damage_one(&mut after, random);
    }
    for (name, bytes) in &before {
        match after.get(name) {
            Some(damaged) if damaged == bytes => {}
            damaged => {
                let at = |damaged: &Vec<u8>| bytes.iter().zip(damaged).position(|(one, two)| one != two);
                let at = damaged.and_then(at).unwrap_or(usize::MAX);
                trace.note(
                    &format!("damage {name}"),
                    &[at as u64, damaged.map_or(0, Vec::len) as u64],
                );
                disk.damage(name, damaged.cloned());
            }
        }
    }
    before
}

fn damage_one(image: &mut Image, random: &mut Random) {
    let names: Vec<String> = image.keys().cloned().collect();
    let Some(name) = names.get(random.below(names.len().max(1))) else {
        return;
    };
    let other = image[&names[random.below(names.len())]].clone();
    let Some(bytes) = image.get_mut(name) else {
        return;
    };
    let used = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    if used == 0 {
        return;
    }
    let at = random.below(used);
    let block = at / BLOCK * BLOCK..(at / BLOCK * BLOCK + BLOCK).min(bytes.len());
    match random.below(100) {
        0..40 => bytes[at] ^= 1 << random.below(8),
        40..55 => {
            let sector = at / SECTOR * SECTOR..(at / SECTOR * SECTOR + SECTOR).min(bytes.len());
            bytes[sector].fill(0);
        }
        55..65 => bytes[block].fill(0),
        65..80 => {
            let with = random.below(used) / BLOCK * BLOCK;
            let one: Vec<u8> = bytes[block.clone()].to_vec();
            let two: Vec<u8> = bytes[with..(with + one.len()).min(bytes.len())].to_vec();
            bytes[block.start..block.start + two.len()].copy_from_slice(&two);
            bytes[with..with + two.len()].copy_from_slice(&one[..two.len()]);
        }
        80..90 => {
            if let Some(foreign) = other.get(block.clone()) {
                bytes[block].copy_from_slice(foreign);
            }
        }
        90..97 => bytes.truncate(at),
        _ => {
            image.remove(name);
        }
    }
}

/// Where an entry is: the chain and the number of the frame.
type Holder = (u32, u64);

/// The entries of which nothing that is left says that they were durable.
pub(super) fn silent(before: &Image, after: &Image) -> BTreeSet<(StreamId, u64)> {
    let durable = durable(after);
    let is_silent = |(chain, frame): &Holder| *frame > durable.get(chain).copied().unwrap_or(0);
    let holders = holders(before);
    let silent = holders.into_iter().filter(|(_, holders)| holders.iter().all(is_silent));
    silent.map(|(entry, _)| entry).collect()
}

/// How far what is left says that each chain was durable.
fn durable(image: &Image) -> BTreeMap<u32, u64> {
    let mut durable: BTreeMap<u32, u64> = BTreeMap::new();
    frames(image, |name, _, header| {
        let chain = durable.entry(name.chain).or_default();
        *chain = header.durable.max(*chain);
    });
    durable
}

fn holders(image: &Image) -> BTreeMap<(StreamId, u64), Vec<Holder>> {
    let mut holders: BTreeMap<(StreamId, u64), Vec<Holder>> = BTreeMap::new();
    let replaced = replaced(image);
    frames(image, |name, bytes, header| {
        if header.place.frame >= replaced[&name.number] {
            return;
        }
        let mut at = FRAME_HEADER;
        for _ in 0..header.sections {
            let Some(Ok((section, _))) = bytes.get(at..).map(|rest| Section::parse(rest, header.place)) else {
                return;
            };
            at += section.length_in_frame();
            for index in section.first..=section.last {
                let place = (name.chain, header.place.frame);
                holders.entry((section.stream, index)).or_default().push(place);
            }
        }
    });
    holders
}

/// By the number of a file, from which frame on its frames do not count.
fn replaced(image: &Image) -> BTreeMap<u64, u64> {
    let mut ends: BTreeMap<u32, u64> = BTreeMap::new();
    let mut replaced = BTreeMap::new();
    for (name, bytes) in image.iter().rev() {
        let Some(name) = FileName::parse(name) else {
            continue;
        };
        let end = ends.entry(name.chain).or_insert(u64::MAX);
        replaced.insert(name.number, *end);
        if let Head::Written { first, .. } = name.read_head(bytes) {
            *end = first.min(*end);
        }
    }
    replaced
}

fn frames(image: &Image, mut each: impl FnMut(FileName, &[u8], FrameHeader)) {
    for (name, bytes) in image {
        let Some(name) = FileName::parse(name) else {
            continue;
        };
        for at in (0..bytes.len()).step_by(BLOCK) {
            let rest = &bytes[at..];
            if let Some(header) = FrameHeader::parse(rest, name.id, at as u64) {
                each(name, rest, header);
            }
        }
    }
}
