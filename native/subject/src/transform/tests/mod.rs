//! Tests of transforms and mappings: single cases, named after the facts they show, and properties.

mod mappings;
mod prop;
mod transforms;

use super::{InvalidTransform, Transform};

/// Numbers for transforms that draw none.
fn no_draw() -> impl FnMut() -> u32 {
    || panic!("nothing is random here")
}

fn compile(source: &str, destination: &str) -> Result<Transform, InvalidTransform> {
    Transform::new(source.as_bytes(), destination.as_bytes())
}

/// What `transform` makes of a subject, which need not match.
fn apply(transform: &Transform, subject: &str) -> String {
    let mut out = b"kept:".to_vec();
    transform.apply(subject.as_bytes(), &mut no_draw(), &mut out);
    let text = String::from_utf8(out).expect("made of text");
    text.strip_prefix("kept:").expect("appended").to_string()
}
