//! A message as STREAM.MSG.GET shows it (GET-11).

use crate::errors::write_json_string;
use crate::time::shown_time;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use nt_store::StoredMessage;

/// The answer that shows a message.
pub fn show_message(message: &StoredMessage<'_>, no_headers: bool) -> String {
    let mut out =
        String::from("{\"type\":\"io.nats.jetstream.api.v1.stream_msg_get_response\",\"message\":{\"subject\":");
    write_json_string(&String::from_utf8_lossy(message.subject), &mut out);
    out.push_str(&format!(",\"seq\":{}", message.sequence));
    let headers = if no_headers { b"" } else { message.headers };
    for (name, bytes) in [("hdrs", headers), ("data", message.body)] {
        if !bytes.is_empty() {
            out.push_str(&format!(",\"{name}\":\""));
            STANDARD.encode_string(bytes, &mut out);
            out.push('"');
        }
    }
    out.push_str(&format!(",\"time\":\"{}\"}}}}", shown_time(message.time_ns)));
    out
}
