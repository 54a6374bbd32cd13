//! Asks a proxy for a tunnel with CONNECT, and reads its answer.

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};

use super::connect_error::{ConnectError, ProxyAnswer, is_hang_up};
use super::connection::Stream;
use super::proxy::Proxy;

/// The user agent for servers and proxies.
pub const USER_AGENT: &str = concat!("buildpixel-ci/", env!("CARGO_PKG_VERSION"));

const ANSWER_LIMIT_BYTES: u64 = 8 << 10;

/// A connection through a proxy.
pub(super) struct Tunnel {
    pub(super) stream: Stream,
    /// True if the answer announces a page, as that of a web server does.
    pub(super) announces_page: bool,
}

/// Asks for a tunnel to `authority`, a host with its port.
pub(super) async fn open(
    mut stream: Stream,
    authority: &str,
    proxy: &Proxy,
) -> Result<Tunnel, ConnectError> {
    let answer = match ask(&mut stream, authority, proxy).await {
        Ok(answer) => answer,
        Err(error) if is_hang_up(error.kind()) => ConnectAnswer::Refused(ProxyAnswer::HungUp),
        Err(cause) => {
            let target = format!("the proxy {proxy}");
            return Err(ConnectError::Tcp { target, of_proxy: true, cause });
        }
    };
    let proxy = proxy.to_string();
    match answer {
        ConnectAnswer::Open { announces_page } => Ok(Tunnel { stream, announces_page }),
        ConnectAnswer::WantsCredentials { only } => Err(ConnectError::ProxyAuth { proxy, only }),
        ConnectAnswer::Refused(answer) => Err(ConnectError::Proxy { proxy, answer }),
    }
}

enum ConnectAnswer {
    Open { announces_page: bool },
    WantsCredentials { only: Option<String> },
    Refused(ProxyAnswer),
}

async fn ask(
    stream: &mut Stream,
    authority: &str,
    proxy: &Proxy,
) -> std::io::Result<ConnectAnswer> {
    let mut request = format!(
        "CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\nUser-Agent: {USER_AGENT}\r\n"
    )
    .into_bytes();
    if let Some(authorization) = proxy.authorization() {
        request.extend_from_slice(b"Proxy-Authorization: ");
        request.extend_from_slice(authorization.as_bytes());
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"\r\n");
    stream.write_all(&request).await?;
    stream.flush().await?;

    // The server sends nothing behind the headers before we do, so the buffer must hold none of its
    // data.
    let mut reader = BufReader::new(stream.take(ANSWER_LIMIT_BYTES));
    let mut head = Vec::new();
    if reader.read_until(b'\n', &mut head).await? == 0 {
        return Ok(ConnectAnswer::Refused(ProxyAnswer::HungUp));
    }
    if !head.ends_with(b"\n") {
        return Ok(ConnectAnswer::Refused(ProxyAnswer::Endless));
    }
    // Only known words of the answer are kept: others may repeat the credentials.
    let Some(status) = status(&head) else {
        return Ok(ConnectAnswer::Refused(ProxyAnswer::NotHttp));
    };
    // The tunnel begins behind the headers.
    while !head.ends_with(b"\n\r\n") && !head.ends_with(b"\n\n") {
        if reader.read_until(b'\n', &mut head).await? == 0 {
            return Ok(ConnectAnswer::Refused(ProxyAnswer::Endless));
        }
    }
    Ok(match status {
        200 if !reader.buffer().is_empty() => ConnectAnswer::Refused(ProxyAnswer::NoTunnel),
        // As REST's HTTP client parses it.
        200 => ConnectAnswer::Open { announces_page: announces_page(&head) },
        407 => ConnectAnswer::WantsCredentials { only: schemes_without_basic(&head) },
        status => ConnectAnswer::Refused(ProxyAnswer::Status(status)),
    })
}

/// The schemes that `Proxy-Authenticate` offers, if there are any and Basic is not one of them.
fn schemes_without_basic(head: &[u8]) -> Option<String> {
    const KNOWN: [&str; 6] = ["Basic", "Bearer", "Digest", "Kerberos", "Negotiate", "NTLM"];
    let head = String::from_utf8_lossy(head);
    let words: Vec<_> = headers(&head, "proxy-authenticate")
        .flat_map(|challenges| challenges.split(','))
        .filter_map(|challenge| challenge.split_whitespace().next())
        .collect();
    let is_offered = |scheme: &&str| words.iter().any(|word| word.eq_ignore_ascii_case(scheme));
    let offered: Vec<_> = KNOWN.into_iter().filter(is_offered).collect();
    (!offered.is_empty() && !offered.contains(&"Basic")).then(|| offered.join(", "))
}

/// True if a body should follow. A proxy sends none behind the head of a tunnel.
fn announces_page(head: &[u8]) -> bool {
    let head = String::from_utf8_lossy(head);
    let has = |name| headers(&head, name).next().is_some();
    has("content-type") || headers(&head, "content-length").any(|length| length.trim() != "0")
}

/// The values of a header.
fn headers<'h>(head: &'h str, wanted: &str) -> impl Iterator<Item = &'h str> {
    let headers = head.lines().filter_map(|line| line.split_once(':'));
    headers.filter(move |(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value)
}

fn status(line: &[u8]) -> Option<u16> {
    // The reason phrase may be in any encoding.
    let line = String::from_utf8_lossy(line);
    line.strip_prefix("HTTP/")?.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_is_the_number_of_an_http_status_line() {
        for (line, expected) in [
            ("HTTP/1.1 200 Connection established\r\n", Some(200)),
            ("HTTP/1.0 403 Forbidden\r\n", Some(403)),
            ("HTTP/1.1 502\n", Some(502)),
            ("HTTP/1.1  407 x\r\n", Some(407)),
            ("HTTP/1.1\r\n", None),
            ("HTTP/1.1 OK\r\n", None),
            ("HTTP/1.1 70000 x\r\n", None),
            ("SSH-2.0-x 200 y\r\n", None),
            ("\r\n", None),
        ] {
            assert_eq!(status(line.as_bytes()), expected, "{line}");
        }
        assert_eq!(status(b"HTTP/1.1 403 Acc\xe8s refus\xe9\r\n"), Some(403));
    }

    #[test]
    fn an_answer_with_a_body_announces_a_page() {
        for (headers, expected) in [
            ("Content-Type: text/html\r\n", true),
            ("content-length: 5\r\n", true),
            // Proxies that Go's HTTP server is a part of send it in front of the tunnel.
            ("Transfer-Encoding: chunked\r\n", false),
            ("Content-Length: 0\r\n", false),
            ("Via: 1.1 squid\r\n", false),
            ("", false),
        ] {
            let head = format!("HTTP/1.1 200 OK\r\n{headers}\r\n");
            assert_eq!(announces_page(head.as_bytes()), expected, "{headers}");
        }
    }

    #[test]
    fn the_schemes_are_named_only_if_none_accepts_our_credentials() {
        for (headers, expected) in [
            ("Proxy-Authenticate: Negotiate\r\nproxy-authenticate: ntlm\r\n", "Negotiate, NTLM"),
            ("Proxy-Authenticate: Digest realm=\"a, b\", nonce=\"x\"\r\n", "Digest"),
            ("Proxy-Authenticate: NTLM, Basic realm=\"x\"\r\n", ""),
            ("Proxy-Authenticate: basic\r\n", ""),
            ("Proxy-Authenticate: hunter2\r\n", ""),
            ("WWW-Authenticate: NTLM\r\n", ""),
            ("", ""),
        ] {
            let head = format!("HTTP/1.1 407 no\r\n{headers}\r\n");
            let only = schemes_without_basic(head.as_bytes());
            assert_eq!(only.unwrap_or_default(), expected, "{headers}");
        }
    }
}
