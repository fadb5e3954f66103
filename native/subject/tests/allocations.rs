//! A match into a reused result allocates nothing, neither does a transform into a buffer with room, and asking whether
//! there is interest never does. Counted by this test's own allocator.

use nt_subject::transform::{Destination, Mapping, MappingTable, Outcome};
use nt_subject::{HashSeed, Matches, PatternSet, Sublist};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    /// Per thread, so that the test harness doesn't disturb the count.
    static CALLS: Cell<usize> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: forwards everything to the system allocator unchanged; the counter allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        CALLS.set(CALLS.get() + 1);
        // SAFETY: the caller's guarantees are passed on.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        // SAFETY: the caller's guarantees are passed on.
        unsafe { System.dealloc(ptr, layout) }
    }
    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        CALLS.set(CALLS.get() + 1);
        // SAFETY: the caller's guarantees are passed on.
        unsafe { System.realloc(ptr, layout, new_size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn count(work: impl FnOnce()) -> usize {
    let before = CALLS.get();
    work();
    CALLS.get() - before
}

fn busy_list() -> Sublist {
    let mut list = Sublist::new(HashSeed::new(1));
    let subjects = [
        "a.b.c", "a.*.c", "*.b.c", "a.b.*", "*.*.*", "a.>", ">", "a.b.>", "*.b.>",
    ];
    let mut id = 0;
    for subject in subjects {
        for queue in [None, Some(&b"g"[..]), Some(b"h"), None, Some(b"g")] {
            list.insert(subject.as_bytes(), queue, id).expect("valid");
            id += 1;
        }
    }
    list
}

#[test]
fn a_warm_match_allocates_nothing() {
    let list = busy_list();
    let mut out = Matches::new();
    assert!(count(|| list.matches(b"a.b.c", &mut out)) > 0);
    // The two buffers of groups are swapped, so the second match grows the other one.
    list.matches(b"a.b.c", &mut out);
    let calls = count(|| {
        for literal in ["a.b.c", "a.x.c", "x.b.c", "nobody", "a.b.c.d", "", "a..b"] {
            list.matches(literal.as_bytes(), &mut out);
        }
    });
    assert_eq!(calls, 0);
}

#[test]
fn questions_never_allocate() {
    let list = busy_list();
    let mut set = PatternSet::new(["a.*.c", "*.b.d", "x.>", "s.* q.*"]).expect("valid");
    set.insert(b"*.*.*.*.e").expect("valid");
    let calls = count(|| {
        for subject in [&b"a.b.c"[..], b"a.b.d", b"x.y", b"1.2.3.4.e", b"none.such", b"s.t"] {
            let _ = (list.has_interest(subject), list.covers(subject));
            let _ = (
                set.matches_literal(subject),
                set.matches_literal_in_queue(subject, Some(b"q.1")),
            );
            let _ = set.allows(subject, Some(b"q.1"));
        }
    });
    assert_eq!(calls, 0);
}

#[test]
fn a_mapped_subject_allocates_nothing() {
    let rules = [
        ("a.*.c", "x.{{partition(9,1)}}.{{partition(9)}}.$1"),
        ("s.*.*", "{{split(1,-)}}.{{split(2,)}}.{{random(7)}}"),
        ("s.>", "t.>"),
        (
            "c.*",
            "{{splitFromLeft(1,2)}}.{{sliceFromLeft(1,2)}}.{{sliceFromRight(1,2)}}.{{right(1,2)}}",
        ),
        ("literal", "other"),
    ];
    let rule = |&(source, destination): &(&str, &str)| {
        Mapping::new(source.as_bytes(), &[Destination::new(destination.as_bytes())], b"").expect("valid")
    };
    let table = MappingTable::new(rules.iter().map(rule));
    let mut out = Vec::with_capacity(200);
    let calls = count(|| {
        for subject in [
            "a.b.c",
            "s.1-2.xyz",
            "s.1.2.3",
            "c.12345",
            "literal",
            "nobody",
            "",
            "a..c",
        ] {
            out.clear();
            if let Some(Outcome::Transformed(transform)) = table.find(subject.as_bytes()).map(|rule| rule.choose(0)) {
                transform.apply(subject.as_bytes(), &mut || 3, &mut out);
                assert!(!out.is_empty() && out.len() <= transform.longest(subject.len()));
            }
        }
    });
    assert_eq!(calls, 0);
}
