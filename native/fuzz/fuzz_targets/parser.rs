//! Any bytes give operations, a wish for more or an error; and neither the quick look at messages nor where the input is
//! cut makes a difference.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nt_protocol::{Limits, Parsed, parse, parse_leniently};

const LIMITS: [Limits; 2] = [
    Limits {
        max_control_line: 4096,
        max_payload: 1 << 20,
        headers: true,
    },
    Limits {
        max_control_line: 32,
        max_payload: 16,
        headers: false,
    },
];

fuzz_target!(|data: &[u8]| {
    let Some((&choice, input)) = data.split_first() else {
        return;
    };
    let limits = &LIMITS[usize::from(choice & 1)];
    let cut = usize::from(choice >> 1);
    let mut rest = input;
    while let Some(length) = operation(rest, limits, cut) {
        rest = &rest[length..];
    }
});

/// Length of the operation at the start, if there is one.
fn operation(input: &[u8], limits: &Limits, cut: usize) -> Option<usize> {
    let parsed = parse(input, limits);
    assert_eq!(parsed, parse_leniently(input, limits), "the quick look sees the same");
    match parsed {
        Parsed::Op(op, length) => {
            assert!(length > 0 && length <= input.len());
            assert_eq!(
                parse(&input[..length], limits),
                Parsed::Op(op, length),
                "what follows does not matter"
            );
            let part = &input[..cut % length];
            match parse(part, limits) {
                Parsed::Incomplete { need } => assert!(need == 0 || need > part.len() && need <= length),
                other => panic!("{other:?} for the first {} of {length} bytes", part.len()),
            }
            Some(length)
        }
        Parsed::Incomplete { need } => {
            assert!(need == 0 || need > input.len());
            None
        }
        Parsed::Error(_) => None,
    }
}
