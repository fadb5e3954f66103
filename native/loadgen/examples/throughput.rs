//! How fast one loop of the generator is, against peers that cost next to nothing.
//!
//! `cargo run --release -p nt-loadgen --example throughput -- pub [SIZE] [MESSAGES]`: one publisher, stamped, into a
//! sink that only reads.
//! `… -- sub [SIZE] [MESSAGES] [LATENCY_EVERY] [RATE]`: one subscriber; its messages are first published to the peer,
//! which keeps them and then delivers all at once. With a rate every message has a send time of its own, the most
//! expensive case to record.

use nt_loadgen::Load;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize, default: u64| args.get(at).map_or(Ok(default), |text| text.replace('_', "").parse());
    let (size, messages, every) = (number(1, 16)?, number(2, 20_000_000)?, number(3, 1)?);
    let rate = number(4, 0)?;
    let pace = if rate > 0 {
        format!("\"rate\":{rate},")
    } else {
        String::new()
    };
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let publisher = format!(
        r#"{{"connections":1,"name":"pub","role":"publisher","ledgers":[0],"messages":{messages},{pace}
            "subjects":{{"pattern":"abc","count":1,"order":"turn"}},"size":{{"fixed":{size}}}}}"#
    );
    let subscriber = r#"{"connections":1,"name":"sub","role":"subscriber","ledger":0,
        "subscriptions":{"pattern":"abc","count":1}}"#;
    let (clients, ledgers) = match args.first().map(String::as_str) {
        Some("pub") => (publisher.replace("\"ledgers\":[0]", "\"ledgers\":[]"), ""),
        Some("sub") => (format!("{publisher},{subscriber}"), r#"{"name":"all","copies":1}"#),
        _ => return Err("usage: throughput pub|sub [SIZE] [MESSAGES] [LATENCY_EVERY]".into()),
    };
    let plan = format!(
        r#"{{"servers":["{address}"],"threads":1,"connectTimeoutMs":2000,"connectsInFlight":1,"quietMs":5000,
            "latencyEvery":{every},"ledgers":[{ledgers}],"clients":[{clients}]}}"#
    );
    let load = Load::new(&plan)?;
    let peer = thread::spawn(move || {
        if ledgers.is_empty() {
            sink(&listener)
        } else {
            keeper(&listener, size as usize)
        }
    });
    load.run(0)?;
    let report = load.report()?;
    peer.join().expect("the peer does not panic")?;
    for client in &report.clients {
        let (count, what) = if client.published > 0 {
            (client.published, "published")
        } else {
            (client.delivered, "delivered")
        };
        let seconds = if client.published > 0 {
            report.send_seconds
        } else {
            // Its messages are read after all are published.
            client.seconds - report.send_seconds
        };
        println!(
            "{}: {what} {count} in {seconds:.3} s, {:.2} M/s",
            client.name,
            count as f64 / seconds / 1e6
        );
    }
    println!("generator: {:.3} CPU s", report.generator_cpu_seconds);
    if let Some(latency) = &report.latency {
        println!("latencies recorded: {}", latency.count);
    }
    for ledger in &report.ledgers {
        println!(
            "lost {}, duplicated {}, reordered {}",
            ledger.lost, ledger.duplicated, ledger.reordered
        );
    }
    Ok(())
}

/// Reads until a PING ends what was read; false when the client has gone.
fn answer_ping(socket: &mut TcpStream, mut take: impl FnMut(&[u8])) -> std::io::Result<bool> {
    let mut buf = vec![0; 256 * 1024];
    let mut tail = [0u8; 6];
    loop {
        let read = socket.read(&mut buf)?;
        if read == 0 {
            return Ok(false);
        }
        take(&buf[..read]);
        if let Some(last) = buf[..read].last_chunk::<6>() {
            tail = *last;
        } else {
            tail.rotate_left(read);
            tail[6 - read..].copy_from_slice(&buf[..read]);
        }
        if tail == *b"PING\r\n" {
            socket.write_all(b"PONG\r\n")?;
            return Ok(true);
        }
    }
}

fn sink(listener: &TcpListener) -> std::io::Result<()> {
    let mut socket = welcome(listener)?;
    while answer_ping(&mut socket, |_| {})? {}
    Ok(())
}

/// Keeps what is published and delivers it as it came: `PUB abc 16` and `MSG a 1 16` are equally long.
fn keeper(listener: &TcpListener, size: usize) -> std::io::Result<()> {
    let (mut publisher, mut subscriber) = (welcome(listener)?, welcome(listener)?);
    answer_ping(&mut publisher, |_| {})?;
    answer_ping(&mut subscriber, |_| {})?;
    let mut kept = Vec::new();
    answer_ping(&mut publisher, |bytes| kept.extend_from_slice(bytes))?;
    kept.truncate(kept.len() - b"PING\r\n".len());
    let frame = format!("PUB abc {size}\r\n").len() + size + 2;
    for message in kept.chunks_mut(frame) {
        message[..8].copy_from_slice(b"MSG a 1 ");
    }
    for piece in kept.chunks(256 * 1024) {
        subscriber.write_all(piece)?;
    }
    answer_ping(&mut publisher, |_| {})?;
    while answer_ping(&mut subscriber, |_| {})? {}
    Ok(())
}

/// Says hello; the PING behind CONNECT is answered.
fn welcome(listener: &TcpListener) -> std::io::Result<TcpStream> {
    let (mut socket, _) = listener.accept()?;
    socket.write_all(b"INFO {\"headers\":true,\"max_payload\":1048576}\r\n")?;
    answer_ping(&mut socket, |_| {})?;
    Ok(socket)
}
