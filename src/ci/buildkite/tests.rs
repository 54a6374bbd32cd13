//! Buildkite gets headings in the log, and meta-data and annotations through its agent.

use super::*;
use crate::causes::one_line;
use crate::ci::tests::failed;

fn written(write: impl FnOnce(&mut Headings, &mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    write(&mut Headings::new(false), &mut out);
    String::from_utf8(out).unwrap()
}

fn summary_of(agent: &Agent) -> Result<Option<PathBuf>, StepFilesError> {
    let (report, verdict) = failed();
    agent.summary(&report, &verdict, &|max_bytes| "x".repeat(max_bytes))
}

#[test]
fn a_group_is_a_heading_that_is_folded_or_not_and_has_no_end() {
    for (folding, expected) in
        [(Folding::Collapsed, "--- Compile\n"), (Folding::Expanded, "+++ Compile\n")]
    {
        let group = written(|buildkite, out| {
            buildkite.group_begin("Compile", folding, out);
            buildkite.group_end(out);
        });
        assert_eq!(group, expected);
    }
}

#[test]
fn the_section_that_failed_is_expanded() {
    let failed = written(|buildkite, out| {
        buildkite.group_failed(out);
        buildkite.group_begin("Cook", Folding::Collapsed, out);
        buildkite.group_failed(out);
        buildkite.group_end(out);
        buildkite.group_failed(out);
    });
    assert_eq!(failed, "--- Cook\n^^^ +++\n", "and no other");
}

#[test]
fn the_ending_has_its_own_section() {
    let end = written(|buildkite, out| buildkite.ending(&failed().1, out));
    assert_eq!(end, "+++ Build failed\n");
}

#[test]
fn without_token_or_program_nothing_is_handed_over() {
    let empty = tempfile::tempdir().unwrap();
    let path = ("PATH", empty.path().to_str().unwrap());
    let token = ("BUILDKITE_AGENT_ACCESS_TOKEN", "bkaj_x");
    for variables in [vec![], vec![token], vec![path], vec![token, path]] {
        let agent = Agent::new(&Env::from_iter(variables));
        assert!(!agent.has_summary());
        agent.outputs(&[("build-id", "42".to_owned())]).unwrap();
        assert!(summary_of(&agent).unwrap().is_none());
    }
}

#[cfg(unix)]
mod with_an_agent {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use tempfile::TempDir;

    use super::*;

    /// A folder with an agent that is this script; `$here` is the folder.
    fn agent(script: &str) -> (TempDir, Agent) {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("buildkite-agent");
        fs::write(&program, format!("#!/bin/sh\nhere=${{0%/*}}\n{script}\n")).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let env = Env::from_iter([
            ("PATH", folder.path().to_str().unwrap()),
            ("BUILDKITE_AGENT_ACCESS_TOKEN", "bkaj_x"),
        ]);
        (folder, Agent::new(&env))
    }

    fn outputs(values: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
        values.iter().map(|(name, value)| (*name, (*value).to_owned())).collect()
    }

    #[test]
    fn outputs_become_meta_data_by_stdin_and_no_shell_sees_them() {
        let (folder, agent) =
            agent(r#"printf '%s %s ' "$1" "$2" > "$here/$3"; /bin/cat >> "$here/$3""#);
        let hostile = "-x $(touch \"$here/no\")\n'`;";
        let values = [
            ("build-id", "42"),
            ("branch", hostile),
            ("commit", " "),
            ("a", "1"),
            ("b", "2"),
            ("c", "3"),
        ];
        agent.outputs(&outputs(&values)).unwrap();
        let read =
            |name: &str| fs::read_to_string(folder.path().join(format!("buildpixel-{name}")));
        assert_eq!(read("branch").unwrap(), format!("meta-data set {hostile}"));
        for (name, value) in [("build-id", "42"), ("a", "1"), ("b", "2"), ("c", "3")] {
            assert_eq!(read(name).unwrap(), format!("meta-data set {value}"));
        }
        assert!(read("commit").is_err(), "the agent takes no blank ones");
        assert!(!folder.path().join("no").exists());
    }

    #[test]
    fn the_summary_becomes_an_annotation() {
        let (folder, agent) = agent(r#"echo "$@" > "$here/arguments"; /bin/cat > "$here/text""#);
        assert!(agent.has_summary());
        assert!(summary_of(&agent).unwrap().is_none());
        assert_eq!(
            fs::read_to_string(folder.path().join("arguments")).unwrap(),
            "annotate --style error --context buildpixel-ci-s1\n"
        );
        let text = fs::read_to_string(folder.path().join("text")).unwrap();
        assert_eq!(text, "x".repeat(SUMMARY_BYTES));
    }

    #[test]
    fn an_agent_that_declines_is_an_error_but_no_failure() {
        let (_folder, agent) = agent("exit 3");
        let errors = [
            (agent.outputs(&outputs(&[("build-id", "42")])).unwrap_err(), "the output build-id"),
            (summary_of(&agent).unwrap_err(), "the summary"),
        ];
        for (error, what) in errors {
            assert!(!error.is_failure());
            let text = one_line(&error);
            let start = format!("buildkite-agent did not take {what}: exit status: 3");
            assert_eq!(text, start);
        }
    }

    #[test]
    fn an_agent_that_hangs_is_killed_and_not_started_again() {
        // It reads nothing, so that a summary that is larger than a pipe waits for it, too.
        let (folder, agent) = agent(r#"echo $$ >> "$here/asked"; exec /bin/sleep 60"#);
        let asked = folder.path().join("asked");
        let agent = Agent { limit: Duration::from_secs(1), ..agent };
        let many: Vec<_> = (0..3 * AT_ONCE).map(|_| ("build-id", "x".repeat(1 << 20))).collect();
        let error = agent.outputs(&many).unwrap_err();
        assert_eq!(
            one_line(&error),
            "buildkite-agent did not take the output build-id: it takes too long"
        );
        let pids = fs::read_to_string(asked).unwrap();
        assert!((1..=AT_ONCE).contains(&pids.lines().count()), "{pids}");
        for pid in pids.lines() {
            assert!(
                !std::path::Path::new("/proc").join(pid).exists(),
                "{pid} runs, or is a zombie"
            );
        }
    }

    #[test]
    fn an_agent_that_reads_nothing_and_exits_with_0_has_succeeded() {
        let (_folder, agent) = agent("exit 0");
        agent.outputs(&[("build-id", "x".repeat(1 << 20))]).unwrap();
    }
}
