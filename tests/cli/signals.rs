//! Real signals, in the ways in which CIs start and stop their steps.

use std::process::Command;

use simulator::{BUILD_ID, Entry, Scenario};

use crate::program::{Program, Ran, Running, binary, scrubbed};

/// Logs a line and then goes on for ever.
fn endless() -> Scenario {
    Scenario::new()
        .await_join()
        .status("running")
        .log("info", "********** COOK COMMAND STARTED **********")
        .log("info", "line 1")
        .await_requests("POST", "/never", 1)
}

fn send(signal: &str, to: &Running) {
    let status = Command::new("kill").args([signal, &to.id().to_string()]).status().unwrap();
    assert!(status.success());
}

async fn assert_left_well(program: &Program, ran: &Ran) {
    assert!(ran.stdout.contains("line 1\n::endgroup::\n"), "{}", ran.stdout);
    assert!(ran.stdout.contains("runs on"), "{}", ran.stdout);
    assert!(ran.stdout.contains(&format!("build-id: {BUILD_ID}")), "{}", ran.stdout);
    assert_eq!(program.output("result"), "interrupted");
    assert_eq!(program.output("build-id"), BUILD_ID);
    program.simulator.until(|journal| journal.contains(&Entry::NamespaceDisconnect)).await;
    let journal = program.simulator.journal();
    let place = |wanted: &Entry| journal.iter().position(|entry| entry == wanted);
    let left = place(&Entry::Left { build_id: BUILD_ID.to_owned() });
    assert!(left.is_some() && left < place(&Entry::NamespaceDisconnect), "{journal:?}");
}

#[tokio::test]
async fn a_signal_ends_the_step_cleanly() {
    for (signal, code) in [("-INT", 130), ("-TERM", 143)] {
        let program = Program::new(endless()).await.on_github();
        let mut running = program.start();
        running.shows("line 1\n");
        send(signal, &running);
        let ran = program.ended(running);
        assert_eq!(ran.code, Some(code), "{}", ran.stdout);
        assert_left_well(&program, &ran).await;
    }
}

#[tokio::test]
async fn where_sigint_was_ignored_from_the_start_sigterm_still_ends_the_step() {
    let program = Program::new(endless()).await.on_github();
    let mut shell = scrubbed("/bin/sh");
    shell.args(["-c", r#"trap "" INT HUP; exec "$0""#]).arg(binary());
    let mut running = program.launch(shell);
    running.shows("line 1\n");
    send("-TERM", &running);
    let ran = program.ended(running);
    assert_eq!(ran.code, Some(143), "{}", ran.stdout);
    assert_left_well(&program, &ran).await;
}
