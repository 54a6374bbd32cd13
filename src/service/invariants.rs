//! Invariants of parsing any body of the service.

use std::time::Instant;

use reqwest::header::HeaderMap;
use serde_json::json;

use super::wire;
use super::{ForeignAnswer, More, Refusal};

/// Parses a body as each of the answers, and checks the invariants.
pub fn check(body: &str) {
    let triggered = wire::triggered(body);
    assert_eq!(triggered, wire::triggered(body), "read twice");
    if let Ok(triggered) = triggered {
        let is_id = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        assert!(triggered.build.as_str().chars().all(is_id), "an id goes into addresses");
    }
    let snapshot = wire::snapshot(body);
    assert_eq!(snapshot, wire::snapshot(body), "read twice");
    if let Ok(snapshot) = snapshot {
        assert!(snapshot.facts.status.is_some(), "a build has a status");
        assert!(snapshot.recent.len() <= body.len(), "no line comes from nowhere");
    }
    let came = Instant::now();
    let page = wire::page(body, None, came);
    assert_eq!(page, wire::page(body, None, came), "read twice");
    if let Ok(page) = page {
        assert!(page.builds.len() <= body.len().min(1000), "no build comes from nowhere");
        assert!(page.more != More::Cursor(String::new()), "nothing stands for no page");
    }
    let setting = wire::setting(body);
    assert_eq!(setting, wire::setting(body), "read twice");
    if let Some(refusal) = Refusal::new(500, None, body, str::to_owned) {
        assert!(!refusal.code.as_str().is_empty() && refusal.request_id.starts_with("req_"));
    }
    let foreign = ForeignAnswer::new(500, &HeaderMap::new(), None, body, str::to_owned);
    assert!(foreign.words.is_none_or(|words| !words.is_empty()), "no words are no text");
    // Any text in a log arrives unchanged.
    let answer = json!({ "status": body, "logs": [{ "message": body }, body], "branch": body });
    let snapshot = wire::snapshot(&answer.to_string());
    let arrived = snapshot.is_ok_and(|snapshot| {
        snapshot.facts.branch.as_deref() == Some(body)
            && snapshot.recent.iter().map(|line| line.message.as_str()).eq([body, body])
    });
    assert!(arrived, "what was said arrives");
    let setting = wire::setting(&json!({ "branch": body }).to_string());
    assert_eq!(setting.map(|setting| setting.branch), Ok(Some(body.to_owned())), "and so here");
    let list = json!({ "items": [{ "branch": body, "commit": body }], "nextCursor": body });
    let page = wire::page(&list.to_string(), None, came);
    let arrived = page.is_ok_and(|page| {
        let [build] = &page.builds[..] else { return false };
        let more = match &page.more {
            More::Cursor(cursor) => cursor == body,
            More::End => body.is_empty(),
            More::Unknown => false,
        };
        more && [&build.branch, &build.commit].iter().all(|text| text.as_deref() == Some(body))
    });
    assert!(arrived, "and so in a list");
}
