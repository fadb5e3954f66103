//! Any bytes as a log file: codecs and recovery give entries, damage or an error, and never panic. Bytes that are intact
//! frames are read as such only where they belong.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nt_store::{
    BLOCK, Chain, Disk, DiskError, DiskFile, FileName, FrameHeader, Parsed, Place, Record, Section, StreamId, parse_record,
    recover,
};

const NAME: FileName = FileName {
    number: 1,
    chain: 0,
    id: 2,
};

/// A directory with one log file.
struct OneFile<'a>(&'a [u8]);
struct Open(Vec<u8>);

impl Disk for OneFile<'_> {
    type File = Open;
    type Lock = ();

    fn lock(&self) -> Result<(), DiskError> {
        Ok(())
    }

    fn list(&self) -> Result<Vec<String>, DiskError> {
        Ok(vec![NAME.to_string()])
    }

    fn create(&self, _name: &str, _length: u64) -> Result<Open, DiskError> {
        unreachable!("recovery makes no files")
    }

    fn open(&self, _name: &str) -> Result<Open, DiskError> {
        Ok(Open(self.0.to_vec()))
    }

    fn rename(&self, _from: &str, _to: &str) -> Result<(), DiskError> {
        unreachable!("recovery renames nothing")
    }

    fn remove(&self, _name: &str) -> Result<(), DiskError> {
        unreachable!("recovery removes nothing")
    }

    fn sync_directory(&self) -> Result<(), DiskError> {
        Ok(())
    }
}

impl DiskFile for Open {
    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> Result<usize, DiskError> {
        let rest = self.0.get(offset as usize..).unwrap_or_default();
        let length = rest.len().min(bytes.len());
        bytes[..length].copy_from_slice(&rest[..length]);
        Ok(length)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<(), DiskError> {
        assert_eq!(&self.0[offset as usize..][..bytes.len()], bytes, "recovery changes no byte");
        Ok(())
    }

    fn sync(&self) -> Result<(), DiskError> {
        Ok(())
    }

    fn set_length(&self, _length: u64) -> Result<(), DiskError> {
        unreachable!("recovery cuts nothing")
    }

    fn length(&self) -> Result<u64, DiskError> {
        Ok(self.0.len() as u64)
    }
}

fuzz_target!(|data: &[u8]| {
    let place = Place { file: 2, frame: 1 };
    let _ = parse_record(data, Chain::origin(StreamId(1), 0));
    if let Ok((section, records)) = Section::parse(data, place) {
        let intact = records.filter(|parsed| matches!(parsed, Ok(Parsed::Intact(_)))).count() as u64;
        assert!(intact <= (section.last - section.first).saturating_add(1));
    }
    if let Some(header) = FrameHeader::parse(data, NAME.id, BLOCK as u64) {
        assert_eq!(header.encode(BLOCK as u64), data[..64]);
        let _ = header.directory(data);
    }
    // The first byte says where the frame is put: behind a head, or behind none.
    let Some((first, frame)) = data.split_first() else {
        return;
    };
    let mut file = if first % 2 == 0 { NAME.head(1, &[]) } else { Vec::new() };
    file.resize(BLOCK, 0);
    file.extend_from_slice(frame);
    let mut last = std::collections::BTreeMap::new();
    let mut visitor = |stream: StreamId, _term: u64, record: &Record<'_>| {
        let before = last.insert(stream, record.index);
        assert!(before.is_none_or(|before| before < record.index), "in the order of their indexes");
    };
    let recovered = recover(&OneFile(&file), &mut visitor).expect("nothing fails");
    for (stream, index) in last {
        assert!(recovered.streams[&stream].index >= index);
    }
});
