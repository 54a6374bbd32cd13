//! JUnit XML: the phases as test cases, for CIs that show nothing else.

use std::time::Duration;

use crate::model::{Level, Owner};
use crate::report::format::whole;
use crate::report::{BuildReport, Verdict};

/// Escapes text for XML 1.0, which has no way at all to write some characters.
fn xml(text: &str) -> String {
    let legal = |c: &char| match c {
        '\t' | '\n' | '\r' => true,
        '\u{fffe}' | '\u{ffff}' => false,
        _ => *c >= ' ',
    };
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars().filter(legal) {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            // A reader makes a line feed of any other.
            '\r' => escaped.push_str("&#13;"),
            _ => escaped.push(c),
        }
    }
    escaped
}

/// Writes `junit.xml`. A run that fails has exactly one failed case: the phase to blame, or `build`.
pub fn render(report: &BuildReport, verdict: &Verdict) -> String {
    let failure = (verdict.level == Level::Error).then(|| failure(report, verdict));
    let blamed = report.failed_phase();
    let mut cases: Vec<_> = report
        .phases
        .iter()
        .filter(|run| run.ended || blamed == Some(run.phase))
        .map(|run| {
            let failure = failure.as_deref().filter(|_| blamed == Some(run.phase));
            case(run.phase.as_str(), run.took, failure)
        })
        .collect();
    if !report.phases.iter().any(|run| blamed == Some(run.phase)) {
        cases.insert(0, case("build", report.facts.duration, failure.as_deref()));
    }
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <testsuites>\n\
         \x20 <testsuite name=\"buildpixel\" tests=\"{}\" failures=\"{}\" errors=\"0\">\n\
         {}\
         \x20 </testsuite>\n\
         </testsuites>\n",
        cases.len(),
        usize::from(failure.is_some()),
        cases.concat()
    )
}

fn case(name: &str, took: Option<Duration>, failure: Option<&str>) -> String {
    let time = took.map(|took| format!(" time=\"{}\"", took.as_secs())).unwrap_or_default();
    let case = format!("    <testcase classname=\"buildpixel\" name=\"{name}\"{time}");
    match failure {
        Some(failure) => format!("{case}>\n{failure}    </testcase>\n"),
        None => format!("{case}/>\n"),
    }
}

fn failure(report: &BuildReport, verdict: &Verdict) -> String {
    let more = || verdict.lines().skip(1).collect::<Vec<_>>().join("\n");
    let text = report.root_cause().map_or_else(more, whole);
    let owner = report.owner_of_failure().map(Owner::as_str);
    let kind = owner.map(|owner| format!(" type=\"{owner}\"")).unwrap_or_default();
    let headline = xml(&verdict.headline);
    format!("      <failure message=\"{headline}\"{kind}>{}</failure>\n", xml(&text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::tests::{finding, report};
    use crate::model::{Event, Phase, Status};
    use crate::report::Outcome;

    #[test]
    fn text_loses_what_xml_cannot_hold() {
        let rows = [
            ("a\0b\u{fffe}<&", "ab&lt;&amp;"),
            ("]]></failure>", "]]&gt;&lt;/failure&gt;"),
            ("\u{1b}[1m\u{7}\u{ffff}\u{1f600}\u{fffd}\t\n", "[1m\u{1f600}\u{fffd}\t\n"),
            ("a\r\n\"b\"", "a&#13;\n&quot;b&quot;"),
        ];
        for (text, expected) in rows {
            assert_eq!(xml(text), expected);
        }
    }

    #[test]
    fn the_phase_to_blame_is_the_one_failed_case() {
        let mut failed = report([finding("no <T>\nnote: \"here\"")]);
        for phase in [Phase::SourceSync, Phase::Compile] {
            failed.observe(&Event::PhaseStarted(phase));
            let took = Some(Duration::from_secs(7));
            failed.observe(&Event::PhaseEnded { phase, took, completed: true });
        }
        failed.observe(&Event::Status(Status::Failed));
        let verdict = Verdict::new(&failed, &Outcome::Failure);
        insta::assert_snapshot!(render(&failed, &verdict), @r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites>
          <testsuite name="buildpixel" tests="2" failures="1" errors="0">
            <testcase classname="buildpixel" name="source-sync" time="7"/>
            <testcase classname="buildpixel" name="compile" time="7">
              <failure message="build b1 failed in compile">Source/A.cpp:12:5: C2065: no &lt;T&gt;
        note: &quot;here&quot;</failure>
            </testcase>
          </testsuite>
        </testsuites>
        "#);
    }

    #[test]
    fn a_phase_to_blame_that_was_left_open_is_a_case_and_another_one_is_not() {
        let mut failed = report([finding("m")]);
        failed.observe(&Event::PhaseStarted(Phase::Compile));
        let interrupted = Verdict::new(&failed, &Outcome::Interrupted(crate::report::Signal::Int));
        let running = render(&failed, &interrupted);
        assert!(running.contains("tests=\"1\" failures=\"1\""), "{running}");
        assert!(running.contains("name=\"build\"") && !running.contains("name=\"compile\""));
        failed.observe(&Event::Status(Status::Failed));
        let failed = render(&failed, &Verdict::new(&failed, &Outcome::Failure));
        assert!(failed.contains("tests=\"1\" failures=\"1\""), "{failed}");
        assert!(failed.contains("name=\"compile\">\n      <failure "), "{failed}");
    }

    #[test]
    fn without_a_phase_the_build_itself_is_the_case() {
        let report = report([finding("m")]);
        let rendered = |outcome| render(&report, &Verdict::new(&report, &outcome));
        insta::assert_snapshot!(rendered(Outcome::Success), @r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites>
          <testsuite name="buildpixel" tests="1" failures="0" errors="0">
            <testcase classname="buildpixel" name="build"/>
          </testsuite>
        </testsuites>
        "#);
        let late = Outcome::TimedOut { after: Duration::from_secs(5), queued: false };
        insta::assert_snapshot!(rendered(late), @r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites>
          <testsuite name="buildpixel" tests="1" failures="1" errors="0">
            <testcase classname="buildpixel" name="build">
              <failure message="build b1 has not ended after 5s; it runs on">first error so far: Source/A.cpp:12:5: C2065: m
        1 error
        hint: set `build-id: b1` to follow it again</failure>
            </testcase>
          </testsuite>
        </testsuites>
        "#);
    }
}
