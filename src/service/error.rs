//! The errors between a request and a parsed answer, with types for every case that callers
//! distinguish.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use url::Url;

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
    /// An answer that is not 2xx.
    #[error("BuildPixel answered {0}")]
    Refused(Refusal),
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
    },
    /// An answer that is too long.
    #[error("BuildPixel's answer is longer than {limit_bytes} bytes")]
    TooLarge {
        /// The limit, in bytes.
        limit_bytes: usize,
    },
}

/// The documented error body, as far as the answer has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP status.
    pub status: u16,
    /// The machine-readable code.
    pub code: Option<Code>,
    /// The message for people.
    pub message: Option<String>,
    /// The id that support asks for.
    pub request_id: Option<String>,
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

    /// True if a retry may succeed.
    pub fn is_transient(&self) -> bool {
        match &self.kind {
            ApiErrorKind::Refused(refusal) => retry::is_transient(refusal.status),
            ApiErrorKind::Blocked(error) => !error.is_lasting(),
            ApiErrorKind::Unreachable { .. } => true,
            ApiErrorKind::Redirected { .. }
            | ApiErrorKind::Garbled { .. }
            | ApiErrorKind::TooLarge { .. } => false,
        }
    }

    /// True if the refusal is final: a retry will not change it.
    pub fn is_final(&self) -> bool {
        self.refusal().is_some_and(|refusal| matches!(refusal.status, 400 | 401 | 403 | 404))
    }

    /// True if the service certainly did nothing, so that even a trigger may be repeated.
    pub fn nothing_was_accepted(&self) -> bool {
        match &self.kind {
            ApiErrorKind::Refused(refusal) => match refusal.status {
                // With some gateways it means that the service took too long.
                408 => false,
                // A service that sends `Retry-After` has not begun.
                503 => refusal.retry_after.is_some(),
                status => status < 500,
            },
            // These statuses ask to send the request elsewhere; the others may point to its result.
            ApiErrorKind::Redirected { status, .. } => matches!(status, 301 | 307 | 308),
            ApiErrorKind::Blocked(_) => true,
            ApiErrorKind::Unreachable { sent, .. } => !sent,
            ApiErrorKind::Garbled { .. } | ApiErrorKind::TooLarge { .. } => false,
        }
    }
}

impl ApiError {
    /// One hint.
    pub fn hint(&self) -> Option<&'static str> {
        match &self.kind {
            ApiErrorKind::Refused(refusal) => refusal.hint(),
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
        write!(f, "{}", self.status)?;
        if let Some(code) = &self.code {
            write!(f, " {}", code.as_str())?;
        }
        if let Some(message) = &self.message {
            write!(f, ": {message}")?;
        }
        if let Some(request_id) = &self.request_id {
            write!(f, ", request {request_id}")?;
        }
        Ok(())
    }
}

impl Refusal {
    /// Parses an error body. HTML and empty bodies leave everything but the status unknown.
    pub(super) fn new(
        status: u16,
        retry_after: Option<Duration>,
        body: &str,
        clean: impl Fn(&str) -> String,
    ) -> Self {
        let object = Object::parse(body).ok();
        let text = |field| {
            let text = object.as_ref()?.get::<String>(field)?;
            Some(clean(&text)).filter(|text| !text.is_empty())
        };
        Self {
            status,
            code: text("error").map(|word| Code::new(&word)),
            message: text("message"),
            request_id: text("requestId"),
            retry_after,
        }
    }
}

impl Refusal {
    /// One hint. The code takes precedence over the status, if it is known.
    fn hint(&self) -> Option<&'static str> {
        match &self.code {
            Some(code) => code.hint().or_else(|| by_status(self.status)),
            None => by_status(self.status),
        }
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
        403 => Some("the token lacks permission, or a proxy blocks the request"),
        404 => Some("check `project`, `build-setting`, `build-id` and `api-url`"),
        429 => Some("BuildPixel limits the rate of requests; run the job again later"),
        500..=599 => Some("BuildPixel has a problem; run the job again later"),
        _ => None,
    }
}
