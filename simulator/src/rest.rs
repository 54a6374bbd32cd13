//! The REST side: every route of the API in one table.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future::{pending, ready};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Query, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};

use crate::faults::{Fault, FaultInjector};
use crate::ids::{PROJECT_ID, SETTING_ID, trigger_path};
use crate::journal::Entry;
use crate::scenario::{Answer, Ending};
use crate::service::Service;
use crate::session;

/// The path of Socket.IO.
const SOCKET_PATH: &str = "/socket.io/";

const DEFAULT_LIMIT: usize = 25;
const MAX_LIMIT: usize = 100;

type Parameters = BTreeMap<String, String>;

/// The body of an answer that is no success.
struct Refusal {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl Refusal {
    fn not_found(what: &str) -> Self {
        let message = format!("{what} does not exist or is not visible to this token");
        Self { status: StatusCode::NOT_FOUND, code: "not_found", message }
    }

    fn invalid(message: impl Into<String>) -> Self {
        let message = message.into();
        Self { status: StatusCode::BAD_REQUEST, code: "validation_failed", message }
    }

    fn invalid_token() -> Self {
        let message = "The token is missing, unknown or revoked".to_owned();
        Self { status: StatusCode::UNAUTHORIZED, code: "invalid_token", message }
    }

    fn into_response(self, request_id: &str) -> Response {
        let body = json!({ "error": self.code, "message": self.message, "requestId": request_id });
        (self.status, Json(body)).into_response()
    }
}

/// Records a request and answers it.
pub(crate) async fn answer(
    State(service): State<Arc<Service>>,
    ConnectInfo(injector): ConnectInfo<FaultInjector>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let number = service.record(&method, &uri, &headers, &body);
    if method == Method::POST && uri.path() == trigger_path() {
        service.queue_others().await;
    }
    let scripted = service.scripted(method.as_str(), uri.path());
    let request_id = format!("req_{number:012}");
    let mut response = match scripted {
        Some(scripted) => {
            if scripted.processed {
                service.real_answer(&method, &uri, &headers, &body, &request_id).await;
            }
            scripted.give(&injector).await
        }
        None => service.real_answer(&method, &uri, &headers, &body, &request_id).await,
    };
    let ahead = Duration::from_millis(service.scenario.date_ahead_ms);
    let date = httpdate::fmt_http_date(service.builds().now() + ahead);
    if let Ok(date) = HeaderValue::try_from(date) {
        response.headers_mut().entry(header::DATE).or_insert(date);
    }
    response
}

/// Gives the upgrade of a WebSocket its scripted answer, if there is one. Otherwise serves the
/// sessions of `session`.
pub(crate) async fn answer_upgrade(
    State(service): State<Arc<Service>>,
    ConnectInfo(injector): ConnectInfo<FaultInjector>,
    request: Request,
    next: Next,
) -> Response {
    let scripted = match request.uri().path() {
        SOCKET_PATH => service.scripted(request.method().as_str(), SOCKET_PATH),
        _ => None,
    };
    match scripted {
        Some(scripted) => {
            service.record(request.method(), request.uri(), request.headers(), &[]);
            scripted.give(&injector).await
        }
        None if service.scenario.recovery.is_some() && request.uri().path() == SOCKET_PATH => {
            session::upgrade(service, injector, request)
        }
        None => next.run(request).await,
    }
}

fn journaled(body: &[u8]) -> Value {
    if body.is_empty() {
        return Value::Null;
    }
    serde_json::from_slice(body).unwrap_or_else(|_| String::from_utf8_lossy(body).into())
}

impl Service {
    /// Records a request, and returns its number.
    fn record(&self, method: &Method, uri: &Uri, headers: &HeaderMap, body: &[u8]) -> usize {
        self.journal.record(Entry::Request {
            method: method.to_string(),
            path: uri.path_and_query().map_or_else(String::new, ToString::to_string),
            body: journaled(body),
            authorized: self.accepts(headers),
        })
    }

    async fn real_answer(
        self: &Arc<Self>,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
        body: &[u8],
        request_id: &str,
    ) -> Response {
        if !self.accepts(headers) {
            return Refusal::invalid_token().into_response(request_id);
        }
        match self.route(method, uri, headers, body).await {
            Ok(response) => response,
            Err(refusal) => refusal.into_response(request_id),
        }
    }

    fn accepts(&self, headers: &HeaderMap) -> bool {
        let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = value.and_then(|value| value.strip_prefix("Bearer "));
        token.is_some_and(|token| self.trusts(&self.scenario.rest_tokens, token))
    }

    async fn route(
        self: &Arc<Self>,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<Response, Refusal> {
        let segments: Vec<&str> = uri.path().split('/').skip(1).collect();
        if let ["projects", id, ..] = segments[..] {
            known(id, PROJECT_ID, "the project")?;
        }
        if let ["projects", _, "build-settings", id, ..] = segments[..] {
            known(id, SETTING_ID, "the build setting")?;
        }
        let shown = match (method.as_str(), &segments[..]) {
            ("GET", ["auth", "me"]) => account(),
            ("GET", ["projects"]) => self.projects(&parameters(uri)?)?,
            ("GET", ["projects", _]) => self.project_detail(),
            ("GET", ["projects", _, "build-settings"]) => json!([self.setting()]),
            ("GET", ["projects", _, "build-settings", _]) => self.setting(),
            ("POST", ["projects", _, "build-settings", _, "trigger"]) => {
                return self.trigger(headers, body).await;
            }
            ("GET", ["builds"]) => self.list_builds(&parameters(uri)?)?,
            ("GET", ["builds", id]) => {
                let builds = self.builds();
                let build = builds.get(id).ok_or_else(|| Refusal::not_found("the build"))?;
                let json = [(header::CONTENT_TYPE, "application/json")];
                return Ok((json, build.detail()).into_response());
            }
            ("GET", ["builds", _, "download"]) => return Err(Refusal::not_found("the artifact")),
            _ => return Err(Refusal::not_found("the route")),
        };
        Ok(Json(shown).into_response())
    }

    async fn trigger(
        self: &Arc<Self>,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<Response, Refusal> {
        let content_type = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
        if !content_type.is_some_and(|kind| kind.starts_with(b"application/json")) {
            return Err(Refusal::invalid("The body must be application/json"));
        }
        let overrides =
            serde_json::from_slice(body).map_err(|error| Refusal::invalid(error.to_string()))?;
        if self.scenario.slow_trigger {
            self.journal.until(|entries| entries.contains(&Entry::Connected)).await;
        }
        let build_id = self.queue(overrides).await;
        let queued = json!({
            "buildId": build_id,
            "projectId": PROJECT_ID,
            "buildSettingId": SETTING_ID,
            "status": "pending",
        });
        Ok((StatusCode::CREATED, Json(queued)).into_response())
    }

    fn list_builds(&self, parameters: &Parameters) -> Result<Value, Refusal> {
        const FILTERS: [&str; 6] =
            ["projectId", "buildSettingId", "status", "platform", "buildType", "branch"];
        let builds = self.builds();
        let wanted = |build: &Value| {
            FILTERS.iter().all(|filter| {
                let wanted = parameters.get(*filter).map(String::as_str);
                wanted
                    .is_none_or(|wanted| build.get(filter).and_then(Value::as_str) == Some(wanted))
            })
        };
        let lags = self.listings.fetch_add(1, Ordering::Relaxed) < self.scenario.list_lag;
        let listed = builds.newest_first().filter(|build| build.foreign || !lags);
        let mut items: Vec<_> = listed.map(|build| build.item()).filter(wanted).collect();
        if self.scenario.oldest_first {
            items.reverse();
        }
        page(items, parameters)
    }

    fn projects(&self, parameters: &Parameters) -> Result<Value, Refusal> {
        let kind = &self.scenario.facts.source_control;
        let wanted = parameters.get("sourceControl").is_none_or(|wanted| wanted == kind);
        page(wanted.then(|| self.project()).into_iter().collect(), parameters)
    }

    fn project(&self) -> Value {
        let facts = &self.scenario.facts;
        let last = self.builds().newest_first().next().map(|build| build.item());
        let of_last = |field| last.as_ref().and_then(|build| build.get(field)).cloned();
        json!({
            "id": PROJECT_ID,
            "name": facts.project_name,
            "sourceControl": facts.source_control,
            "repoLink": facts.repo_link,
            "lastBuildAt": of_last("createdAt"),
            "lastBuildStatus": of_last("status"),
        })
    }

    fn project_detail(&self) -> Value {
        let mut project = self.project();
        if let Some(fields) = project.as_object_mut() {
            fields.insert("buildSettings".to_owned(), json!([self.setting()]));
            fields.insert("uprojectPaths".to_owned(), json!([self.scenario.facts.uproject_path]));
        }
        project
    }

    fn setting(&self) -> Value {
        let facts = &self.scenario.facts;
        json!({
            "id": SETTING_ID,
            "projectId": PROJECT_ID,
            "platform": facts.platform,
            "buildType": facts.build_type,
            "branch": facts.branch,
            "streamPath": null,
            "ueVersion": facts.ue_version,
            "uprojectPath": facts.uproject_path,
            "trigger": "manual",
            "notifyOnComplete": false,
            "autoDeploy": false,
            "uploadBuildUrl": null,
        })
    }
}

fn known(id: &str, expected: &str, what: &str) -> Result<(), Refusal> {
    if id == expected { Ok(()) } else { Err(Refusal::not_found(what)) }
}

fn account() -> Value {
    json!({
        "user": {
            "id": "6650aa10bb20cc30dd40ee01",
            "email": "ci@saltmarsh.example",
            "name": "Build Robot",
        },
        "organization": {
            "id": "6650aa10bb20cc30dd40ee02",
            "name": "Saltmarsh Games",
            "slug": "saltmarsh-games",
            "plan": "pro",
        },
        "membership": { "role": "member" },
    })
}

fn parameters(uri: &Uri) -> Result<Parameters, Refusal> {
    let Query(parameters) =
        Query::try_from_uri(uri).map_err(|error| Refusal::invalid(error.to_string()))?;
    Ok(parameters)
}

/// Cuts one page out of a whole list. The cursor is the id of the last item of the page before.
fn page(items: Vec<Value>, parameters: &Parameters) -> Result<Value, Refusal> {
    let limit = match parameters.get("limit").map(|limit| limit.parse()) {
        None => DEFAULT_LIMIT,
        Some(Ok(limit @ 1..=MAX_LIMIT)) => limit,
        Some(_) => return Err(Refusal::invalid(format!("limit must be 1 to {MAX_LIMIT}"))),
    };
    let id = |item: &Value| item.get("id").and_then(Value::as_str).map(str::to_owned);
    let start = match parameters.get("cursor") {
        None => 0,
        Some(cursor) => {
            let last = items.iter().position(|item| id(item).as_ref() == Some(cursor));
            last.ok_or_else(|| Refusal::invalid("cursor is not one of this list"))? + 1
        }
    };
    let more = items.len() > start + limit;
    let items: Vec<Value> = items.into_iter().skip(start).take(limit).collect();
    let next = items.last().and_then(id).filter(|_| more);
    Ok(json!({ "items": items, "nextCursor": next }))
}

impl Answer {
    /// Answers as scripted; an injector ends what is not to arrive.
    async fn give(self, injector: &FaultInjector) -> Response {
        match self.ending {
            Ending::Whole => self.into_response(),
            Ending::Cut => self.into_half(injector.clone()),
            Ending::Reset => {
                injector.inject(Fault::Reset);
                self.into_response()
            }
            Ending::Hang => pending().await,
        }
    }

    fn into_half(self, injector: FaultInjector) -> Response {
        let length = self.body.len();
        let half = Bytes::copy_from_slice(self.body.as_bytes().get(..length / 2).unwrap_or(&[]));
        let chunks =
            stream::once(ready(Ok::<_, Infallible>(half))).chain(stream::once(async move {
                // The written part is sent before the rest is awaited.
                tokio::task::yield_now().await;
                injector.inject(Fault::Reset);
                pending().await
            }));
        let mut response = self.into_response();
        response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(length));
        *response.body_mut() = Body::from_stream(chunks);
        response
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, self.body).into_response();
        for (name, value) in self.headers {
            // HTTP cannot carry an invalid header, so it is left out.
            if let (Ok(name), Ok(value)) =
                (HeaderName::try_from(name), HeaderValue::try_from(value))
            {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}
