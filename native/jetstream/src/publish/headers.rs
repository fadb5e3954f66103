//! The headers of a published message that a stream understands, found in one pass over the block.

/// Values of the headers that a stream understands, as sent except for blanks in front. The first of a name counts;
/// names are compared with their case.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct PublishHeaders<'a> {
    /// `Nats-Msg-Id`
    pub msg_id: Option<&'a [u8]>,
    /// `Nats-Expected-Stream`
    pub expected_stream: Option<&'a [u8]>,
    /// `Nats-Expected-Last-Sequence`
    pub expected_last_sequence: Option<&'a [u8]>,
    /// `Nats-Expected-Last-Subject-Sequence`
    pub expected_last_subject_sequence: Option<&'a [u8]>,
    /// `Nats-Expected-Last-Subject-Sequence-Subject`
    pub expected_last_subject_sequence_subject: Option<&'a [u8]>,
    /// `Nats-Expected-Last-Msg-Id`
    pub expected_last_msg_id: Option<&'a [u8]>,
    /// `Nats-Rollup`
    pub rollup: Option<&'a [u8]>,
    /// `Nats-TTL`
    pub ttl: Option<&'a [u8]>,
    /// `Nats-Incr`
    pub increment: Option<&'a [u8]>,
    /// `Nats-Batch-Id`
    pub batch_id: Option<&'a [u8]>,
    /// `Nats-Batch-Sequence`
    pub batch_sequence: Option<&'a [u8]>,
    /// `Nats-Batch-Commit`
    pub batch_commit: Option<&'a [u8]>,
    /// `Nats-Required-Api-Level`
    pub required_api_level: Option<&'a [u8]>,
    /// `Nats-Schedule`
    pub schedule: Option<&'a [u8]>,
    /// `Nats-Schedule-Target`
    pub schedule_target: Option<&'a [u8]>,
    /// `Nats-Schedule-TTL`
    pub schedule_ttl: Option<&'a [u8]>,
    /// `Nats-Schedule-Rollup`
    pub schedule_rollup: Option<&'a [u8]>,
    /// `Nats-Schedule-Source`
    pub schedule_source: Option<&'a [u8]>,
    /// `Nats-Schedule-Time-Zone`
    pub schedule_time_zone: Option<&'a [u8]>,
    /// `Nats-Schedule-Next`
    pub schedule_next: Option<&'a [u8]>,
    /// `Nats-Scheduler`
    pub scheduler: Option<&'a [u8]>,
    /// `Nats-Stream-Source`
    pub stream_source: Option<&'a [u8]>,
    /// `Nats-Request-Info`: who asked, when the message crossed accounts as a service; never stored.
    pub request_info: Option<&'a [u8]>,
}

impl<'a> PublishHeaders<'a> {
    /// Finds the headers in a block, which starts with the line `NATS/1.0`.
    pub fn find(block: &'a [u8]) -> Self {
        let mut found = Self::default();
        let mut rest = block;
        while let Some(end) = line_end(rest) {
            // The line of the version comes first and has no name that matters.
            if let Some((name, value)) = split_line(&rest[..end])
                && let Some(place) = found.place(name)
            {
                place.get_or_insert(value);
            }
            rest = &rest[end + 2..];
        }
        found
    }

    fn place(&mut self, name: &[u8]) -> Option<&mut Option<&'a [u8]>> {
        let place = match name.strip_prefix(b"Nats-")? {
            b"Msg-Id" => &mut self.msg_id,
            b"Expected-Stream" => &mut self.expected_stream,
            b"Expected-Last-Sequence" => &mut self.expected_last_sequence,
            b"Expected-Last-Subject-Sequence" => &mut self.expected_last_subject_sequence,
            b"Expected-Last-Subject-Sequence-Subject" => &mut self.expected_last_subject_sequence_subject,
            b"Expected-Last-Msg-Id" => &mut self.expected_last_msg_id,
            b"Rollup" => &mut self.rollup,
            b"TTL" => &mut self.ttl,
            b"Incr" => &mut self.increment,
            b"Batch-Id" => &mut self.batch_id,
            b"Batch-Sequence" => &mut self.batch_sequence,
            b"Batch-Commit" => &mut self.batch_commit,
            b"Required-Api-Level" => &mut self.required_api_level,
            b"Schedule" => &mut self.schedule,
            b"Schedule-Target" => &mut self.schedule_target,
            b"Schedule-TTL" => &mut self.schedule_ttl,
            b"Schedule-Rollup" => &mut self.schedule_rollup,
            b"Schedule-Source" => &mut self.schedule_source,
            b"Schedule-Time-Zone" => &mut self.schedule_time_zone,
            b"Schedule-Next" => &mut self.schedule_next,
            b"Scheduler" => &mut self.scheduler,
            b"Stream-Source" => &mut self.stream_source,
            b"Request-Info" => &mut self.request_info,
            _ => return None,
        };
        Some(place)
    }
}

fn line_end(text: &[u8]) -> Option<usize> {
    let mut from = 0;
    loop {
        let end = from + text[from..].iter().position(|&byte| byte == b'\r')?;
        if text.get(end + 1) == Some(&b'\n') {
            return Some(end);
        }
        from = end + 1;
    }
}

fn split_line(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = line.iter().position(|&byte| byte == b':')?;
    let (name, value) = (&line[..colon], &line[colon + 1..]);
    let blanks = value.iter().take_while(|&&byte| byte == b' ').count();
    Some((name, &value[blanks..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(lines: &str) -> PublishHeaders<'_> {
        PublishHeaders::find(lines.as_bytes())
    }

    /// PUB-9, as nats-server 2.15.2 answers: only blanks in front are cut.
    #[test]
    fn pub_9_names_keep_their_case_and_the_first_value_counts() {
        let found =
            find("NATS/1.0\r\nnats-msg-id: x\r\nNats-Msg-Id:  a b \r\nNats-Msg-Id: c\r\nNats-Msg-Id-Foo: d\r\n\r\n");
        assert_eq!(found.msg_id, Some(&b"a b "[..]));
        assert_eq!(find("NATS/1.0\r\nNats-Msg-Id:\ta\r\n\r\n").msg_id, Some(&b"\ta"[..]));
        assert_eq!(find("NATS/1.0\r\nX: 1\r\nNats-Msg-Id: \r\n\r\n").msg_id, Some(&b""[..]));
        assert_eq!(find("NATS/1.0\r\n Nats-Msg-Id: a\r\n\r\n").msg_id, None);
    }

    #[test]
    fn a_name_in_a_value_is_none() {
        let found = find("NATS/1.0\r\nX: Nats-Rollup: all\r\nY: \rNats-TTL: 5\r\n\r\n");
        assert_eq!(found, PublishHeaders::default());
    }

    #[test]
    fn every_header_has_its_place() {
        let names = [
            "Msg-Id",
            "Expected-Stream",
            "Expected-Last-Sequence",
            "Expected-Last-Subject-Sequence",
            "Expected-Last-Subject-Sequence-Subject",
            "Expected-Last-Msg-Id",
            "Rollup",
            "TTL",
            "Incr",
            "Batch-Id",
            "Batch-Sequence",
            "Batch-Commit",
            "Required-Api-Level",
            "Schedule",
            "Schedule-Target",
            "Schedule-TTL",
            "Schedule-Rollup",
            "Schedule-Source",
            "Schedule-Time-Zone",
            "Schedule-Next",
            "Scheduler",
            "Stream-Source",
            "Request-Info",
        ];
        let mut seen = Vec::new();
        for name in names {
            let block = format!("NATS/1.0\r\nNats-{name}: v\r\n\r\n");
            let shown = format!("{:?}", PublishHeaders::find(block.as_bytes()));
            assert_eq!(shown.matches("Some").count(), 1, "{name}");
            assert!(!seen.contains(&shown), "{name} has the place of another one");
            seen.push(shown);
        }
    }
}
