//! A stdout whose reader does not stay to the end.

use simulator::{BUILD_ID, Scenario};

use crate::program::{Program, binary, scrubbed};

#[tokio::test]
async fn a_reader_that_leaves_changes_neither_the_end_nor_the_outputs() {
    for (status, code, result) in [("complete", 0, "success"), ("failed", 10, "failure")] {
        let scenario = Scenario::new()
            .await_join()
            .status("running")
            .log("info", "line 1")
            .await_requests("GET", "/go", 1)
            .flood(5000)
            .status(status);
        let program = Program::new(scenario).await.on_github();
        let mut running = program.start();
        running.shows("line 1\n");
        running.close_stdout();
        program.go();
        let ran = program.ended(running);
        assert_eq!(ran.code, Some(code));
        assert_eq!(program.output("result"), result);
        assert_eq!(program.output("build-id"), BUILD_ID);
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_stdout_that_was_never_open_changes_nothing_either() {
    let scenario = Scenario::new().await_join().log("info", "line 1").status("failed");
    let program = Program::new(scenario).await.on_github();
    let mut shell = scrubbed("/bin/sh");
    shell.args(["-c", r#"exec "$0" >&-"#]).arg(binary());
    let ran = program.ended(program.launch(shell));
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(10), ""));
    assert_eq!(program.output("result"), "failure");
}
