//! A stream that loses, delays or repeats lines, as real Socket.IO servers do. Every line that
//! either transport brings is printed once, and missing lines are reported.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use buildpixel_ci::report::Signal;
use simulator::{Answer, BUILD_ID, Recovery, Scenario, build_path};

use crate::harness::{GO, Journal, LONG, Ran, ScenarioExt, Step, lines};

const MISSING: &str = "missing";
const LATE: &str = "late";

/// How long a busy machine waits for the stream, which is never further behind than 60 ms.
const AHEAD: Duration = Duration::from_secs(5);
const SILENT: &str = "the live log is silent although the build logs";

/// True if a line of what was printed has this word.
fn has_word(text: &str, word: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric()).any(|part| part == word)
}

#[track_caller]
fn assert_whole(ran: &Ran, numbers: std::ops::RangeInclusive<u64>) {
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    assert_eq!(ran.numbered("line "), numbers.collect::<Vec<_>>(), "{}", ran.stdout);
    for word in [MISSING, LATE] {
        assert!(!has_word(&ran.stdout, word), "{word}: {}", ran.stdout);
    }
}

/// Every line is printed once, in whatever order, and none is said to be missing.
#[track_caller]
fn assert_each_once(ran: &Ran, numbers: std::ops::RangeInclusive<u64>) {
    let mut printed = ran.numbered("line ");
    printed.sort_unstable();
    assert_eq!(printed, numbers.collect::<Vec<_>>(), "{}", ran.stdout);
    assert!(!has_word(&ran.stdout, MISSING), "{}", ran.stdout);
}

// Ignored joins.

#[tokio::test]
async fn an_ignored_join_is_repeated_soon_and_costs_no_line() {
    for (scenario, unheeded) in [
        (Scenario::new().ignored_joins(1), 1),
        (Scenario::new().refused_joins(1), 1),
        (Scenario::new().refused_joins(1).ignored_joins(1), 2),
    ] {
        let scenario = scenario.status("running").await_requests("GET", GO, 1);
        let scenario = lines(lines(scenario, 1..=10).await_join(), 11..=20);
        let ran = Step::new(scenario.status("complete"))
            .await
            .run_while(async |step, _| {
                step.joined(1).await;
                step.go();
                step.joined(unheeded + 1).await;
            })
            .await;
        assert_whole(&ran, 1..=20);
        assert_eq!(ran.stdout.matches("joining it again").count(), 1, "{}", ran.stdout);
        assert_eq!(ran.journal.joins(), unheeded + 1);
    }
}

#[tokio::test]
async fn lines_appear_although_every_join_is_ignored() {
    let scenario = lines(Scenario::new().ignored_joins(usize::MAX), 1..=10);
    let scenario = lines(scenario.await_requests("GET", GO, 1), 11..=20);
    let scenario = scenario.await_requests("GET", GO, 2).status("complete");
    let ran = Step::new(scenario)
        .await
        .run_while(async |step, _| {
            step.stdout.shows("line 10\n").await;
            step.go();
            step.stdout.shows("line 20\n").await;
            step.joined(3).await;
            step.go();
        })
        .await;
    assert_whole(&ran, 1..=20);
    assert_eq!(ran.stdout.matches(SILENT).count(), 1, "{}", ran.stdout);
}

#[tokio::test]
async fn a_build_that_logs_nothing_is_joined_once_without_a_notice() {
    let scenario = Scenario::new().await_join().await_requests("GET", GO, 1).status("complete");
    let ran = Step::new(scenario)
        .await
        .watchful()
        .run_while(async |step, _| {
            step.asked_again(10).await;
            step.go();
        })
        .await;
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    assert_eq!(ran.journal.joins(), 1);
    assert!(!ran.stdout.contains(SILENT), "{}", ran.stdout);
}

// Lines that are dropped inside a session that stands.

#[tokio::test]
async fn lines_dropped_by_a_connected_session_are_printed_and_marked_late() {
    let scenario = lines(Scenario::new().await_join(), 1..=3).await_requests("GET", GO, 1);
    let scenario = lines(scenario.drop_every(2), 4..=9).drop_every(0).log("info", "line 10");
    let scenario = lines(scenario.await_requests("GET", GO, 2), 11..=12).status("complete");
    let ran =
        Step::new(scenario).await.watchful().run_and_go_on_behind("line 3\n", ["line 9\n"]).await;
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    assert_each_once(&ran, 1..=12);
    let in_time = |number: &u64| ![5, 7, 9].contains(number);
    let (in_time, late): (Vec<_>, Vec<_>) = ran.numbered("line ").into_iter().partition(in_time);
    assert!(in_time.is_sorted() && late.is_sorted(), "{}", ran.stdout);
    let (before, _) = ran.stdout.split_once("\nline 9\n").unwrap();
    assert!(has_word(before, LATE), "{}", ran.stdout);
    assert_eq!(ran.journal.joins(), 1, "the session brings lines");
}

#[tokio::test]
async fn dropped_lines_are_found_in_the_last_view_too() {
    let scenario = lines(Scenario::new().await_join(), 1..=10).await_requests("GET", GO, 1);
    let scenario = lines(scenario.drop_every(7), 11..=120).drop_every(0).log("info", "line 121");
    let ran = Step::new(scenario.status("complete"))
        .await
        .watchful()
        .run_and_go_on_behind("line 10\n", [])
        .await;
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    assert_each_once(&ran, 1..=121);
}

#[tokio::test]
async fn a_finding_in_a_line_that_comes_late_counts() {
    let scenario = lines(Scenario::new().await_join(), 1..=3).await_requests("GET", GO, 1);
    let error = "Source/Real.cpp(3): error C2065: 'a': undeclared identifier";
    let scenario = scenario.drop_every(1).log("error", error).drop_every(0);
    let ran = Step::new(lines(scenario, 4..=6).status("failed"))
        .await
        .watchful()
        .run_and_go_on_behind("line 3\n", [])
        .await;
    assert_eq!(ran.code, 10, "{}", ran.stdout);
    assert_eq!(ran.numbered("line "), [1, 2, 3, 4, 5, 6], "{}", ran.stdout);
    assert_eq!(ran.stdout.lines().filter(|line| *line == error).count(), 1, "{}", ran.stdout);
    assert_eq!(ran.output("error-count"), "1");
    assert!(ran.output("first-error").contains("undeclared identifier"), "{:?}", ran.outputs);
    let annotation = "::error title=C2065,file=Source/Real.cpp,line=3::";
    assert_eq!(ran.stdout.matches(annotation).count(), 1, "{}", ran.stdout);
}

#[tokio::test]
async fn dropped_lines_that_no_view_shows_are_reported_missing() {
    let scenario = Scenario::new().recent_lines(10).await_join();
    let scenario = lines(scenario, 1..=5).await_requests("GET", GO, 1);
    let scenario = lines(scenario.drop_every(1), 6..=100).drop_every(0);
    let scenario = lines(scenario, 101..=102).await_requests("GET", GO, 2).status("complete");
    let ran =
        Step::new(scenario).await.watchful().run_and_go_on_behind("line 5\n", [MISSING]).await;
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    let printed = ran.numbered("line ");
    let distinct: BTreeSet<_> = printed.iter().copied().collect();
    assert_eq!(distinct.len(), printed.len(), "{}", ran.stdout);
    assert!((1..=5).chain(93..=102).all(|line| distinct.contains(&line)), "{}", ran.stdout);
}

// A stream that lags behind REST.

#[tokio::test]
async fn a_view_that_is_ahead_of_the_stream_by_more_than_its_window_puts_no_line_out_of_order() {
    for (begun, cut) in [(true, false), (false, false), (true, true)] {
        let mut scenario = Scenario::new().recent_lines(20).await_join();
        if begun {
            scenario = lines(scenario, 1..=10);
        }
        scenario = scenario.await_requests("GET", GO, 1).hold_stream();
        let first = if begun { 11 } else { 1 };
        if cut {
            scenario = scenario.cut_connection();
        }
        scenario = lines(scenario, first..=100);
        if cut {
            scenario = scenario.await_join();
        }
        scenario = lines(scenario.await_requests("GET", GO, 2).release_stream(), 101..=105);
        let ran = Step::new(scenario.status("complete"))
            .await
            .watchful()
            .run_while(async |step, _| {
                match begun {
                    true => step.settled("line 10\n").await,
                    false => step.asked_again(1).await,
                }
                step.go();
                if cut {
                    step.joined(2).await;
                }
                step.asked_again(2).await;
                step.go();
            })
            .await;
        if cut {
            // REST does not show whether lines were logged between the two sessions.
            assert_eq!(ran.code, 0, "{}", ran.stdout);
            assert_eq!(ran.numbered("line "), (1..=105).collect::<Vec<_>>(), "{}", ran.stdout);
            assert!(!has_word(&ran.stdout, LATE), "{}", ran.stdout);
            let (before, behind) = ran.stdout.split_once("\nline 11\n").unwrap();
            assert!(before.contains(MISSING) && !behind.contains(MISSING), "{}", ran.stdout);
        } else {
            assert_whole(&ran, 1..=105);
        }
    }
}

#[tokio::test]
async fn a_stream_that_lags_behind_rest_all_the_time_is_printed_once_and_in_order() {
    let mut scenario = Scenario::new().recent_lines(30).await_join().status("running").lag(60);
    for burst in 0..12 {
        scenario = lines(scenario, burst * 50 + 1..=burst * 50 + 50).pause(25);
    }
    let step = Step::new(scenario.lag(0).status("complete")).await.watchful();
    // If the machine stood still for the usual second, the stream would seem lost.
    let ran = step.follow_delays(|delays| delays.ahead = AHEAD).run().await;
    assert_whole(&ran, 1..=600);
}

#[tokio::test]
async fn bursts_that_are_longer_than_the_view_of_rest_are_printed_once_and_in_order() {
    let mut scenario = Scenario::new().recent_lines(20).await_join().status("running");
    for burst in 0..12 {
        scenario = lines(scenario, burst * 200 + 1..=burst * 200 + 200).pause(25);
    }
    let step = Step::new(scenario.status("complete")).await.watchful();
    let ran = step.follow_delays(|delays| delays.ahead = AHEAD).run().await;
    assert_whole(&ran, 1..=2400);
}

// Sessions that count as recovered.

/// Ten lines, ten that a recovered session missed, and ten more; the last ones once REST was asked
/// about those before. The log is polled meanwhile, or it is not.
async fn recovered(recovery: Recovery, window: usize, polled: bool) -> Ran {
    let scenario = Scenario::new().recovery(recovery).recent_lines(window).await_join();
    let scenario = lines(scenario, 1..=10).await_requests("GET", GO, 1).cut_connection();
    let scenario = lines(scenario, 11..=20).await_join().await_requests("GET", GO, 2);
    Step::new(lines(scenario, 21..=30).status("complete"))
        .await
        .watchful()
        .follow_delays(|delays| delays.grace = if polled { Duration::ZERO } else { LONG })
        .run_while(async |step, _| {
            step.settled("line 10\n").await;
            step.go();
            step.joined(2).await;
            step.asked_again(3).await;
            step.go();
        })
        .await
}

#[tokio::test]
async fn a_fully_recovered_session_continues_without_a_notice() {
    for window in [200, 5] {
        for polled in [false, true] {
            assert_whole(&recovered(Recovery::default(), window, polled).await, 1..=30);
        }
    }
}

#[tokio::test]
async fn an_incompletely_recovered_session_is_filled_from_rest_in_order() {
    for (lose_middle, lose_last) in [(3, 0), (0, 3), (10, 0), (2, 2)] {
        let recovery = Recovery { lose_middle, lose_last };
        for polled in [false, true] {
            assert_whole(&recovered(recovery, 200, polled).await, 1..=30);
        }
    }
}

#[tokio::test]
async fn a_hole_in_a_recovered_session_is_reported_if_rest_cannot_fill_it() {
    // The session brings 11, 12, 17 and 18. REST shows 16 to 20, and so that there is a hole.
    let recovery = Recovery { lose_middle: 4, lose_last: 2 };
    for polled in [false, true] {
        let ran = recovered(recovery, 5, polled).await;
        assert_eq!(ran.code, 0, "{}", ran.stdout);
        let expected = (1..=12).chain(16..=30).collect::<Vec<_>>();
        assert_eq!(ran.numbered("line "), expected, "{}", ran.stdout);
        let (before, behind) = ran.stdout.split_once("\nline 12\n").unwrap();
        let (hole, behind) = behind.split_once("\nline 16\n").unwrap();
        assert!(has_word(hole, MISSING), "{}", ran.stdout);
        assert!(![before, behind].iter().any(|part| has_word(part, MISSING)), "{}", ran.stdout);
    }
}

// Lines that are delivered again.

#[tokio::test]
async fn a_repeated_run_of_lines_is_not_printed_again() {
    for run in [3, 5, 10] {
        let scenario = lines(Scenario::new().await_join(), 1..=10).await_requests("GET", GO, 1);
        let scenario = lines(scenario.repeat(run), 11..=12).repeat(run).log("info", "line 13");
        let ran = Step::new(scenario.status("complete"))
            .await
            .watchful()
            .run_and_go_on_behind("line 10\n", [])
            .await;
        assert_whole(&ran, 1..=13);
    }
}

#[tokio::test]
async fn one_or_two_repeated_lines_are_printed_without_waiting() {
    for run in [1, 2] {
        let scenario = lines(Scenario::new().await_join(), 1..=10).await_requests("GET", GO, 1);
        let scenario = scenario.repeat(run).await_requests("GET", GO, 2).log("info", "line 11");
        let again = |printed: &str| printed.lines().filter(|line| *line == "line 10").count() == 2;
        let ran = Step::new(scenario.status("complete"))
            .await
            .watchful()
            .run_while(async |step, _| {
                step.settled("line 10\n").await;
                step.go();
                step.stdout.until("line 10 again", again).await;
                step.go();
            })
            .await;
        assert_eq!(ran.code, 0, "{}", ran.stdout);
        let repeated = 11 - run as u64..=10;
        let expected = (1..=10).chain(repeated).chain([11]).collect::<Vec<_>>();
        assert_eq!(ran.numbered("line "), expected, "{}", ran.stdout);
    }
}

#[tokio::test]
async fn equal_lines_are_always_printed() {
    let mut scenario = Scenario::new().clock(3_600_000).await_join().log("info", "start");
    for _ in 0..5 {
        scenario = scenario.log("info", "line 7");
    }
    let scenario = scenario.await_requests("GET", GO, 1).repeat(4).log("info", "line 8");
    let ran = Step::new(scenario.status("complete"))
        .await
        .watchful()
        .run_and_go_on_behind("line 7\n", [])
        .await;
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    assert_eq!(ran.numbered("line "), [7, 7, 7, 7, 7, 7, 7, 7, 7, 8], "{}", ran.stdout);
}

// REST that fails while the stream is cut again and again.

/// Sessions of ten lines each, the service closing each of them, while REST answers 500.
fn cut_and_no_rest(sessions: u64) -> Scenario {
    let down = Answer::new("GET", build_path(BUILD_ID), 500);
    let mut scenario = Scenario::new().answer(down).status("running");
    for session in 0..sessions {
        // A closed session ends with all that was sent before.
        scenario = lines(scenario.await_join(), session * 10 + 1..=session * 10 + 10);
        scenario = scenario.close_engine();
    }
    scenario.await_join().never_ends()
}

#[tokio::test]
async fn lines_appear_soon_although_rest_fails_and_the_stream_reconnects() {
    let step = Step::new(cut_and_no_rest(6)).await;
    let ran = step
        .follow_delays(|delays| delays.catch_up = Duration::from_millis(200))
        .run_while(async |step, signals| {
            step.stdout.shows("line 60\n").await;
            signals.send(Signal::Term).await.unwrap();
        })
        .await;
    assert_eq!(ran.code, 143, "{}", ran.stdout);
    assert_eq!(ran.numbered("line "), (1..=60).collect::<Vec<_>>(), "{}", ran.stdout);
    assert!(has_word(&ran.stdout, MISSING), "nobody knows what was between: {}", ran.stdout);
}

#[tokio::test]
async fn lines_that_wait_for_rest_are_printed_at_a_signal() {
    let step = Step::new(cut_and_no_rest(3)).await;
    let ran = step
        .follow_delays(|delays| delays.catch_up = Duration::from_secs(3600))
        .run_while(async |step, signals| {
            step.joined(4).await;
            signals.send(Signal::Term).await.unwrap();
        })
        .await;
    assert_eq!(ran.code, 143, "{}", ran.stdout);
    assert_eq!(ran.numbered("line "), (1..=30).collect::<Vec<_>>(), "{}", ran.stdout);
}

#[tokio::test]
async fn lines_that_wait_for_rest_are_printed_at_the_deadline() {
    let step = Step::new(cut_and_no_rest(3)).await.input("timeout", "5s");
    let ran = step
        .follow_delays(|delays| delays.catch_up = Duration::from_secs(3600))
        .run_while(async |step, _| step.joined(4).await)
        .await;
    assert_eq!(ran.code, 12, "{}", ran.stdout);
    assert_eq!(ran.numbered("line "), (1..=30).collect::<Vec<_>>(), "{}", ran.stdout);
}

#[tokio::test]
async fn many_lines_that_wait_for_rest_are_all_printed_at_a_signal() {
    let down = Answer::new("GET", build_path(BUILD_ID), 500);
    let scenario = lines(Scenario::new().answer(down).await_join(), 1..=5_000);
    // A pushed status is shown at once, so all lines have come when it is.
    let ran = Step::new(scenario.status("running").never_ends())
        .await
        .follow_delays(|delays| delays.hold = Duration::from_secs(3600))
        .run_while(async |step, signals| {
            step.stdout.shows("build is running\n").await;
            signals.send(Signal::Term).await.unwrap();
        })
        .await;
    assert_eq!(ran.code, 143, "{}", ran.stdout);
    assert_eq!(ran.numbered("line "), (1..=5_000).collect::<Vec<_>>());
}

// The beginning of the log.

#[tokio::test]
async fn a_log_followed_from_its_beginning_is_not_reported_as_begun_before() {
    // REST says that the build is pending after the room was joined.
    let pending = || Scenario::new().await_join().await_requests("GET", build_path(BUILD_ID), 2);
    // REST shows all of the short log before the stream has brought its first line.
    let short = lines(pending().status("running").hold_stream(), 1..=15).release_stream();
    // The service is deployed anew before anything has been logged.
    let redeployed = lines(pending().restart(200).status("running"), 1..=15).await_join();
    for scenario in [short, redeployed] {
        let scenario = scenario.await_requests("GET", GO, 1).status("complete");
        let step = Step::new(scenario).await.watchful();
        let ran = step.run_and_go_on_after("line 15\n").await;
        assert_whole(&ran, 1..=15);
        assert!(!ran.stdout.contains("may have begun earlier"), "{}", ran.stdout);
    }
}

// The cost of a healthy stream.

#[tokio::test]
async fn a_healthy_stream_is_compared_with_rest_at_most_once_per_status_poll() {
    const STATUS_POLL: Duration = Duration::from_millis(150);
    let mut scenario = lines(Scenario::new().await_join(), 1..=3).await_requests("GET", GO, 1);
    for line in 4..=100 {
        scenario = scenario.log("info", format!("line {line}")).pause(10);
    }
    let mut asked = (0, Duration::ZERO);
    let step = Step::new(scenario.await_requests("GET", GO, 2).status("complete")).await;
    let ran = step
        .follow_delays(|delays| delays.status_poll = STATUS_POLL)
        .run_while(async |step, _| {
            step.settled("line 3\n").await;
            let (before, since) = (step.simulator.journal().polls(), Instant::now());
            step.go();
            step.stdout.shows("line 100\n").await;
            asked = (step.simulator.journal().polls() - before, since.elapsed());
            step.go();
        })
        .await;
    assert_whole(&ran, 1..=100);
    let (asked, took) = asked;
    let most = took.div_duration_f64(STATUS_POLL).ceil() as usize;
    assert!((1..=most).contains(&asked), "{asked} in {took:?}");
}

#[tokio::test]
async fn lines_that_recur_with_one_timestamp_are_finally_printed() {
    // More lines follow than are remembered, so that the last view cannot tell any more.
    let scenario = Scenario::new().clock(3_600_000).await_join().log("info", "line 0");
    let scenario = scenario.await_requests("GET", GO, 1);
    let scenario = ["tick", "forged", "tick", "other", "tick", "forged", "tick"]
        .into_iter()
        .fold(scenario, |scenario, text| scenario.log("info", text));
    let scenario = lines(scenario.await_requests("GET", GO, 2), 1..=20_000);
    let ran = Step::new(scenario.status("complete"))
        .await
        .run_and_go_on_after_each(["line 0\n", "other\ntick\nforged\ntick\n"])
        .await;
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    assert!(!ran.stdout.contains("the live log"), "{}", ran.stdout);
    for (text, times) in [("tick", 4), ("forged", 2), ("other", 1)] {
        assert_eq!(ran.stdout.lines().filter(|line| *line == text).count(), times, "{text}");
    }
    assert_each_once(&ran, 0..=20_000);
}
