//! The script form of a scenario: a JSON object with its settings, then the unchanged build log,
//! line by line.
//!
//! A line that begins with `@` is not a log line. `@warn …` and `@error …` log a line at that
//! level. `@pace 20` pauses so many milliseconds after each following line. `@name value` is any
//! other step, with the value as JSON or bare text. Empty lines are skipped.

use std::str::FromStr;

use anyhow::{Context, anyhow};
use serde_json::{Value, json};

use crate::scenario::{Level, Scenario, Step};

impl FromStr for Scenario {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let mut settings = serde_json::Deserializer::from_str(text).into_iter::<Scenario>();
        let mut scenario = settings.next().ok_or_else(|| anyhow!("the scenario is empty"))??;
        let log = text.get(settings.byte_offset()..).unwrap_or_default();
        let mut pace = 0;
        for line in log.lines().filter(|line| !line.is_empty()) {
            if let Some(milliseconds) = line.strip_prefix("@pace ") {
                pace = milliseconds.trim().parse().with_context(|| line.to_owned())?;
                continue;
            }
            let step = read(line).with_context(|| line.to_owned())?;
            let paced = matches!(step, Step::Log { .. }) && pace > 0;
            scenario.timeline.push(step);
            if paced {
                scenario.timeline.push(Step::Pause(pace));
            }
        }
        Ok(scenario)
    }
}

fn read(line: &str) -> anyhow::Result<Step> {
    let Some(directive) = line.strip_prefix('@') else {
        return Ok(Step::Log { level: Level::Info, message: line.to_owned() });
    };
    let (name, value) = directive.split_once(' ').unwrap_or((directive, ""));
    Ok(match name {
        "info" | "warn" | "error" => {
            Step::Log { level: Level::from(name), message: value.to_owned() }
        }
        _ if value.is_empty() => serde_json::from_value(Value::from(name))?,
        _ => {
            let value = serde_json::from_str(value).unwrap_or_else(|_| Value::from(value));
            serde_json::from_value(json!({ name: value }))?
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Recovery;

    #[test]
    fn settings_lines_and_directives_become_a_scenario() {
        let scenario: Scenario = r#"{"recent_lines": 7}
@status running
first line

@pace 5
@error X.cpp(1): error C2065: 'a': undeclared identifier
@cut_connections
@hang_up
@restart 1500
@raw {"event": "build:log", "payload": null}
"#
        .parse()
        .unwrap();
        assert_eq!(scenario.recent_lines, 7);
        let log = |level, message: &str| Step::Log { level, message: message.to_owned() };
        assert_eq!(
            scenario.timeline,
            [
                Step::Status("running".into()),
                log(Level::Info, "first line"),
                log(Level::Error, "X.cpp(1): error C2065: 'a': undeclared identifier"),
                Step::Pause(5),
                Step::CutConnections,
                Step::HangUp,
                Step::Restart(1500),
                Step::Raw { event: "build:log".into(), payload: Value::Null },
            ]
        );
    }

    #[test]
    fn losses_repeats_and_delays_have_a_script_form() {
        let scenario: Scenario =
            r#"{"ignored_joins": 1, "refused_joins": 2, "recovery": {"lose_last": 3}}
@drop_every 2
@fill {"lines": 9, "message": "ok"}
@hold_stream
@release_stream
@lag 40
@repeat 5
@clock -3600000
"#
            .parse()
            .unwrap();
        assert_eq!((scenario.ignored_joins, scenario.refused_joins), (1, 2));
        assert_eq!(scenario.recovery, Some(Recovery { lose_middle: 0, lose_last: 3 }));
        let built = Scenario::new().drop_every(2).fill(9, "ok").hold_stream().release_stream();
        let built = built.lag(40).repeat(5).build_clock(-3_600_000);
        assert_eq!(scenario.timeline, built.timeline);
    }

    #[test]
    fn a_mistake_in_a_script_names_its_line() {
        let error = "{}\n@statsu running".parse::<Scenario>().unwrap_err();
        assert_eq!(error.to_string(), "@statsu running");
    }
}
