//! Every error: its text (each cause once), its exit code and its hint.

use std::io;

use super::*;
use crate::causes::walk;
use crate::net::{ConnectError, RootsError};
use crate::service::{ApiErrorKind, Code, Refusal, Request};

fn id(text: &str) -> Id {
    Id::new(text).unwrap()
}

fn api(kind: ApiErrorKind) -> ApiError {
    let url = "https://a.test/x".parse().unwrap();
    ApiError { request: Request { method: "POST", url }, kind }
}

fn refused(status: u16, code: &str) -> ApiError {
    api(ApiErrorKind::Refused(Refusal {
        status,
        code: Code::new(code),
        message: String::new(),
        request_id: "req_1".to_owned(),
        retry_after: None,
    }))
}

fn unconnected() -> ApiError {
    let cause = io::Error::other("no route");
    api(ApiErrorKind::Blocked(ConnectError::Tcp {
        target: "a.test:443".to_owned(),
        of_proxy: false,
        cause,
    }))
}

fn garbled() -> ApiError {
    let (expected, why, snippet) = ("a build", "no `status` in it".to_owned(), "<html>".to_owned());
    api(ApiErrorKind::Garbled { status: 200, expected, why, snippet, is_page: true })
}

/// Each error with its exit code and its lines.
fn errors() -> Vec<(Error, u8, &'static str)> {
    let proxy = || ConnectError::ProxyAuth { proxy: "p:1".to_owned(), only: None };
    vec![
        (
            Error::Network(NetError::Roots(RootsError::Empty)),
            20,
            "cannot prepare the network: cannot use the root certificates of `ca-file`\n\
             it contains no PEM certificate\n\
             nothing was triggered; check `ca-file`",
        ),
        (
            Error::Machine(io::Error::other("too many open files")),
            30,
            "cannot run on this machine: too many open files\n\
             nothing was triggered; raise the limits of this machine (open files, memory), or run the job \
             on another machine",
        ),
        (
            Error::Trigger(unconnected()),
            30,
            "cannot trigger the build: cannot reach BuildPixel\n\
             POST https://a.test/x\n\
             cannot connect to a.test:443\n\
             no route\n\
             check `api-url`, the proxy variables and, for a certificate of your own, `ca-file`",
        ),
        (
            Error::Untriggered {
                answer: refused(504, "x"),
                refusal: Some(Box::new(unconnected())),
                requests: 2,
            },
            30,
            "cannot trigger the build: BuildPixel answered 504 x, request req_1; then cannot reach BuildPixel\n\
             POST https://a.test/x\n\
             cannot connect to a.test:443\n\
             no route\n\
             2 requests got no clear answer, and BuildPixel lists no build of them\n\
             BuildPixel lists no build of this trigger; check `api-url`, the proxy variables and, for a \
             certificate of your own, `ca-file`",
        ),
        (
            Error::Uncertain {
                answer: refused(504, "x"),
                refusal: Some(Box::new(refused(429, "y"))),
                ambiguity: Ambiguity::Unreadable(Box::new(unconnected())),
            },
            31,
            "cannot tell whether a build was triggered: BuildPixel answered 504 x, request req_1; then BuildPixel \
             answered 429 y, request req_1; the list of builds cannot be read (cannot reach BuildPixel)\n\
             POST https://a.test/x\n\
             POST https://a.test/x\n\
             cannot connect to a.test:443\n\
             no route\n\
             a build may have been started: check the BuildPixel dashboard before you trigger again",
        ),
        (
            Error::Attach(garbled()),
            32,
            "cannot attach to the build: cannot understand BuildPixel's answer (200): expected a build: no \
             `status` in it\n\
             POST https://a.test/x\n\
             the answer begins: <html>\n\
             check `api-url`, and whether a proxy or gateway answered in BuildPixel's place",
        ),
        (
            Error::lost(&id("b1"), refused(401, "invalid_token")),
            31,
            "cannot read the result of build b1: BuildPixel answered 401 invalid_token, request req_1\n\
             POST https://a.test/x\n\
             check the `token` input; a revoked token answers 401; then set `build-id: b1` to follow \
             the build again",
        ),
        (
            Error::Stream { build: id("b1"), cause: SocketError::Blocked(proxy()) },
            31,
            "cannot follow build b1 live: the proxy p:1 requires other credentials (407)\n\
             the build was not stopped; set `build-id: b1` to follow the build again",
        ),
        (
            Error::Stream {
                build: id("b1"),
                cause: SocketError::Io(io::Error::other("reset by peer")),
            },
            31,
            "cannot follow build b1 live: the connection broke\n\
             reset by peer\n\
             the build was not stopped; set `build-id: b1` to follow the build again",
        ),
        (
            Error::Internal,
            1,
            "the task that follows the build has stopped\n\
             this is a bug; please report it",
        ),
    ]
}

#[test]
fn every_error_shows_its_causes_and_one_hint() {
    for (error, code, expected) in errors() {
        let lines = std::iter::once(error.headline()).chain(error.causes()).chain(error.hint());
        assert_eq!(lines.collect::<Vec<_>>().join("\n"), expected);
        assert_eq!(error.exit_code().number(), code, "{error:?}");
    }
}

#[test]
fn no_error_text_repeats_its_source() {
    for (error, ..) in errors() {
        let texts: Vec<_> = walk(&error).map(ToString::to_string).collect();
        for (number, text) in texts.iter().enumerate() {
            for source in &texts[number + 1..] {
                assert!(!text.contains(source.as_str()), "{texts:?}");
            }
        }
        assert_eq!(chain(&error), texts.join(": "));
    }
}
