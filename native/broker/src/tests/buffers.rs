//! Output queues keep every byte in order; pools keep what is worth keeping, and not more.

use crate::connection::buffer_pool::{LARGE_BYTES, SMALL_BYTES};
use crate::delivery::burst::{self, Burst, BurstFrame};
use crate::delivery::byte_range::ByteRange;
use crate::{BufferPool, OutQueue, SharedBuffers};
use proptest::prelude::*;
use std::sync::Arc;

fn pool() -> BufferPool {
    BufferPool::new(Arc::<SharedBuffers>::default())
}

#[derive(Debug, Clone)]
enum Step {
    Push(usize),
    Push2(usize, usize),
    Chunk(usize, usize),
    Burst(usize, usize),
    /// Another queue with that much in it joins.
    Append(usize),
    /// That many percent of what waits leave.
    Advance(usize),
    Clear,
}

fn size() -> impl Strategy<Value = usize> {
    prop_oneof![4 => 1..200usize, 2 => 1..20_000usize, 1 => 100_000..300_000usize]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => size().prop_map(Step::Push),
        4 => (size(), size()).prop_map(|(a, b)| Step::Push2(a, b)),
        3 => (size(), 0..5000usize).prop_map(|(n, room)| Step::Chunk(n, room)),
        3 => (1..200usize, 1..50usize).prop_map(|(n, count)| Step::Burst(n, count)),
        1 => size().prop_map(Step::Append),
        6 => (0..=100usize).prop_map(Step::Advance),
        1 => Just(Step::Clear),
    ]
}

/// Bytes that differ from place to place.
struct Source(u32);

impl Source {
    fn take(&mut self, n: usize) -> Vec<u8> {
        (0..n)
            .map(|_| {
                self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (self.0 >> 24) as u8
            })
            .collect()
    }
}

fn content(queue: &OutQueue) -> Vec<u8> {
    queue.slices().flat_map(|slice| slice.to_vec()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_queue_is_a_pipe(steps in proptest::collection::vec(step(), 1..40)) {
        let (mut queue, mut pool, mut model, mut source) = (OutQueue::default(), pool(), Vec::new(), Source(1));
        for step in steps {
            match step {
                Step::Push(n) => {
                    let bytes = source.take(n);
                    queue.push(&bytes, &mut pool);
                    model.extend(bytes);
                }
                Step::Push2(a, b) => {
                    let (a, b) = (source.take(a), source.take(b));
                    queue.push2(&a, &b, &mut pool);
                    model.extend(a.into_iter().chain(b));
                }
                Step::Chunk(n, room) => {
                    let mut chunk = Vec::with_capacity(n + room);
                    chunk.extend(source.take(n));
                    model.extend_from_slice(&chunk);
                    queue.push_chunk(chunk, &mut pool);
                }
                Step::Burst(n, count) => {
                    let data = source.take(n * count + 64);
                    let prefix = source.take(40);
                    let range = ByteRange { text: &prefix, start: 3, end: 17 };
                    let frames: Vec<BurstFrame> = (0..count)
                        .map(|i| BurstFrame { start: (i * n) as u32, end: (i * n + n) as u32, size: 0 })
                        .collect();
                    let burst = Burst { data: &data, frames: &frames };
                    queue.push_burst(range, burst, &mut pool);
                    for frame in data[..n * count].chunks(n) {
                        model.extend_from_slice(&prefix[3..17]);
                        model.extend_from_slice(frame);
                    }
                }
                Step::Append(n) => {
                    let bytes = source.take(n);
                    let mut other = OutQueue::default();
                    other.push(&bytes, &mut pool);
                    queue.append(&mut other);
                    prop_assert!(other.is_empty() && content(&other).is_empty());
                    model.extend(bytes);
                }
                Step::Advance(percent) => {
                    let count = queue.len() * percent / 100;
                    queue.advance(count, &mut pool);
                    model.drain(..count);
                }
                Step::Clear => {
                    queue.clear();
                    model.clear();
                }
            }
            prop_assert_eq!(queue.len(), model.len());
            prop_assert_eq!(queue.is_empty(), model.is_empty());
            prop_assert!(content(&queue) == model, "content differs after {:?}", step);
        }
    }

    #[test]
    fn a_burst_is_what_the_parser_finds(
        messages in proptest::collection::vec((0..4usize, "[a-z ]{0,12}"), 1..20),
        cut in 0..400usize,
    ) {
        let mut data = Vec::new();
        for (kind, payload) in &messages {
            let size = payload.len();
            let line = match kind {
                0 | 1 => format!("PUB a.b {size}\r\n"),
                2 => format!("PUB a.b 0{size}\r\n"),
                _ => format!("PUB a.b r {size}\r\n"),
            };
            data.extend_from_slice(line.as_bytes());
            data.extend_from_slice(payload.as_bytes());
            data.extend_from_slice(b"\r\n");
        }
        data.truncate(cut);
        let mut frames = Vec::new();
        let (used, payload) = burst::find(&data, b"PUB a.b ", 10, 100, 1 << 20, &mut frames);
        let limits = nt_protocol::Limits { max_control_line: 4096, max_payload: 10, headers: true };
        let (mut at, mut total) = (0, 0);
        for frame in &frames {
            let nt_protocol::Parsed::Op(nt_protocol::Op::Publish(message), length) =
                nt_protocol::parse(&data[at..], &limits) else { panic!("a burst of what is no message") };
            let range = frame.range(&data);
            prop_assert_eq!(message.tail, Some(&data[range.start..range.end]));
            prop_assert_eq!(message.body.len(), frame.size as usize);
            at += length;
            total += message.body.len();
        }
        prop_assert_eq!((used, payload), (at, total));
    }
}

#[test]
fn an_emptied_queue_owns_nothing_and_its_buffers_are_used_again() {
    let (mut queue, mut pool) = (OutQueue::default(), pool());
    queue.push(&[1; 300], &mut pool);
    let address = queue.slices().next().expect("a chunk").as_ptr();
    queue.advance(300, &mut pool);
    assert_eq!(queue.slices().count(), 0);
    let again = pool.take_small(300);
    assert_eq!(again.as_ptr(), address);
}

#[test]
fn small_chunks_join_and_large_ones_pass_whole() {
    let (mut queue, mut pool) = (OutQueue::default(), pool());
    queue.push(&[1; 300], &mut pool);
    let mut roomy = Vec::with_capacity(10_000);
    roomy.extend_from_slice(&[2; 10]);
    queue.push_chunk(roomy, &mut pool);
    (0..50).for_each(|_| queue.push_chunk(vec![3; 10], &mut pool));
    assert!(queue.slices().count() <= 3, "chunks of ten bytes went in whole");
    let large = vec![4; 8000];
    let address = large.as_ptr();
    queue.push_chunk(large, &mut pool);
    assert_eq!(queue.slices().last().expect("a chunk").as_ptr(), address);
}

/// How many buffers with room come out before fresh ones do.
fn kept(mut take: impl FnMut() -> Vec<u8>, room: usize) -> usize {
    (0..10_000).take_while(|_| take().capacity() >= room).count()
}

#[test]
fn a_pool_keeps_a_bounded_number() {
    let mut pool = pool();
    (0..1000).for_each(|_| pool.put(vec![0; 1000]));
    let small = kept(|| pool.take_small(0), 1000);
    assert!((1..=64).contains(&small), "{small}");
    for odd in [1, 100, SMALL_BYTES + 1, LARGE_BYTES - 1, LARGE_BYTES + 1, 1 << 20] {
        pool.put(Vec::with_capacity(odd));
        assert_eq!(
            pool.take_small(0).capacity(),
            0,
            "a buffer of {odd} bytes is not worth keeping"
        );
    }
}

#[test]
fn large_buffers_are_shared_by_loops_and_freed_by_an_idle_one() {
    let shared = Arc::<SharedBuffers>::default();
    let (mut one, mut two) = (BufferPool::new(shared.clone()), BufferPool::new(shared));
    let buffer = one.take_large(10);
    assert_eq!((buffer.len(), buffer.capacity()), (0, LARGE_BYTES));
    let address = buffer.as_ptr();
    one.put(buffer);
    let again = two.take_large(LARGE_BYTES);
    assert_eq!(again.as_ptr(), address);
    assert!(two.take_large(LARGE_BYTES + 1).capacity() > LARGE_BYTES);
    two.put(again);
    one.shrink();
    assert_ne!(two.take_large(1).capacity(), 0);
    assert!(two.take_small(SMALL_BYTES + 1).capacity() >= LARGE_BYTES);
}
