//! What holds of any body that the service answers with.

use serde_json::json;

use super::wire;
use super::{Code, Refusal};

/// Reads a body as each of the answers.
pub fn hold(body: &str) {
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
    let refusal = Refusal::new(500, None, body, str::to_owned);
    for text in [refusal.code.as_ref().map(Code::as_str), refusal.message.as_deref()] {
        assert!(text.is_none_or(|text| !text.is_empty()), "no words are no text");
    }
    // Whatever a log says arrives as it was said.
    let answer = json!({ "status": body, "logs": [{ "message": body }, body], "branch": body });
    let snapshot = wire::snapshot(&answer.to_string());
    let arrived = snapshot.is_ok_and(|snapshot| {
        snapshot.facts.branch.as_deref() == Some(body)
            && snapshot.recent.iter().map(|line| line.message.as_str()).eq([body, body])
    });
    assert!(arrived, "what was said arrives");
}
