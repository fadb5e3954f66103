//! What a client was sent, frame by frame. Panics on anything a client library could not read.

/// A frame from the server.
#[allow(missing_docs)] // the protocol's own names
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    Info(String),
    Ping,
    Pong,
    Ok,
    Err(String),
    Msg(Message),
}

/// MSG or HMSG.
#[allow(missing_docs)] // the protocol's own names
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub subject: String,
    pub sid: String,
    pub reply: Option<String>,
    /// Empty for MSG.
    pub headers: Vec<u8>,
    pub payload: Vec<u8>,
}

impl Message {
    /// The payload as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.payload).into_owned()
    }
}

/// All whole frames; how many bytes they take.
pub fn frames(bytes: &[u8]) -> (Vec<Frame>, usize) {
    let (mut all, mut at) = (Vec::new(), 0);
    while let Some((frame, used)) = frame(&bytes[at..]) {
        all.push(frame);
        at += used;
    }
    (all, at)
}

fn frame(bytes: &[u8]) -> Option<(Frame, usize)> {
    let end = bytes.windows(2).position(|w| w == b"\r\n")?;
    let line = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let after = end + 2;
    let (word, arguments) = line.split_once(' ').unwrap_or((&line, ""));
    let simple = match word {
        "INFO" => Frame::Info(arguments.to_owned()),
        "PING" => Frame::Ping,
        "PONG" => Frame::Pong,
        "+OK" => Frame::Ok,
        "-ERR" => {
            let text = arguments.strip_prefix('\'').and_then(|t| t.strip_suffix('\''));
            Frame::Err(text.expect("an error text in quotes").to_owned())
        }
        "MSG" | "HMSG" => return message(word == "HMSG", arguments, &bytes[after..]).map(|(m, n)| (m, after + n)),
        _ => panic!("no frame starts like {line:?}"),
    };
    Some((simple, after))
}

fn message(has_headers: bool, arguments: &str, rest: &[u8]) -> Option<(Frame, usize)> {
    let mut parts: Vec<&str> = arguments.split(' ').collect();
    let mut number = || -> usize { parts.pop().and_then(|n| n.parse().ok()).expect("a size") };
    let total = number();
    let header_len = if has_headers { number() } else { 0 };
    assert!((2..=3).contains(&parts.len()), "arguments {arguments:?}");
    assert!(header_len <= total);
    if rest.len() < total + 2 {
        return None;
    }
    assert_eq!(&rest[total..total + 2], b"\r\n", "a payload ends in CRLF");
    let message = Message {
        subject: parts[0].to_owned(),
        sid: parts[1].to_owned(),
        reply: parts.get(2).map(|reply| (*reply).to_owned()),
        headers: rest[..header_len].to_vec(),
        payload: rest[header_len..total].to_vec(),
    };
    Some((Frame::Msg(message), total + 2))
}
