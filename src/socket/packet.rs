//! The packets of Engine.IO 4 and, inside its messages, of Socket.IO 5. Covers the needs of a
//! client of one namespace without binary data. Pure.

use std::fmt;

/// One text frame. Payloads are unparsed JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packet<'a> {
    /// Engine.IO: the server's handshake with its ping intervals.
    Open(&'a str),
    /// Engine.IO: the transport is about to be closed.
    Close,
    /// Engine.IO: a ping. The server disconnects if no pong answers it.
    Ping,
    /// Engine.IO: the answer to a ping.
    Pong,
    /// Socket.IO: requests the namespace with `auth`, or grants it with a session id.
    Connect(&'a str),
    /// Socket.IO: leaves the namespace.
    Disconnect,
    /// Socket.IO: an array of the event's name and its arguments.
    Event(&'a str),
    /// Socket.IO: the namespace is refused.
    ConnectError(&'a str),
    /// Anything else: binary events and their acknowledgements, other namespaces, future packets,
    /// garbage. Safe to skip.
    Other,
}

impl<'a> Packet<'a> {
    /// Parses a text frame.
    pub(super) fn decode(frame: &'a str) -> Self {
        let mut rest = frame.chars();
        match rest.next() {
            Some('0') => Self::Open(rest.as_str()),
            Some('1') => Self::Close,
            Some('2') => Self::Ping,
            Some('3') => Self::Pong,
            Some('4') => Self::decode_message(rest.as_str()),
            _ => Self::Other,
        }
    }

    fn decode_message(message: &'a str) -> Self {
        let mut rest = message.chars();
        let kind = rest.next();
        let Some(payload) = in_default_namespace(rest.as_str()) else {
            return Self::Other;
        };
        match kind {
            Some('0') => Self::Connect(payload),
            Some('1') => Self::Disconnect,
            // A number before the array asks for an acknowledgement.
            Some('2') => Self::Event(payload.trim_start_matches(|c: char| c.is_ascii_digit())),
            Some('4') => Self::ConnectError(payload),
            _ => Self::Other,
        }
    }
}

/// The text behind the namespace; `None` in any namespace but the default one.
fn in_default_namespace(text: &str) -> Option<&str> {
    if !text.starts_with('/') {
        return Some(text);
    }
    match text.split_once(',').unwrap_or((text, "")) {
        ("/", payload) => Some(payload),
        _ => None,
    }
}

impl fmt::Display for Packet<'_> {
    /// Writes the text frame.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open(payload) => write!(f, "0{payload}"),
            Self::Close => f.write_str("1"),
            Self::Ping => f.write_str("2"),
            Self::Pong => f.write_str("3"),
            Self::Connect(payload) => write!(f, "40{payload}"),
            Self::Disconnect => f.write_str("41"),
            Self::Event(payload) => write!(f, "42{payload}"),
            Self::ConnectError(payload) => write!(f, "44{payload}"),
            Self::Other => f.write_str("6"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::socket::invariants;

    #[test]
    fn each_frame_is_parsed_as_the_protocol_defines() {
        for (frame, packet) in [
            (r#"0{"sid":"a"}"#, Packet::Open(r#"{"sid":"a"}"#)),
            ("0", Packet::Open("")),
            ("1", Packet::Close),
            ("2", Packet::Ping),
            ("2probe", Packet::Ping),
            ("3", Packet::Pong),
            (r#"40{"sid":"b"}"#, Packet::Connect(r#"{"sid":"b"}"#)),
            ("40", Packet::Connect("")),
            ("40/,{}", Packet::Connect("{}")),
            ("41", Packet::Disconnect),
            ("41/,", Packet::Disconnect),
            (r#"42["a",1]"#, Packet::Event(r#"["a",1]"#)),
            (r#"42/,["a"]"#, Packet::Event(r#"["a"]"#)),
            (r#"4217["a"]"#, Packet::Event(r#"["a"]"#)),
            (r#"42/,17["a"]"#, Packet::Event(r#"["a"]"#)),
            ("42", Packet::Event("")),
            (r#"44{"message":"no"}"#, Packet::ConnectError(r#"{"message":"no"}"#)),
        ] {
            assert_eq!(Packet::decode(frame), packet, "{frame}");
        }
    }

    #[test]
    fn everything_else_is_skipped() {
        for frame in [
            "",
            "4",
            "5",
            "6",
            "7",
            "x",
            "\u{1F600}",
            "b4AQI=",
            "43[1]",
            "4317[]",
            r#"451-["a",{"_placeholder":true,"num":0}]"#,
            "461-17[1]",
            "47",
            "4x",
            "40/admin,{}",
            "41/admin,",
            "41/admin",
            r#"42/admin,["a"]"#,
            r#"44/admin,{"message":"no"}"#,
        ] {
            assert_eq!(Packet::decode(frame), Packet::Other, "{frame}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(frame in r"[0-9]{0,3}(/[a-z]{0,2},?)?.{0,10}") {
            invariants::check(&frame);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            invariants::check(&String::from_utf8_lossy(&bytes));
        }

        #[test]
        fn written_packets_parse_to_themselves(payload in r#"\{"a":".*"\}|\["a",.*\]"#) {
            for packet in [
                Packet::Open(&payload),
                Packet::Close,
                Packet::Ping,
                Packet::Pong,
                Packet::Connect(&payload),
                Packet::Disconnect,
                Packet::Event(&payload),
                Packet::ConnectError(&payload),
                Packet::Other,
            ] {
                let frame = packet.to_string();
                prop_assert_eq!(Packet::decode(&frame), packet);
            }
        }
    }
}
