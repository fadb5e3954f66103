//! The subject that a requester waits on, kept in place: most are short, and many requests are pending at a time.

/// As long as the inboxes of the usual clients, and more.
const INLINE_BYTES: usize = 70;

/// A reply subject.
#[derive(Debug)]
pub(super) enum ReplyText {
    Inline { len: u8, bytes: [u8; INLINE_BYTES] },
    Boxed(Box<[u8]>),
}

impl ReplyText {
    pub const EMPTY: Self = Self::Inline {
        len: 0,
        bytes: [0; INLINE_BYTES],
    };

    pub fn new(text: &[u8]) -> Self {
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

    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Inline { len, bytes } => &bytes[..usize::from(*len)],
            Self::Boxed(bytes) => bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_any_length_are_kept() {
        for length in [0, 1, INLINE_BYTES, INLINE_BYTES + 1, 1000] {
            let text = vec![b'x'; length];
            assert_eq!(ReplyText::new(&text).as_bytes(), text);
        }
        assert!(ReplyText::EMPTY.as_bytes().is_empty());
    }
}
