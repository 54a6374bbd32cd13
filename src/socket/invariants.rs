//! Invariants of parsing any frame of a server.

use super::message::{self, Message};
use super::packet::Packet;
use crate::text::Mask;

thread_local! {
    /// Compiling it takes longer than a check.
    static MASK: Mask = Mask::new(&[]);
}

/// No error quotes more of a foreign text.
const QUOTE_LIMIT_BYTES: usize = 300 * 4;

/// Parses a text frame and checks the invariants.
pub fn check(frame: &str) {
    let packet = Packet::decode(frame);
    let payload = match packet {
        Packet::Open(payload)
        | Packet::Connect(payload)
        | Packet::Event(payload)
        | Packet::ConnectError(payload) => payload,
        Packet::Close | Packet::Disconnect | Packet::Ping | Packet::Pong | Packet::Other => "",
    };
    assert!(frame.ends_with(payload), "a payload is what the frame ends with");
    // JSON, which we write, never begins with a slash. A slash there would name a namespace.
    if !payload.starts_with('/') {
        assert_eq!(Packet::decode(&packet.to_string()), packet, "what was written is read again");
    }
    if let Packet::Event(event) = packet {
        let parse = |event: &str| MASK.with(|mask| message::read(event, mask));
        let read = parse(event);
        assert_eq!(read, parse(event), "read twice");
        match read.message {
            Some(Message::Log { build, .. } | Message::Status { build, .. }) => {
                let is_id = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
                assert!(build.as_str().chars().all(is_id), "an id goes into addresses");
                assert_eq!(parse(&message::join(&build)).message, None, "ours is none of theirs");
            }
            Some(Message::Unreadable { why }) => assert!(why.len() <= QUOTE_LIMIT_BYTES),
            Some(Message::JoinRefused { .. }) => {}
            None => {}
        }
    }
}
