//! Compiles a destination for a source. Everything that can be refused is refused here, so applying never fails.
//!
//! Blanks are refused in the source and in every literal token of the destination, also where nats-server takes them:
//! no published subject has one, and a line end in a subject would end the line of the protocol.

use super::error::{DestinationFault, InvalidTransform};
use super::part::{Joiner, Part};
use super::placeholder::{self, Placeholder};
use crate::validate::{check_shape, is_blank, is_valid_subject, tokens};

/// What a transform is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Any destination that can be applied.
    Any,
    /// A destination that users configure for an account or a stream: faults of its form are named.
    Mapping,
    /// A destination that can be reversed: it moves tokens, and uses each wildcard.
    Import,
}

/// The parts of `destination`. Both texts must not be empty.
pub(super) fn compile(source: &[u8], destination: &[u8], purpose: Purpose) -> Result<Box<[Part]>, InvalidTransform> {
    if purpose == Purpose::Mapping {
        check_form(destination)?;
    }
    let has_star = tokens(destination).any(|token| token == b"*");
    let is_subject = is_valid_subject(source) && check_shape(destination).is_ok() && !has_star;
    if !is_subject || ends_with_tail(source) != ends_with_tail(destination) {
        return Err(InvalidTransform::Subject);
    }
    Compiler::new(source, purpose).compile(destination)
}

/// `foo.*.*` as the destination that repeats it: `foo.$1.$2`. Text without wildcards stays as it is.
pub(super) fn number_wildcards(pattern: &[u8]) -> Vec<u8> {
    let mut numbered = Vec::with_capacity(pattern.len());
    let mut wildcards = 0;
    for (at, token) in tokens(pattern).enumerate() {
        if at > 0 {
            numbered.push(b'.');
        }
        if token == b"*" {
            wildcards += 1;
            numbered.extend_from_slice(format!("${wildcards}").as_bytes());
        } else {
            numbered.extend_from_slice(token);
        }
    }
    numbered
}

/// The checks that name what is wrong with the form of a destination.
fn check_form(destination: &[u8]) -> Result<(), InvalidTransform> {
    let mut ended = false;
    for token in tokens(destination) {
        if token.is_empty() || ended {
            return Err(DestinationFault::Shape.at(token));
        }
        if placeholder::is_function(token) {
            if !placeholder::is_known_function(token) {
                return Err(DestinationFault::UnknownFunction.at(token));
            }
        } else if token.iter().any(is_blank) {
            return Err(DestinationFault::Shape.at(""));
        }
        ended = token == b">";
    }
    Ok(())
}

fn ends_with_tail(subject: &[u8]) -> bool {
    tokens(subject).last() == Some(b">")
}

struct Compiler {
    purpose: Purpose,
    /// Where the source has its `*`.
    wildcards: Vec<usize>,
    /// Number of tokens of the source.
    source_tokens: usize,
    /// Whether the source matches one subject only.
    is_literal: bool,
    /// How many wildcards the destination names.
    named: usize,
    joiner: Joiner,
}

impl Compiler {
    fn new(source: &[u8], purpose: Purpose) -> Self {
        let stars = tokens(source).enumerate().filter(|(_, token)| *token == b"*");
        let wildcards: Vec<usize> = stars.map(|(at, _)| at).collect();
        Self {
            purpose,
            is_literal: wildcards.is_empty() && !ends_with_tail(source),
            wildcards,
            source_tokens: tokens(source).count(),
            named: 0,
            joiner: Joiner::default(),
        }
    }

    fn compile(mut self, destination: &[u8]) -> Result<Box<[Part]>, InvalidTransform> {
        for token in tokens(destination) {
            let placeholder = placeholder::parse(token).map_err(|fault| fault.at(token))?;
            let part = if self.is_literal {
                self.literal_source_part(token, placeholder)
            } else {
                self.part(token, placeholder)
            };
            self.joiner.push(part?);
        }
        if self.purpose == Purpose::Import && self.named < self.wildcards.len() {
            return Err(DestinationFault::UnusedWildcards.at(destination));
        }
        Ok(self.joiner.finish())
    }

    fn part(&mut self, token: &[u8], placeholder: Placeholder<'_>) -> Result<Part, InvalidTransform> {
        let reversible = matches!(placeholder, Placeholder::Text | Placeholder::Wildcard(_));
        if self.purpose == Purpose::Import && !reversible {
            return Err(DestinationFault::NotForImport.at(token));
        }
        Ok(match placeholder {
            Placeholder::Text => self.text(token)?,
            Placeholder::Wildcard(wildcard) => Part::Token(self.position(token, wildcard)?),
            Placeholder::Partition { partitions, wildcards } => {
                let positions = wildcards.into_iter().map(|wildcard| self.position(token, wildcard));
                let positions = positions.collect::<Result<Vec<_>, _>>()?;
                partition(partitions, positions)
            }
            Placeholder::Random { below } => random(below),
            Placeholder::Split { wildcard, separator } => Part::Split {
                token: self.position(token, wildcard)?,
                separator: separator.into(),
            },
            Placeholder::Cut { wildcard, cut, length } => {
                let position = self.position(token, wildcard)?;
                match length as usize {
                    0 => Part::Token(position),
                    length => Part::Cut {
                        token: position,
                        cut,
                        length,
                    },
                }
            }
        })
    }

    /// A source without wildcards has nothing that a function could take apart. Arguments of a partition are ignored.
    fn literal_source_part(&self, token: &[u8], placeholder: Placeholder<'_>) -> Result<Part, InvalidTransform> {
        match placeholder {
            Placeholder::Text => self.text(token),
            Placeholder::Partition { partitions, .. } => Ok(partition(partitions, Vec::new())),
            Placeholder::Random { below } => Ok(random(below)),
            _ => Err(DestinationFault::IndexOutOfRange.at(token)),
        }
    }

    fn text(&self, token: &[u8]) -> Result<Part, InvalidTransform> {
        if token == b">" {
            return Ok(Part::Tail(self.source_tokens - 1));
        }
        if token.iter().any(is_blank) {
            return Err(InvalidTransform::Subject);
        }
        Ok(Part::text(token))
    }

    /// Where a wildcard is in the source. As in nats-server, 0 and negative numbers name the first token.
    fn position(&mut self, token: &[u8], wildcard: i64) -> Result<usize, InvalidTransform> {
        self.named += 1;
        let Ok(wildcard) = usize::try_from(wildcard) else {
            return Ok(0);
        };
        if wildcard == 0 {
            return Ok(0);
        }
        self.wildcards.get(wildcard - 1).copied().ok_or_else(|| {
            let token = String::from_utf8_lossy(token);
            DestinationFault::IndexOutOfRange.at(format!("{token}: [{wildcard}]"))
        })
    }
}

fn partition(partitions: u32, tokens: Vec<usize>) -> Part {
    match partitions {
        0 => Part::text(b"0"),
        partitions => Part::Partition {
            partitions,
            tokens: tokens.into(),
        },
    }
}

fn random(below: u32) -> Part {
    match below {
        0 => Part::text(b"0"),
        below => Part::Random { below },
    }
}
