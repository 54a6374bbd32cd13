//! What the environment gives, and what comes of mistakes in it.

use simulator::{Entry, Scenario, TOKEN};

use crate::program::Program;

fn success() -> Scenario {
    Scenario::new().await_join().status("running").log("info", "line 1").status("complete")
}

#[tokio::test]
async fn mistakes_are_told_together_and_nothing_is_sent() {
    let program = Program::new(success())
        .await
        .on_github()
        .env("BUILDPIXEL_WAIT", "yes")
        .env("BUILDPIXEL_PROJECT", "My Game");
    let ran = program.run();
    assert_eq!(ran.code, Some(20), "{}", ran.stdout);
    for words in ["`wait` is \"yes\" (read from BUILDPIXEL_WAIT)", "`project` is \"My Game\""] {
        assert!(ran.stdout.contains(words), "{words} in {}", ran.stdout);
    }
    assert_eq!(program.simulator.journal(), []);
    assert_eq!(program.output("result"), "error");
}

#[tokio::test]
async fn a_token_given_the_github_way_wins() {
    let wrong = "bp_wrong_0123456789";
    for (winner, loser, code) in [(TOKEN, wrong, 0), (wrong, TOKEN, 21)] {
        let program =
            Program::new(success()).await.env("INPUT_TOKEN", winner).env("BUILDPIXEL_TOKEN", loser);
        let ran = program.run();
        assert_eq!(ran.code, Some(code), "{}", ran.stdout);
        let is_good = |entry: &Entry| matches!(entry, Entry::Request { authorized: true, .. });
        assert_eq!(program.simulator.journal().iter().any(is_good), code == 0);
    }
}

#[tokio::test]
async fn outputs_that_cannot_be_written_are_told_and_spoil_only_a_good_end() {
    let failed = Scenario::new().await_join().status("failed");
    for (scenario, code) in [(success(), 41), (failed, 10)] {
        let program = Program::new(scenario).await.on_github();
        let nowhere = program.folder.path().join("no/such/folder");
        let program = program.env("GITHUB_OUTPUT", nowhere.to_str().unwrap());
        let ran = program.run();
        assert_eq!(ran.code, Some(code), "{}", ran.stdout);
        assert!(ran.stdout.contains("cannot write "), "{}", ran.stdout);
    }
}
