//! Entries by number: a value, and the text of the subject. A removed entry keeps its text until it is freed.
//!
//! Values are in chunks that never move. Texts are in chunks, too, each behind its length and the number of its entry; so
//! a chunk that is mostly unused can be emptied into the newest one.

/// Values in a chunk.
const CHUNK_ENTRIES: usize = 512;
/// Bytes of a chunk of texts; a longer text has a chunk of its own.
const CHUNK_BYTES: usize = 1 << 15;
/// The number and the length in front of each text.
const HEAD_BYTES: usize = size_of::<u32>() + size_of::<u16>();
/// The number in front of a text that no entry has any more.
const NO_ENTRY: u32 = u32::MAX;

#[derive(Debug)]
pub(super) struct Entries<V> {
    chunks: Vec<Vec<Entry<V>>>,
    /// Numbers to use again.
    free: Vec<u32>,
    texts: Vec<TextChunk>,
    /// Chunks of texts to use again.
    free_texts: Vec<u32>,
    /// The chunk of texts that is being filled.
    filling: Option<u32>,
}

#[derive(Debug)]
struct Entry<V> {
    value: V,
    place: Place,
    length: u16,
}

/// Where a text starts, and whether its entry was removed.
#[derive(Debug, Clone, Copy)]
struct Place {
    chunk: u32,
    start: u16,
}

impl Place {
    const REMOVED: u32 = 1 << 31;

    fn chunk(self) -> usize {
        (self.chunk & !Self::REMOVED) as usize
    }

    fn is_removed(self) -> bool {
        self.chunk & Self::REMOVED != 0
    }
}

#[derive(Debug, Default)]
struct TextChunk {
    bytes: Vec<u8>,
    /// Bytes of texts that have entries, with their heads.
    used: usize,
}

impl TextChunk {
    fn is_mostly_unused(&self) -> bool {
        self.used * 2 < self.bytes.len()
    }
}

impl<V: Copy> Entries<V> {
    pub(super) fn new() -> Self {
        Self {
            chunks: Vec::new(),
            free: Vec::new(),
            texts: Vec::new(),
            free_texts: Vec::new(),
            filling: None,
        }
    }

    /// The value of an entry that was not removed.
    #[inline]
    pub(super) fn value(&self, id: u32) -> Option<&V> {
        let entry = self.entry(id);
        (!entry.place.is_removed()).then_some(&entry.value)
    }

    #[inline]
    pub(super) fn value_mut(&mut self, id: u32) -> Option<&mut V> {
        let entry = self.entry_mut(id);
        (!entry.place.is_removed()).then_some(&mut entry.value)
    }

    /// Gives an entry a value; the one before, unless it was removed.
    pub(super) fn set(&mut self, id: u32, value: V) -> Option<V> {
        let entry = self.entry_mut(id);
        let before = std::mem::replace(&mut entry.value, value);
        let was_removed = entry.place.is_removed();
        entry.place.chunk &= !Place::REMOVED;
        (!was_removed).then_some(before)
    }

    /// Removes an entry's value; `None` if that happened before.
    pub(super) fn remove(&mut self, id: u32) -> Option<V> {
        let entry = self.entry_mut(id);
        let was_removed = entry.place.is_removed();
        entry.place.chunk |= Place::REMOVED;
        (!was_removed).then_some(entry.value)
    }

    /// The subject of an entry, also of a removed one.
    #[inline]
    pub(super) fn text(&self, id: u32) -> &[u8] {
        let entry = self.entry(id);
        let start = usize::from(entry.place.start);
        &self.texts[entry.place.chunk()].bytes[start..start + usize::from(entry.length)]
    }

    /// A new entry; its number.
    pub(super) fn add(&mut self, text: &[u8], value: V) -> u32 {
        let id = self.take_number();
        let place = self.add_text(id, text);
        let entry = Entry {
            value,
            place,
            length: text.len() as u16,
        };
        let chunk = &mut self.chunks[id as usize / CHUNK_ENTRIES];
        match chunk.get_mut(id as usize % CHUNK_ENTRIES) {
            Some(slot) => *slot = entry,
            None => chunk.push(entry),
        }
        id
    }

    /// Ends a removed entry; its number will be used again.
    pub(super) fn free(&mut self, id: u32) {
        let (place, length) = (self.entry(id).place, usize::from(self.entry(id).length));
        debug_assert!(place.is_removed(), "the value is removed first");
        self.free.push(id);
        let texts = &mut self.texts[place.chunk()];
        texts.used -= HEAD_BYTES + length;
        let head = usize::from(place.start) - HEAD_BYTES;
        texts.bytes[head..head + size_of::<u32>()].copy_from_slice(&NO_ENTRY.to_le_bytes());
        if self.filling != Some(place.chunk() as u32) && self.texts[place.chunk()].is_mostly_unused() {
            self.empty_texts(place.chunk() as u32);
        }
    }

    pub(super) fn heap_bytes(&self) -> usize {
        let entries: usize = self.chunks.iter().map(Vec::capacity).sum();
        let texts: usize = self.texts.iter().map(|chunk| chunk.bytes.capacity()).sum();
        entries * size_of::<Entry<V>>()
            + texts
            + self.chunks.capacity() * size_of::<Vec<Entry<V>>>()
            + self.texts.capacity() * size_of::<TextChunk>()
            + (self.free.capacity() + self.free_texts.capacity()) * size_of::<u32>()
    }

    #[inline]
    fn entry(&self, id: u32) -> &Entry<V> {
        &self.chunks[id as usize / CHUNK_ENTRIES][id as usize % CHUNK_ENTRIES]
    }

    #[inline]
    fn entry_mut(&mut self, id: u32) -> &mut Entry<V> {
        &mut self.chunks[id as usize / CHUNK_ENTRIES][id as usize % CHUNK_ENTRIES]
    }

    fn take_number(&mut self) -> u32 {
        if let Some(id) = self.free.pop() {
            return id;
        }
        if self.chunks.last().is_none_or(|chunk| chunk.len() == CHUNK_ENTRIES) {
            // The first chunk grows with a small map; later ones are made whole.
            let capacity = if self.chunks.is_empty() { 0 } else { CHUNK_ENTRIES };
            self.chunks.push(Vec::with_capacity(capacity));
        }
        let last = self.chunks.len() - 1;
        (last * CHUNK_ENTRIES + self.chunks[last].len()) as u32
    }

    fn add_text(&mut self, id: u32, text: &[u8]) -> Place {
        let needed = HEAD_BYTES + text.len();
        let chunk = match self.filling {
            Some(chunk) if self.texts[chunk as usize].bytes.len() + needed <= CHUNK_BYTES => chunk,
            _ => self.new_text_chunk(),
        };
        let texts = &mut self.texts[chunk as usize];
        texts.bytes.extend_from_slice(&id.to_le_bytes());
        texts.bytes.extend_from_slice(&(text.len() as u16).to_le_bytes());
        let start = texts.bytes.len() as u16;
        texts.bytes.extend_from_slice(text);
        texts.used += needed;
        Place { chunk, start }
    }

    fn new_text_chunk(&mut self) -> u32 {
        let chunk = self.free_texts.pop().unwrap_or_else(|| {
            self.texts.push(TextChunk::default());
            self.texts.len() as u32 - 1
        });
        if let Some(full) = self.filling.replace(chunk) {
            self.texts[full as usize].bytes.shrink_to_fit();
            if self.texts[full as usize].is_mostly_unused() {
                self.empty_texts(full);
            }
        }
        chunk
    }

    /// Moves the texts that have entries out of a chunk.
    fn empty_texts(&mut self, chunk: u32) {
        let old = std::mem::take(&mut self.texts[chunk as usize]);
        self.free_texts.push(chunk);
        let mut rest = &old.bytes[..];
        while let Some((head, after)) = rest.split_first_chunk::<HEAD_BYTES>() {
            let [a, b, c, d, low, high] = *head;
            let id = u32::from_le_bytes([a, b, c, d]);
            let (text, remaining) = after.split_at(usize::from(u16::from_le_bytes([low, high])));
            if id != NO_ENTRY {
                let removed = self.entry(id).place.chunk & Place::REMOVED;
                let mut place = self.add_text(id, text);
                place.chunk |= removed;
                self.entry_mut(id).place = place;
            }
            rest = remaining;
        }
    }
}
