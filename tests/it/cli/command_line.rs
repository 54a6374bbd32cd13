//! The arguments, of which there are next to none.

use crate::harness::{binary, scrubbed};

fn run(arguments: &[&str]) -> (Option<i32>, String) {
    let ran = scrubbed(binary()).args(arguments).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&ran.stderr), "");
    (ran.status.code(), String::from_utf8(ran.stdout).unwrap())
}

#[test]
fn help_shows_inputs_outputs_and_exit_codes() {
    for argument in ["--help", "-h"] {
        let (code, help) = run(&[argument]);
        assert_eq!(code, Some(0));
        for words in ["\n  token ", "\n  build-setting ", "\n  first-error ", "\n  143 "] {
            assert!(help.contains(words), "{words:?} in {help}");
        }
    }
}

#[test]
fn a_closed_pipe_is_no_error() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let ran = scrubbed(binary()).arg("--help").stdout(writer).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&ran.stderr), "");
    assert_eq!(ran.status.code(), Some(0));
}

#[test]
fn version_is_the_version_of_the_package() {
    let expected = concat!("buildpixel-ci ", env!("CARGO_PKG_VERSION"), "\n").to_owned();
    for argument in ["--version", "-V"] {
        assert_eq!(run(&[argument]), (Some(0), expected.clone()));
    }
}

#[test]
fn anything_else_is_refused_with_the_usage() {
    for arguments in [&["build"][..], &["--token=x"], &["--help", "--version"], &[""]] {
        let (code, reported) = run(arguments);
        assert_eq!(code, Some(20), "{arguments:?}");
        assert!(reported.starts_with("error: unknown argument"), "{reported}");
        assert!(reported.contains("Usage: buildpixel-ci [--help | --version]"), "{reported}");
    }
}

#[test]
fn nothing_in_the_environment_is_a_mistake_that_names_what_is_missing() {
    let (code, reported) = run(&[]);
    assert_eq!(code, Some(20), "{reported}");
    for input in ["`token`", "`project`", "`build-setting`"] {
        assert!(reported.contains(input), "{input} in {reported}");
    }
}
