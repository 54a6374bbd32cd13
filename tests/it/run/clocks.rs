//! A clock of the build machine that steps: timestamps are a hint, and cost no line.

use simulator::Scenario;

use crate::harness::{GO, Ran, Step, lines};

const HOUR_MS: i64 = 3_600_000;

/// A step of the clock between two lines.
type ClockStep = fn(Scenario) -> Scenario;

const BACK: ClockStep = |scenario| scenario.build_clock(-HOUR_MS);
const FORTH: ClockStep = |scenario| scenario.build_clock(HOUR_MS);
/// One line is stamped an hour ahead.
const ONE_AHEAD: ClockStep =
    |scenario| scenario.build_clock(HOUR_MS).log("info", "ahead").build_clock(0);

const CLOCK_STEPS: [ClockStep; 3] = [BACK, FORTH, ONE_AHEAD];

#[track_caller]
fn assert_whole(ran: &Ran, last: u64) {
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    assert_eq!(ran.numbered("line "), (1..=last).collect::<Vec<_>>(), "{}", ran.stdout);
    assert!(!ran.stdout.contains("missing"), "{}", ran.stdout);
}

#[tokio::test]
async fn a_clock_that_steps_while_the_stream_is_cut_costs_no_line_and_no_order() {
    for clock in CLOCK_STEPS {
        let scenario = lines(Scenario::new().await_join(), 1..=10);
        let scenario = clock(scenario).await_requests("GET", GO, 1).cut_connection();
        let scenario = lines(scenario, 11..=20).await_join();
        let scenario = clock(lines(scenario, 21..=30)).cut_connection();
        let scenario = lines(lines(scenario, 31..=40).await_join(), 41..=50);
        let step = Step::new(scenario.status("complete")).await;
        let ran = step.run_and_go_on_after("line 10\n").await;
        assert_whole(&ran, 50);
    }
}

#[tokio::test]
async fn a_clock_that_steps_costs_a_polled_log_no_line_and_no_order() {
    for clock in CLOCK_STEPS {
        for transport in ["auto", "poll"] {
            let scenario = clock(lines(Scenario::new().without_socket(), 1..=10));
            let scenario = lines(scenario.await_requests("GET", GO, 1), 11..=20);
            let scenario = clock(scenario).await_requests("GET", GO, 2);
            let scenario = lines(scenario, 21..=30).status("complete");
            let ran = Step::new(scenario)
                .await
                .input("transport", transport)
                .run_and_go_on_after_each(["line 10\n", "line 20\n"])
                .await;
            assert_whole(&ran, 30);
        }
    }
}

#[tokio::test]
async fn lines_of_a_clock_that_stepped_are_printed_behind_a_gap_too() {
    for clock in CLOCK_STEPS {
        let scenario = clock(lines(Scenario::new().recent_lines(10).without_socket(), 1..=5));
        let scenario = lines(scenario.await_requests("GET", GO, 1), 6..=40);
        let scenario = scenario.await_requests("GET", GO, 2).status("complete");
        let ran =
            Step::new(scenario).await.run_and_go_on_after_each(["line 5\n", "line 40\n"]).await;
        assert_eq!(ran.code, 0, "{}", ran.stdout);
        let printed = ran.numbered("line ");
        assert!(printed.starts_with(&[1, 2, 3, 4, 5]), "{}", ran.stdout);
        assert!(printed.ends_with(&(31..=40).collect::<Vec<_>>()), "{}", ran.stdout);
        assert!(printed.is_sorted_by(|a, b| a < b), "{}", ran.stdout);
        assert!(ran.stdout.contains("missing"), "{}", ran.stdout);
    }
}

#[tokio::test]
async fn lines_of_a_clock_that_stepped_are_printed_behind_a_cut_that_rest_does_not_reach_over() {
    for clock in CLOCK_STEPS {
        let scenario = lines(Scenario::new().recent_lines(10).await_join(), 1..=5);
        let scenario = clock(scenario.await_requests("GET", GO, 1)).cut_connection();
        let scenario = lines(lines(scenario, 6..=40).await_join(), 41..=60);
        let step = Step::new(scenario.status("complete")).await;
        let ran = step
            .run_while(async |step, _| {
                step.stdout.shows("line 5\n").await;
                step.go();
                step.stdout.shows("line 60\n").await;
            })
            .await;
        assert_eq!(ran.code, 0, "{}", ran.stdout);
        let printed = ran.numbered("line ");
        assert!(printed.starts_with(&[1, 2, 3, 4, 5]), "{}", ran.stdout);
        // The session that was joined at line 41 brings all of these.
        assert!(printed.ends_with(&(41..=60).collect::<Vec<_>>()), "{}", ran.stdout);
        assert!(printed.is_sorted_by(|a, b| a < b), "{}", ran.stdout);
        assert!(ran.stdout.contains("missing"), "{}", ran.stdout);
    }
}

#[tokio::test]
async fn missing_stream_lines_are_noticed_despite_clock_changes() {
    for clock in CLOCK_STEPS {
        let scenario = clock(lines(Scenario::new().await_join(), 1..=10));
        let scenario = lines(scenario.await_requests("GET", GO, 1).drop_every(1), 11..=15);
        let scenario = lines(scenario.drop_every(0).await_requests("GET", GO, 2), 16..=20);
        let ran = Step::new(scenario.status("complete"))
            .await
            .watchful()
            .run_and_go_on_behind("line 10\n", ["line 15\n"])
            .await;
        assert_whole(&ran, 20);
    }
}
