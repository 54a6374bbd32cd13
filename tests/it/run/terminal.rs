//! The live view on a terminal.

use simulator::Scenario;

use crate::harness::{GO, Step};

#[tokio::test]
async fn the_status_line_stays_visible_while_the_log_scrolls() {
    const LAST_LINE_ENDS: &str = "\x1b[?7h";
    let scenario = Scenario::new()
        .await_join()
        .status("running")
        .await_requests("GET", GO, 1)
        .log("info", "a line of the log")
        .await_requests("GET", GO, 2)
        .status("complete");
    let ran = Step::new(scenario)
        .await
        .on_a_terminal()
        .run_while(async |step, _| {
            step.stdout.shows(LAST_LINE_ENDS).await;
            step.go();
            // Text that is written at once is visible at once.
            step.stdout.shows("a line of the log\n").await;
            let shown = step.stdout.text();
            assert!(shown.ends_with(LAST_LINE_ENDS), "{shown:?}");
            step.go();
        })
        .await;
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    assert!(ran.stdout.ends_with('\n'), "{:?}", ran.stdout);
}
