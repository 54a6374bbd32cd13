//! BuildPixel's REST API: one request, one typed answer. Nothing is retried here.

mod error;
mod foreign;
pub(crate) mod wire;

use std::time::{Duration, Instant, SystemTime};

use reqwest::header::{DATE, HeaderMap, HeaderName, LOCATION, RETRY_AFTER};
use reqwest::{RequestBuilder, Response};
use tracing::debug;
use url::Url;

pub use error::{ApiError, ApiErrorKind, Code, Refusal, Request};
pub use foreign::ForeignAnswer;
pub use wire::{Listed, More, Page, Setting, Snapshot, TriggerOverrides, Triggered};

use crate::config::Secret;
use crate::model::Id;
use crate::net::Net;
use crate::text::Mask;
use crate::threads;

const TIMEOUT: Duration = Duration::from_secs(30);
const BODY_LIMIT_BYTES: usize = 8 << 20;
const LONG_BODY_BYTES: usize = 256 << 10;
const ERROR_BODY_LIMIT_BYTES: usize = 64 << 10;
const SNIPPET_CHARS: usize = 300;

/// The longest page that the API gives.
const PAGE_LIMIT: usize = 100;

/// The API with one token.
#[derive(Clone)]
pub struct Client {
    base: Url,
    token: Secret,
    mask: Mask,
    net: Net,
    timeout: Duration,
}

/// A 2xx answer.
struct Success {
    status: u16,
    /// The time on the service's clock.
    date: Option<SystemTime>,
    /// When its head arrived.
    came: Instant,
    body: String,
}

impl Client {
    /// Prepares requests to `api_url`; sends none.
    pub fn new(api_url: &Url, token: &Secret, net: &Net) -> Self {
        let (base, token, net) = (api_url.clone(), token.clone(), net.clone());
        let mask = Mask::new(&[token.expose()]);
        Self { base, token, mask, net, timeout: TIMEOUT }
    }

    /// The same, with no more time for an answer than `limit`.
    #[must_use]
    pub fn within(&self, limit: Duration) -> Self {
        Self { timeout: self.timeout.min(limit), ..self.clone() }
    }

    /// Queues a build. There is no idempotency key: repeating this may build twice, unless
    /// [`ApiError::nothing_was_accepted`] is true.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn trigger(
        &self,
        project: &Id,
        build_setting: &Id,
        overrides: &TriggerOverrides,
    ) -> Result<Triggered, ApiError> {
        let path = format!("/projects/{project}/build-settings/{build_setting}/trigger");
        let request = Request { method: "POST", url: self.url(&path) };
        let http = self.net.http_within(self.timeout);
        let sending = http.post(request.url.clone()).json(overrides);
        self.answer(request, sending, "a triggered build", |got| wire::triggered(&got.body)).await
    }

    /// Reads a build.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn build(&self, build: &Id) -> Result<Snapshot, ApiError> {
        let request = Request { method: "GET", url: self.url(&format!("/builds/{build}")) };
        let sending = self.net.http().get(request.url.clone());
        self.answer(request, sending, "a build", |got| wire::snapshot(&got.body)).await
    }

    /// Lists the builds of a build setting, in no documented order: the first page, or the page at
    /// `cursor`.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn builds(
        &self,
        project: &Id,
        build_setting: &Id,
        cursor: Option<&str>,
    ) -> Result<Page, ApiError> {
        let mut url = self.url("/builds");
        url.query_pairs_mut()
            .append_pair("projectId", project.as_str())
            .append_pair("buildSettingId", build_setting.as_str())
            .append_pair("limit", &PAGE_LIMIT.to_string())
            .extend_pairs(cursor.map(|cursor| ("cursor", cursor)));
        let request = Request { method: "GET", url };
        let sending = self.net.http().get(request.url.clone());
        let read: fn(&Success) -> _ = |got| wire::page(&got.body, got.date, got.came);
        self.answer(request, sending, "a list of builds", read).await
    }

    /// Reads a build setting.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn build_setting(
        &self,
        project: &Id,
        build_setting: &Id,
    ) -> Result<Setting, ApiError> {
        let path = format!("/projects/{project}/build-settings/{build_setting}");
        let request = Request { method: "GET", url: self.url(&path) };
        let sending = self.net.http().get(request.url.clone());
        self.answer(request, sending, "a build setting", |got| wire::setting(&got.body)).await
    }

    fn url(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}{path}", self.base.path().trim_end_matches('/')));
        url
    }

    async fn answer<T: Send + 'static>(
        &self,
        request: Request,
        sending: RequestBuilder,
        expected: &'static str,
        read: fn(&Success) -> Result<T, String>,
    ) -> Result<T, ApiError> {
        let sent = self.send(sending).await;
        let status = sent.as_ref().ok().map(|success| success.status);
        debug!(%request, status, error = sent.as_ref().err().map(ToString::to_string), "answer");
        match sent {
            Ok(success) => {
                let status = success.status;
                parse_answer(success, read).await.map_err(|(why, body)| {
                    let is_page = !body.trim_start().starts_with(['{', '[']);
                    let (why, snippet) = (self.snippet(&why), self.snippet(&body));
                    ApiErrorKind::Garbled { status, expected, why, snippet, is_page }
                })
            }
            Err(kind) => Err(kind),
        }
        .map_err(|kind| ApiError { request, kind })
    }

    async fn send(&self, sending: RequestBuilder) -> Result<Success, ApiErrorKind> {
        let deadline = tokio::time::Instant::now() + self.timeout;
        let sending = sending.bearer_auth(self.token.expose()).timeout(self.timeout);
        let mut response = match sending.send().await {
            Ok(response) => response,
            Err(error) => return Err(self.connection_failure(error, deadline).await),
        };
        let came = Instant::now();
        let status = response.status();
        if status.is_redirection() {
            return Err(ApiErrorKind::Redirected {
                status: status.as_u16(),
                to: self.snippet(&target(&response)),
            });
        }
        if !status.is_success() {
            return Err(self.refusal(response).await);
        }
        let date = date(&response, DATE);
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
            if body.len() + chunk.len() > BODY_LIMIT_BYTES {
                return Err(ApiErrorKind::TooLarge { limit_bytes: BODY_LIMIT_BYTES });
            }
            body.extend_from_slice(&chunk);
        }
        let body = String::from_utf8_lossy(&body).into_owned();
        Ok(Success { status: status.as_u16(), date, came, body })
    }

    /// Reads as much of the error body as there is; the status alone is enough.
    async fn refusal(&self, mut response: Response) -> ApiErrorKind {
        let mut body = Vec::new();
        while let Ok(Some(chunk)) = response.chunk().await {
            body.extend_from_slice(&chunk);
            if body.len() > ERROR_BODY_LIMIT_BYTES {
                break;
            }
        }
        let (status, headers) = (response.status().as_u16(), response.headers());
        let (body, retry_after) = (String::from_utf8_lossy(&body), retry_after(&response));
        refused(status, headers, retry_after, &body, |text| self.snippet(text))
    }

    /// The reason for a request without an answer, if there was no connection.
    async fn connection_failure(
        &self,
        error: reqwest::Error,
        deadline: tokio::time::Instant,
    ) -> ApiErrorKind {
        match self.net.connect_error(&self.base, &error, deadline).await {
            Some(why) => ApiErrorKind::Blocked(why),
            None => unreachable(error),
        }
    }

    /// The beginning of a foreign text. The token is masked, should the service echo it.
    fn snippet(&self, text: &str) -> String {
        self.mask.beginning(text, SNIPPET_CHARS)
    }
}

/// An answer that is not 2xx: the API's own, if it has the documented shape.
fn refused(
    status: u16,
    headers: &HeaderMap,
    retry_after: Option<Duration>,
    body: &str,
    clean: impl Fn(&str) -> String,
) -> ApiErrorKind {
    match Refusal::new(status, retry_after, body, &clean) {
        Some(refusal) => ApiErrorKind::Refused(refusal),
        None => {
            let answer = ForeignAnswer::new(status, headers, retry_after, body, clean);
            ApiErrorKind::Foreign(answer)
        }
    }
}

fn unreachable(error: reqwest::Error) -> ApiErrorKind {
    let sent = !error.is_connect() && !error.is_builder();
    ApiErrorKind::Unreachable { sent, cause: error.without_url() }
}

/// Parses an answer; a long one on a separate thread. On failure returns the reason and the answer.
async fn parse_answer<T: Send + 'static>(
    success: Success,
    read: fn(&Success) -> Result<T, String>,
) -> Result<T, (String, String)> {
    let work = move |success: Success| read(&success).map_err(|why| (why, success.body));
    if success.body.len() <= LONG_BODY_BYTES {
        return work(success);
    }
    let parsed = threads::run("answer", "reads an answer of BuildPixel", success, work).await;
    parsed.unwrap_or_else(|| Err(("parsing it failed".to_owned(), String::new())))
}

/// The host of a redirect: its path and query may contain secrets.
fn target(response: &Response) -> String {
    let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
    let url = location.and_then(|location| response.url().join(location).ok());
    url.as_ref().and_then(Url::host_str).unwrap_or("nowhere").to_owned()
}

/// In seconds, or as a date by the service's clock: ours may be wrong.
fn retry_after(response: &Response) -> Option<Duration> {
    if let Some(until) = date(response, RETRY_AFTER) {
        let now = date(response, DATE).unwrap_or_else(SystemTime::now);
        return Some(until.duration_since(now).unwrap_or_default());
    }
    text(response, RETRY_AFTER)?.trim().parse().ok().map(Duration::from_secs)
}

fn date(response: &Response, header: HeaderName) -> Option<SystemTime> {
    httpdate::parse_http_date(text(response, header)?.trim()).ok()
}

fn text(response: &Response, header: HeaderName) -> Option<&str> {
    response.headers().get(header)?.to_str().ok()
}

#[cfg(any(test, fuzzing))]
pub mod invariants;

#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod network_tests;
#[cfg(test)]
mod tests;
