//! Reads one token of a destination: text, `$1`, or a function such as `{{partition(3,1,2)}}`.
//!
//! Only the syntax is judged here; whether the source has the wildcard that an argument names is for the compiler.
//!
//! The syntax is that of nats-server, with what it happens to tolerate: a function may stand anywhere between the outer
//! braces; blanks may surround its name, its parentheses and the start of an argument; each word of a name may start
//! with a capital; what follows the last closing parenthesis is no argument. The first of [`FUNCTIONS`] that occurs
//! decides. Every search reads the token a fixed number of times, however long it is.

use super::error::DestinationFault;
use super::error::DestinationFault::{InvalidArgument, NotEnoughArguments, TooManyArguments, UnknownFunction};
use super::part::Cut;

/// What a token of a destination stands for. Wildcards are numbers as written: from 1, other numbers unchecked.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Placeholder<'t> {
    /// The token itself.
    Text,
    /// The token that a wildcard of the source matched.
    Wildcard(i64),
    /// The number of a partition, from a hash over the tokens of some wildcards, or over the whole subject if none.
    Partition { partitions: u32, wildcards: Vec<i64> },
    /// A number below this one, drawn for each message.
    Random { below: u32 },
    /// The pieces of a token between separators. Without a separator: its characters.
    Split { wildcard: i64, separator: &'t [u8] },
    /// A part of a token, or its parts, by length. A length of 0 keeps the token.
    Cut { wildcard: i64, cut: Cut, length: u32 },
}

#[derive(Debug, Clone, Copy)]
enum Function {
    Wildcard,
    Partition,
    Cut(Cut),
    Split,
    Random,
}

/// The words of each name, in the order in which they are looked for.
const FUNCTIONS: [(&[&str], Function); 10] = [
    (&["wildcard"], Function::Wildcard),
    (&["partition"], Function::Partition),
    (&["split", "from", "left"], Function::Cut(Cut::SplitFromLeft)),
    (&["split", "from", "right"], Function::Cut(Cut::SplitFromRight)),
    (&["slice", "from", "left"], Function::Cut(Cut::SliceFromLeft)),
    (&["slice", "from", "right"], Function::Cut(Cut::SliceFromRight)),
    (&["right"], Function::Cut(Cut::Right)),
    (&["left"], Function::Cut(Cut::Left)),
    (&["split"], Function::Split),
    (&["random"], Function::Random),
];

/// Reads a token.
pub(super) fn parse(token: &[u8]) -> Result<Placeholder<'_>, DestinationFault> {
    if let [b'$', digits @ ..] = token {
        // Other names with a `$` are ordinary ones, such as those of the system.
        return Ok(integer(digits).map_or(Placeholder::Text, Placeholder::Wildcard));
    }
    if !is_function(token) {
        return Ok(Placeholder::Text);
    }
    let (function, arguments) = find_function(token).ok_or(UnknownFunction)?;
    let arguments = split_arguments(arguments);
    match function {
        Function::Wildcard => wildcard(&arguments),
        Function::Partition => partition(&arguments),
        Function::Cut(cut) => self::cut(cut, &arguments),
        Function::Split => split(&arguments),
        Function::Random => random(&arguments),
    }
}

/// Whether a token is in double braces and has to be a function.
pub(super) fn is_function(token: &[u8]) -> bool {
    token.len() > 4 && token.starts_with(b"{{") && token.ends_with(b"}}")
}

/// Whether a token in double braces holds a known function, be its arguments right or wrong.
pub(super) fn is_known_function(token: &[u8]) -> bool {
    find_function(token).is_some()
}

fn wildcard<'t>(arguments: &[&'t [u8]]) -> Result<Placeholder<'t>, DestinationFault> {
    match arguments {
        [b""] => Err(NotEnoughArguments),
        [only] => number(only).map(Placeholder::Wildcard),
        _ => Err(TooManyArguments),
    }
}

fn partition<'t>(arguments: &[&'t [u8]]) -> Result<Placeholder<'t>, DestinationFault> {
    let (count, wildcards) = arguments.split_first().ok_or(NotEnoughArguments)?;
    let partitions = ceiling(count)? as u32;
    let wildcards = wildcards.iter().map(|text| number(text)).collect::<Result<_, _>>()?;
    Ok(Placeholder::Partition { partitions, wildcards })
}

fn cut<'t>(cut: Cut, arguments: &[&'t [u8]]) -> Result<Placeholder<'t>, DestinationFault> {
    let (wildcard, length) = two(arguments)?;
    let wildcard = number(wildcard)?;
    let length = i32::try_from(number(length)?).map_err(|_| InvalidArgument)?;
    let length = u32::try_from(length).unwrap_or(0);
    Ok(Placeholder::Cut { wildcard, cut, length })
}

fn split<'t>(arguments: &[&'t [u8]]) -> Result<Placeholder<'t>, DestinationFault> {
    let (wildcard, separator) = two(arguments)?;
    let wildcard = number(wildcard)?;
    if separator.contains(&b' ') {
        return Err(InvalidArgument);
    }
    Ok(Placeholder::Split { wildcard, separator })
}

fn random<'t>(arguments: &[&'t [u8]]) -> Result<Placeholder<'t>, DestinationFault> {
    // As in nats-server, this is the error for two arguments, too.
    let &[only] = arguments else {
        return Err(NotEnoughArguments);
    };
    let below = ceiling(only)?.unsigned_abs();
    Ok(Placeholder::Random { below })
}

fn two<'a>(arguments: &[&'a [u8]]) -> Result<(&'a [u8], &'a [u8]), DestinationFault> {
    match arguments {
        [] | [_] => Err(NotEnoughArguments),
        [first, second] => Ok((first, second)),
        _ => Err(TooManyArguments),
    }
}

/// A number of 32 bits. Below its range it wraps, as in nats-server; above it is an error.
fn ceiling(text: &[u8]) -> Result<i32, DestinationFault> {
    match number(text)? {
        large if large > i64::from(i32::MAX) => Err(InvalidArgument),
        fitting => Ok(fitting as i32),
    }
}

fn number(text: &[u8]) -> Result<i64, DestinationFault> {
    let start = text.iter().position(|&byte| byte != b' ').unwrap_or(text.len());
    let end = text.iter().rposition(|&byte| byte != b' ').map_or(start, |at| at + 1);
    integer(&text[start..end]).ok_or(InvalidArgument)
}

/// Decimal digits with an optional sign.
fn integer(text: &[u8]) -> Option<i64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// The arguments between commas. Blanks after a comma are skipped.
fn split_arguments(text: &[u8]) -> Vec<&[u8]> {
    let mut arguments = text.split(|&byte| byte == b',');
    let first = arguments.next();
    first.into_iter().chain(arguments.map(skip_blanks)).collect()
}

fn find_function(token: &[u8]) -> Option<(Function, &[u8])> {
    FUNCTIONS
        .iter()
        .find_map(|&(name, function)| Some((function, find_arguments(token, name)?)))
}

/// The text between the parentheses of the first call of `name` in double braces. It holds no line feed.
fn find_arguments<'t>(token: &'t [u8], name: &[&str]) -> Option<&'t [u8]> {
    // Nothing before this closes a call: a line that was searched in vain is not searched again.
    let mut searched = 0;
    for start in 0..token.len() {
        let Some(open) = end_of_opening(&token[start..], name).map(|length| start + length) else {
            continue;
        };
        if open < searched {
            continue;
        }
        let line = token[open..].split(|&byte| byte == b'\n').next().unwrap_or_default();
        if let Some(length) = (0..line.len()).rfind(|&at| is_closing(&token[open + at..])) {
            return Some(&line[..length]);
        }
        searched = open + line.len() + 1;
    }
    None
}

/// The length of `{{`, a name and `(`, with blanks between them, at the start of `text`.
fn end_of_opening(text: &[u8], name: &[&str]) -> Option<usize> {
    let mut rest = skip_blanks(text.strip_prefix(b"{{")?);
    for word in name {
        rest = skip_word(rest, word.as_bytes())?;
    }
    let arguments = skip_blanks(rest).strip_prefix(b"(")?;
    Some(text.len() - arguments.len())
}

/// Whether `text` starts with `)` and `}}`, with blanks between them.
fn is_closing(text: &[u8]) -> bool {
    text.strip_prefix(b")")
        .is_some_and(|rest| skip_blanks(rest).starts_with(b"}}"))
}

/// Skips a word whose first letter may be a capital.
fn skip_word<'t>(text: &'t [u8], word: &[u8]) -> Option<&'t [u8]> {
    let (start, rest) = text.split_at_checked(word.len())?;
    let matches = start[0].to_ascii_lowercase() == word[0] && start[1..] == word[1..];
    matches.then_some(rest)
}

fn skip_blanks(text: &[u8]) -> &[u8] {
    let is_blank = |byte: &u8| b" \t\n\x0c\r".contains(byte);
    let start = text.iter().position(|byte| !is_blank(byte)).unwrap_or(text.len());
    &text[start..]
}
