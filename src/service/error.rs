//! The errors between a request and a parsed answer, with types for every case that callers
//! distinguish.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use url::Url;

use super::foreign::ForeignAnswer;
use crate::json::Object;
use crate::net::ConnectError;
use crate::retry;

/// A failed request. Shows no secret; its texts come from the service, hence untrusted.
#[derive(Debug)]
pub struct ApiError {
    /// The request.
    pub request: Request,
    /// The failure.
    pub kind: ApiErrorKind,
}

/// A request, for people: `GET https://…`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// The URL; no URL of this API contains a secret.
    pub url: Url,
}

/// The kinds of failures.
#[derive(Debug, thiserror::Error)]
pub enum ApiErrorKind {
    /// An answer that is not 2xx, in the API's documented error shape.
    #[error("BuildPixel answered {0}")]
    Refused(Refusal),
    /// An answer that is not 2xx and not the API's: something on the way gave it.
    #[error("{0}")]
    Foreign(ForeignAnswer),
    /// A redirect, where the token must not go.
    #[error("BuildPixel answered {status}, a redirect to {to}, which is not followed")]
    Redirected {
        /// HTTP status.
        status: u16,
        /// The host of the redirect.
        to: String,
    },
    /// There was no connection to send the request over.
    #[error("cannot reach BuildPixel")]
    Blocked(#[source] ConnectError),
    /// No answer, or only a part of one.
    #[error("{}", if *.sent { "BuildPixel did not answer" } else { "cannot reach BuildPixel" })]
    Unreachable {
        /// True if the request may have reached the service.
        sent: bool,
        /// Name lookup, connection, or a time limit.
        #[source]
        cause: reqwest::Error,
    },
    /// A 2xx answer that does not match the documentation.
    #[error("cannot understand BuildPixel's answer ({status}): expected {expected}: {why}")]
    Garbled {
        /// HTTP status.
        status: u16,
        /// The expected content.
        expected: &'static str,
        /// The parse error.
        why: String,
        /// The beginning of the answer.
        snippet: String,
        /// True if the answer is not even JSON.
        is_page: bool,
    },
    /// An answer that is too long.
    #[error("BuildPixel's answer is longer than {limit_bytes} bytes")]
    TooLarge {
        /// The limit, in bytes.
        limit_bytes: usize,
    },
}

/// The documented error body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP status.
    pub status: u16,
    /// The machine-readable code.
    pub code: Code,
    /// The message for people.
    pub message: String,
    /// The id that support asks for.
    pub request_id: String,
    /// The delay from `Retry-After`.
    pub retry_after: Option<Duration>,
}

/// Why the API refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Code {
    /// The token is missing, wrong or revoked.
    InvalidToken,
    /// The token lacks permission.
    InsufficientScope,
    /// The input is invalid.
    ValidationFailed,
    /// The Unreal Engine version is not supported.
    EngineNotFound,
    /// The GitHub App lost the repository.
    RepoNotAccessible,
    /// Perforce rejected the credentials.
    PerforceAuthFailed,
    /// It does not exist, or the token may not see it.
    NotFound,
    /// A code this program does not know.
    Other(String),
}

impl Code {
    /// Parses the API's word.
    pub fn new(word: &str) -> Self {
        match word {
            "invalid_token" => Self::InvalidToken,
            "insufficient_scope" => Self::InsufficientScope,
            "validation_failed" => Self::ValidationFailed,
            "engine_not_found" => Self::EngineNotFound,
            "repo_not_accessible" => Self::RepoNotAccessible,
            "perforce_auth_failed" => Self::PerforceAuthFailed,
            "not_found" => Self::NotFound,
            other => Self::Other(other.to_owned()),
        }
    }

    /// The API's word.
    pub fn as_str(&self) -> &str {
        match self {
            Self::InvalidToken => "invalid_token",
            Self::InsufficientScope => "insufficient_scope",
            Self::ValidationFailed => "validation_failed",
            Self::EngineNotFound => "engine_not_found",
            Self::RepoNotAccessible => "repo_not_accessible",
            Self::PerforceAuthFailed => "perforce_auth_failed",
            Self::NotFound => "not_found",
            Self::Other(word) => word,
        }
    }
}

impl ApiError {
    /// The error body, if the service refused.
    pub fn refusal(&self) -> Option<&Refusal> {
        match &self.kind {
            ApiErrorKind::Refused(refusal) => Some(refusal),
            _ => None,
        }
    }

    /// The delay from `Retry-After`.
    pub fn retry_after(&self) -> Option<Duration> {
        match &self.kind {
            ApiErrorKind::Refused(refusal) => refusal.retry_after,
            ApiErrorKind::Foreign(answer) => answer.retry_after,
            ApiErrorKind::Redirected { .. }
            | ApiErrorKind::Blocked(_)
            | ApiErrorKind::Unreachable { .. }
            | ApiErrorKind::Garbled { .. }
            | ApiErrorKind::TooLarge { .. } => None,
        }
    }

    /// True if a retry may succeed. A page of a proxy or gateway may be gone soon.
    pub fn is_transient(&self) -> bool {
        match &self.kind {
            ApiErrorKind::Refused(refusal) => retry::is_transient(refusal.status),
            ApiErrorKind::Blocked(error) => !error.is_lasting(),
            ApiErrorKind::Foreign(_) | ApiErrorKind::Unreachable { .. } => true,
            // A page to log in, or one about maintenance.
            ApiErrorKind::Redirected { .. } | ApiErrorKind::Garbled { is_page: true, .. } => true,
            ApiErrorKind::Garbled { .. } | ApiErrorKind::TooLarge { .. } => false,
        }
    }

    /// True if it will probably pass within minutes. A page with one of the statuses of a lasting
    /// refusal may belong to a wrong `api-url`.
    pub fn is_temporary(&self) -> bool {
        match &self.kind {
            ApiErrorKind::Foreign(answer) => retry::is_transient(answer.status),
            ApiErrorKind::Refused(_)
            | ApiErrorKind::Blocked(_)
            | ApiErrorKind::Unreachable { .. }
            | ApiErrorKind::Redirected { .. }
            | ApiErrorKind::Garbled { .. }
            | ApiErrorKind::TooLarge { .. } => self.is_transient(),
        }
    }

    /// True if the API denies the request itself: the token, the permission, the build.
    pub fn is_denial(&self) -> bool {
        self.refusal().is_some_and(|refusal| matches!(refusal.status, 400 | 401 | 403 | 404))
    }

    /// True if the API does not know the build, project or setting.
    pub fn is_not_found(&self) -> bool {
        self.refusal().is_some_and(|refusal| refusal.status == 404)
    }

    /// True if the service certainly did nothing, so that even a trigger may be repeated. The table
    /// in `docs/reliability.md` has every case.
    pub fn nothing_was_accepted(&self) -> bool {
        match &self.kind {
            ApiErrorKind::Refused(refusal) => match refusal.status {
                // The service took too long, and may still be at work.
                408 => false,
                // A service that sends `Retry-After` has not begun.
                503 => refusal.retry_after.is_some(),
                status => (400..500).contains(&status),
            },
            ApiErrorKind::Foreign(answer) => is_answered_before_forwarding(answer.status),
            // These statuses ask to send the request elsewhere; the others may point to its result.
            ApiErrorKind::Redirected { status, .. } => matches!(status, 301 | 307 | 308),
            ApiErrorKind::Blocked(_) => true,
            ApiErrorKind::Unreachable { sent, .. } => !sent,
            ApiErrorKind::Garbled { .. } | ApiErrorKind::TooLarge { .. } => false,
        }
    }
}

/// True if a proxy or gateway sends this status only instead of forwarding a request: it wants
/// other credentials for itself, cannot parse the head, or limits the rate. It may send any other
/// status in place of BuildPixel's answer: Varnish sends 503 with `Retry-After` if that was late,
/// and filters of answers send 403.
fn is_answered_before_forwarding(status: u16) -> bool {
    matches!(status, 407 | 411 | 414 | 417 | 421 | 426 | 429 | 431)
}

impl ApiError {
    /// One hint.
    pub fn hint(&self) -> Option<&'static str> {
        match &self.kind {
            ApiErrorKind::Refused(refusal) => refusal.hint(),
            ApiErrorKind::Foreign(answer) => Some(answer.hint()),
            ApiErrorKind::Blocked(error) => Some(error.hint()),
            ApiErrorKind::Unreachable { .. } => Some(
                "check `api-url`, the proxy variables and, for a certificate of your own, `ca-file`",
            ),
            ApiErrorKind::Redirected { .. } => Some("check `api-url`"),
            ApiErrorKind::Garbled { .. } | ApiErrorKind::TooLarge { .. } => Some(
                "check `api-url`, and whether a proxy or gateway answered in BuildPixel's place",
            ),
        }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}

impl Error for ApiError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.kind.source()
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.url)
    }
}

impl fmt::Display for Refusal {
    /// `401 invalid_token: the token was revoked, request req_8d1f`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.status, self.code.as_str())?;
        if !self.message.is_empty() {
            write!(f, ": {}", self.message)?;
        }
        write!(f, ", request {}", self.request_id)
    }
}

impl Refusal {
    /// Parses an error body. `None` if it does not have the documented shape: a code in
    /// `snake_case`, a message, and a request id. No proxy or gateway has all three.
    pub(super) fn new(
        status: u16,
        retry_after: Option<Duration>,
        body: &str,
        clean: impl Fn(&str) -> String,
    ) -> Option<Self> {
        let object = Object::parse(body).ok()?;
        let text = |field| object.get::<String>(field).map(|text| clean(&text));
        let code = text("error").filter(|word| is_snake_case(word))?;
        let request_id = text("requestId").filter(|id| id.starts_with("req_"))?;
        Some(Self {
            status,
            code: Code::new(&code),
            message: text("message")?,
            request_id,
            retry_after,
        })
    }
}

fn is_snake_case(word: &str) -> bool {
    let is_inside = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_');
    word.starts_with(|c: char| c.is_ascii_lowercase()) && word.bytes().all(is_inside)
}

impl Refusal {
    /// One hint. The code takes precedence over the status, if it is known.
    fn hint(&self) -> Option<&'static str> {
        self.code.hint().or_else(|| by_status(self.status))
    }
}

impl Code {
    fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::InvalidToken => "check the `token` input; a revoked token answers 401",
            Self::InsufficientScope => {
                "the token lacks permission; use a `member` token to trigger builds"
            }
            Self::ValidationFailed => "check `branch`, `commit` and `changelist`",
            Self::EngineNotFound => {
                "BuildPixel does not support the Unreal Engine version of this build setting"
            }
            Self::RepoNotAccessible => {
                "give the BuildPixel GitHub App access to the repository again"
            }
            Self::PerforceAuthFailed => {
                "renew the Perforce credentials in the project's settings at BuildPixel"
            }
            Self::NotFound => {
                "check `project`, `build-setting` and `build-id`; the API also answers 404 for anything \
                 the token may not see"
            }
            Self::Other(_) => return None,
        })
    }
}

fn by_status(status: u16) -> Option<&'static str> {
    match status {
        401 => Some("check the `token` input; a revoked token answers 401"),
        403 => Some("the token lacks permission"),
        404 => Some("check `project`, `build-setting`, `build-id` and `api-url`"),
        429 => Some("BuildPixel limits the rate of requests; run the job again later"),
        500..=599 => Some("BuildPixel has a problem; run the job again later"),
        _ => None,
    }
}
