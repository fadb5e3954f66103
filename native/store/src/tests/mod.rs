//! Facts and properties of the store.

mod codecs;
mod disk;
mod files;
mod log;
