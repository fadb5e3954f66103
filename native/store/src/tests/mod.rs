//! Facts and properties of the store.

mod codecs;
mod files;
