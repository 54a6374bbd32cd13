//! TeamCity gets service messages, and reads back the text that was escaped for them.

use proptest::prelude::*;

use super::*;
use crate::model::Location;

fn written(write: impl FnOnce(&mut ServiceMessages, &mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    write(&mut ServiceMessages::new(false), &mut out);
    String::from_utf8(out).unwrap()
}

fn annotated(
    severity: Severity,
    message: &str,
    title: Option<&str>,
    location: Option<&Location>,
) -> String {
    let annotation = Annotation { severity, title, location, message: message.into() };
    written(|teamcity, out| teamcity.annotate(&annotation, out))
}

fn at(line: Option<u32>, column: Option<u32>) -> Location {
    Location { file: "Source/A.cpp".to_owned(), in_repository: true, line, column, end_line: None }
}

fn verdict(level: Level, headline: &str, details: &[&str]) -> Verdict {
    Verdict {
        level,
        title: "Build failed",
        headline: headline.to_owned(),
        details: details.iter().map(|detail| (*detail).to_owned()).collect(),
        hint: None,
    }
}

fn shown(verdict: &Verdict) -> String {
    written(|teamcity, out| teamcity.verdict(verdict, out))
}

/// Decodes an escaped value as TeamCity does.
fn decoded(value: &str) -> String {
    let mut units = Vec::new();
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        let next = if c == '|' { chars.next().unwrap() } else { c };
        match (c, next) {
            ('|', '0') => {
                assert_eq!(chars.next(), Some('x'));
                let digits: String = chars.by_ref().take(4).collect();
                units.push(u16::from_str_radix(&digits, 16).unwrap());
            }
            ('|', 'n') => units.push(u16::from(b'\n')),
            ('|', 'r') => units.push(u16::from(b'\r')),
            (_, c) => {
                assert!(c.is_ascii());
                units.push(u16::try_from(c as u32).unwrap());
            }
        }
    }
    String::from_utf16(&units).unwrap()
}

proptest! {
    #[test]
    fn teamcity_reads_back_the_text_of_a_message(text in "(\\PC|[|'\n\r\\[\\]0x]){0,40}[!-~]") {
        let line = annotated(Severity::Error, &text, None, None);
        let value = line.strip_prefix("##teamcity[message text='");
        let value = value.and_then(|rest| rest.strip_suffix("' status='ERROR']\n")).unwrap();
        prop_assert!(!value.contains(['\n', '\r']));
        // The value ends where it seems to.
        prop_assert_eq!(value.replace("||", "").replace("|'", "").find('\''), None);
        prop_assert_eq!(decoded(value), text.replace('\n', "\n  "));
    }
}

#[test]
fn blocks_nest_and_end_by_name() {
    let nested = written(|teamcity, out| {
        teamcity.group_begin("Compile [1/2]", Folding::Collapsed, out);
        teamcity.group_begin("B", Folding::Expanded, out);
        teamcity.group_end(out);
        teamcity.group_end(out);
        teamcity.group_end(out);
    });
    assert_eq!(
        nested,
        "##teamcity[blockOpened name='Compile |[1/2|]']\n\
         ##teamcity[blockOpened name='B']\n\
         ##teamcity[blockClosed name='B']\n\
         ##teamcity[blockClosed name='Compile |[1/2|]']\n"
    );
}

#[test]
fn a_finding_is_a_message_with_a_status() {
    let place = at(Some(12), Some(5));
    assert_eq!(
        annotated(Severity::Error, "'x': undeclared\nnote: 100%", Some("C2065"), Some(&place)),
        "##teamcity[message text='Source/A.cpp(12,5): C2065: |'x|': undeclared|n  note: 100%' status='ERROR']\n"
    );
    assert_eq!(
        annotated(Severity::Error, "it's [x] | 日\n😀", None, None),
        "##teamcity[message text='it|'s |[x|] || |0x65e5|n  |0xd83d|0xde00' status='ERROR']\n"
    );
    let outside = Location { in_repository: false, ..at(Some(3), None) };
    for (place, expected) in [
        (at(Some(12), None), "Source/A.cpp(12): m"),
        (at(None, None), "Source/A.cpp: m"),
        (outside, "Source/A.cpp:3: m"),
    ] {
        let line = format!("##teamcity[message text='{expected}' status='WARNING']\n");
        assert_eq!(annotated(Severity::Warning, "m", None, Some(&place)), line);
    }
}

#[test]
fn a_failing_verdict_is_a_build_problem() {
    let line = shown(&verdict(Level::Error, "it's dead", &[]));
    let identity =
        line.strip_prefix("##teamcity[buildProblem description='it|'s dead' identity='ci-");
    let identity = identity.and_then(|rest| rest.strip_suffix("']\n")).unwrap();
    assert_eq!(identity.len(), 16);
    assert!(identity.bytes().all(|b| b.is_ascii_hexdigit()), "{identity}");
    let long = "x".repeat(5000);
    let line = shown(&verdict(Level::Error, "dead", &[&long]));
    assert!(line.contains("description='dead|nxxx") && line.len() < 4200, "{}", line.len());
}

#[test]
fn the_same_problem_has_the_same_identity_in_another_build() {
    let identity = |headline, details: &[&str]| identity(&verdict(Level::Error, headline, details));
    let failed = "build 665f1a failed in compile after 12m 3s";
    let first = identity(failed, &["root cause: A.cpp:42:5: x (+3 more)", "1 error"]);
    let moved = identity(
        "build 665f1b failed in compile after 9s",
        &["root cause: A.cpp:7:1: x (+4 more)", "2 errors, 1 warning"],
    );
    assert_eq!(first, moved);
    let others = ["root cause: A.cpp:42: y", "root cause: T_Rock_01", "root cause: T_Rock_02"];
    let all = others.map(|cause| identity(failed, &[cause]));
    assert!(!all.contains(&first) && all[1] != all[2], "{all:?}");
    let late = |headline| identity(headline, &["2 warnings"]);
    assert_eq!(
        late("build 665f1a has not ended after 6h"),
        late("build 665f1b has not ended after 5h")
    );
    assert_ne!(late("build 665f1a has not ended after 6h"), late("build 665f1a was lost"));
}

#[test]
fn a_good_verdict_is_plain_text_and_becomes_the_status_text() {
    assert_eq!(
        shown(&verdict(Level::Info, "build b1 is complete", &["2 warnings"])),
        "buildpixel-ci: build b1 is complete\n  2 warnings\n\
         ##teamcity[buildStatus text='{build.status.text}; build b1 is complete']\n"
    );
}

#[test]
fn an_output_is_a_parameter_and_expands_no_other() {
    let outputs = [("build-id", "x|y".to_owned()), ("branch", "%env.TOKEN% 50%".to_owned())];
    assert_eq!(
        written(|teamcity, out| teamcity.outputs(&outputs, out)),
        "##teamcity[setParameter name='build-id' value='x||y']\n\
         ##teamcity[setParameter name='branch' value='%%env.TOKEN%% 50%%']\n"
    );
}
