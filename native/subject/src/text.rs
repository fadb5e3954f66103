//! A short byte string: up to 22 bytes are stored in place, longer ones are boxed. The value takes 24 bytes in both
//! cases.
//!
//! 22 bytes fit beside the tag; this is also the length of a NUID, the most common long token.

const INLINE_BYTES: usize = 22;

#[derive(Debug)]
pub(crate) enum Text {
    Inline { len: u8, bytes: [u8; INLINE_BYTES] },
    Boxed(Box<[u8]>),
}

const _: () = assert!(size_of::<Text>() == 24);

impl Text {
    pub(crate) fn new(text: &[u8]) -> Self {
        if text.len() > INLINE_BYTES {
            return Self::Boxed(text.into());
        }
        let mut bytes = [0; INLINE_BYTES];
        bytes[..text.len()].copy_from_slice(text);
        Self::Inline {
            len: text.len() as u8,
            bytes,
        }
    }

    #[inline]
    pub(crate) fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Inline { len, bytes } => &bytes[..usize::from(*len)],
            Self::Boxed(bytes) => bytes,
        }
    }

    /// Bytes on the heap.
    pub(crate) fn boxed_bytes(&self) -> usize {
        match self {
            Self::Inline { .. } => 0,
            Self::Boxed(bytes) => bytes.len(),
        }
    }
}
