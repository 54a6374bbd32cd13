//! Azure gets its commands, and reads back the text that was escaped for them.

use std::fs;

use proptest::prelude::*;

use super::*;
use crate::ci::tests::failed;
use crate::model::{Location, Severity};

fn azure() -> Commands {
    Commands::new(false)
}

fn written(write: impl FnOnce(&mut Commands, &mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    write(&mut azure(), &mut out);
    String::from_utf8(out).unwrap()
}

fn at(line: Option<u32>, column: Option<u32>) -> Location {
    Location { file: "Source/A.cpp".to_owned(), in_repository: true, line, column, end_line: None }
}

fn annotated(
    severity: Severity,
    message: &str,
    title: Option<&str>,
    location: Option<Location>,
) -> String {
    let annotation =
        Annotation { severity, title, location: location.as_ref(), message: message.into() };
    written(|azure, out| azure.annotate(&annotation, out))
}

/// A command as the agent reads it: name, properties in their order, data.
fn parsed(line: &str) -> (&str, Vec<(&str, String)>, String) {
    let decoded = |text: &str| {
        let text = text.replace("%3B", ";").replace("%0D", "\r").replace("%0A", "\n");
        text.replace("%5D", "]").replace("%AZP25", "%")
    };
    let (header, data) = line.strip_prefix("##vso[").unwrap().split_once(']').unwrap();
    let (name, properties) = header.split_once(' ').unwrap();
    let pairs = properties.split(';').filter_map(|pair| pair.split_once('='));
    (name, pairs.map(|(key, value)| (key, decoded(value))).collect(), decoded(data))
}

proptest! {
    #[test]
    fn the_agent_reads_back_an_annotation(
        message in "(\\PC|[%\n\r;\\]=#]){0,40}[!-~]",
        code in "(\\PC|[%;\\]]){1,20}",
        file in "(\\PC|[%;\\]]){1,20}",
        line in 1..=i32::MAX as u32,
    ) {
        let location = Location { file: file.clone(), ..at(Some(line), None) };
        let command = annotated(Severity::Warning, &message, Some(&code), Some(location));
        prop_assert_eq!(command.find(['\n', '\r']), Some(command.len() - 1), "it is one line");
        let (name, properties, data) = parsed(command.trim_end_matches('\n'));
        prop_assert_eq!(name, "task.logissue");
        prop_assert_eq!(data, message.replace('\n', "\n  "));
        let expected =
            [("type", "warning".to_owned()), ("sourcepath", file), ("linenumber", line.to_string()), ("code", code)];
        prop_assert_eq!(properties, expected);
    }
}

#[test]
fn a_group_is_two_markers_that_are_not_escaped() {
    let group = written(|azure, out| {
        azure.group_begin("x ] ; %", Folding::Collapsed, out);
        azure.group_end(out);
        azure.group_end(out);
    });
    assert_eq!(group, "##[group]x ] ; %\n##[endgroup]\n");
}

#[test]
fn each_long_line_of_a_secret_is_masked() {
    for (secret, expected) in [
        ("a;b%c]", "##vso[task.setsecret]a%3Bb%AZP25c%5D\n"),
        (
            "AAAA1111\n}\nBBBB2222\n",
            "##vso[task.setsecret]AAAA1111\n##vso[task.setsecret]BBBB2222\n",
        ),
        ("ab", ""),
    ] {
        assert_eq!(written(|azure, out| azure.mask(secret, out)), expected);
    }
}

#[test]
fn an_annotation_escapes_its_message_and_its_properties() {
    assert_eq!(
        annotated(
            Severity::Error,
            "'x': undeclared\nnote: 100%",
            Some("C2065"),
            Some(at(Some(12), Some(5)))
        ),
        "##vso[task.logissue type=error;sourcepath=Source/A.cpp;linenumber=12;columnnumber=5;code=C2065;]\
         'x': undeclared%0A  note: 100%AZP25\n"
    );
    for (message, expected) in [
        ("100% 50%0A", "100%AZP25 50%AZP250A"),
        ("a;b]c%d\nnext #\\#vso[x.y]", "a%3Bb%5Dc%AZP25d%0A  next #\\#vso[x.y%5D"),
        ("%3B", "%AZP253B"),
        (" ", "(no message)"),
    ] {
        let command = format!("##vso[task.logissue type=error;]{expected}\n");
        assert_eq!(annotated(Severity::Error, message, None, None), command);
    }
}

#[test]
fn an_incomplete_place_and_its_code_stand_in_the_message() {
    let outside = Location { in_repository: false, ..at(Some(3), None) };
    let unusable = at(Some(u32::MAX), Some(5));
    for (title, location, expected) in [
        (Some("UBT"), None, "UBT: m"),
        (Some("Cook"), Some(at(None, None)), "Source/A.cpp: Cook: m"),
        (None, Some(unusable), "Source/A.cpp: m"),
        (None, Some(outside), "Source/A.cpp:3: m"),
    ] {
        let command = format!("##vso[task.logissue type=warning;]{expected}\n");
        assert_eq!(annotated(Severity::Warning, "m", title, location), command);
    }
}

#[test]
fn only_a_failing_verdict_is_an_issue() {
    let verdict = |level| Verdict {
        level,
        title: "Build failed",
        headline: "build b1 failed".to_owned(),
        details: vec!["1 error; none hidden".to_owned()],
        hint: None,
    };
    let shown = |level| written(|azure, out| azure.verdict(&verdict(level), out));
    assert_eq!(
        shown(Level::Error),
        "##vso[task.logissue type=error;]build b1 failed%0A  1 error%3B none hidden\n"
    );
    // There is no notice.
    assert_eq!(shown(Level::Info), "buildpixel-ci: build b1 failed\n  1 error; none hidden\n");
}

#[test]
fn an_output_is_set_once_and_when_it_is_final() {
    let early = [
        ("build-id", "a;b]\n%".to_owned()),
        ("status", "pending".to_owned()),
        ("result", String::new()),
    ];
    let late = [
        ("build-id", "a;b]\n%".to_owned()),
        ("status", "failed".to_owned()),
        ("result", "failure".to_owned()),
        ("branch", String::new()),
    ];
    let mut azure = azure();
    let mut set = |outputs: &[(&str, String)]| {
        let mut out = Vec::new();
        azure.outputs(outputs, &mut out);
        String::from_utf8(out).unwrap()
    };
    assert_eq!(
        set(&early),
        "##vso[task.setvariable variable=build-id;isOutput=true]a%3Bb%5D%0A%AZP25\n"
    );
    assert_eq!(
        set(&late),
        "##vso[task.setvariable variable=status;isOutput=true]failed\n\
         ##vso[task.setvariable variable=result;isOutput=true]failure\n\
         ##vso[task.setvariable variable=branch;isOutput=true]\n"
    );
    assert_eq!(set(&late), "");
}

#[test]
fn no_output_makes_a_later_step_expand_a_variable() {
    let value = "fix $(DB_PASSWORD) $$(A) $( ${{ x }}".to_owned();
    let outputs = [("result", "failure".to_owned()), ("first-error", value)];
    assert_eq!(
        written(|azure, out| azure.outputs(&outputs, out)),
        "##vso[task.setvariable variable=result;isOutput=true]failure\n\
         ##vso[task.setvariable variable=first-error;isOutput=true]fix $\\(DB_PASSWORD) $$\\(A) $\\( ${{ x }}\n"
    );
}

#[test]
fn without_a_build_the_id_is_set_to_blank_at_the_end() {
    let none = |result: &str| [("build-id", String::new()), ("result", result.to_owned())];
    assert_eq!(written(|azure, out| azure.outputs(&none(""), out)), "");
    assert_eq!(
        written(|azure, out| azure.outputs(&none("error"), out)),
        "##vso[task.setvariable variable=build-id;isOutput=true]\n\
         ##vso[task.setvariable variable=result;isOutput=true]error\n"
    );
}

#[test]
fn the_summary_is_a_file_that_a_command_names() {
    let folder = tempfile::tempdir().unwrap();
    let env = Env::from_iter([("AGENT_TEMPDIRECTORY", folder.path().to_str().unwrap())]);
    let files = Files::new(&env);
    assert!(files.has_summary());
    let (report, verdict) = failed();
    let render = |max_bytes: usize| format!("at most {max_bytes} bytes");
    let path = files.summary(&report, &verdict, &render).unwrap().unwrap();
    assert_eq!(path, folder.path().join("buildpixel-b1.md"));
    assert_eq!(fs::read_to_string(&path).unwrap(), "at most 1048576 bytes");
    assert_eq!(
        written(|azure, out| azure.summary_file("/a;b/c.md", out)),
        "##vso[task.uploadsummary]/a%3Bb/c.md\n"
    );

    let nowhere = Files::new(&Env::default());
    assert!(!nowhere.has_summary());
    assert!(nowhere.summary(&report, &verdict, &render).unwrap().is_none());
}
