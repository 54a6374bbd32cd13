//! The list of builds, where a trigger looks for its build after an ambiguous answer.

use std::time::{Duration, Instant};

use simulator::{
    Answer, BUILD_ID, Entry, Other, PROJECT_ID, SETTING_ID, Scenario, TOKEN, build_path,
    setting_path,
};

use super::trigger::{API_TOKEN, first, short};
use crate::harness::Step;

#[tokio::test]
async fn the_list_is_read_before_the_optional_setting_and_as_long_as_planned() {
    let down = |path: String| Answer::new("GET", path, 502);
    let scenario = short().answer(first(502)).answer(down(setting_path()).times(2));
    let ran = Step::new(scenario.answer(down("/builds".to_owned()).times(40))).await.run().await;
    ran.built_once(2);
    assert_eq!(ran.asked("GET", "/builds"), 42, "one look at an empty list is not enough");
    assert_eq!(
        ran.asked("GET", &setting_path()),
        0,
        "no build is listed that it would decide about"
    );
}

#[tokio::test]
async fn an_unavailable_list_ends_with_31_and_all_known_facts() {
    for (answer, words, lists, hint) in [
        (
            Answer::new("GET", "/builds", 503),
            "the list of builds cannot be read (a proxy or gateway answered 503 in BuildPixel's place)",
            5..1000,
            "hides it: ask its operators",
        ),
        (
            Answer::new("GET", "/builds", 401).refused("invalid_token"),
            "the list of builds cannot be read (BuildPixel answered 401 invalid_token",
            4..5,
            "the BuildPixel dashboard",
        ),
        (
            Answer::new("GET", "/builds", 200).body("<html>welcome</html>"),
            "the list of builds cannot be read (cannot understand BuildPixel's answer (200): \
             expected a list of builds:",
            5..1000,
            "the BuildPixel dashboard",
        ),
        (
            Answer::new("GET", "/builds", 200).body(r#"{"items":[],"nextCursor":"again"}"#),
            "the list of builds does not show all builds queued since",
            80..81,
            "the BuildPixel dashboard",
        ),
        (
            Answer::new("GET", "/builds", 200).body(r#"{"items":[{"id":"b"}],"nextCursor":null}"#),
            "build b may belong to this trigger: its creation time is unknown",
            4..5,
            "the BuildPixel dashboard",
        ),
    ] {
        let scenario = short().answer(first(504).processed()).answer(answer);
        let step = Step::new(scenario).await.input("branch", "main");
        // Time for the planned lookups, and more of them while the list cannot be read.
        let step = step.trigger_delays(|delays| delays.longest = Duration::from_secs(3));
        let ran = step.run().await;
        assert_eq!((ran.code, ran.requests("POST")), (31, 1), "{}", ran.stdout);
        assert!(lists.contains(&ran.asked("GET", "/builds")), "{}", ran.stdout);
        ran.says("cannot tell whether a build was triggered: a proxy or gateway answered 504 in BuildPixel's place; ");
        ran.says(words);
        ran.says(hint);
        ran.does_not_say("nothing was triggered");
        ran.does_not_say("no build was started");
        assert_eq!(ran.stdout.matches(TOKEN).count(), 1, "once, in ::add-mask::");
    }
}

#[tokio::test]
async fn a_failing_list_is_retried_and_each_new_reason_is_reported() {
    let reset = Answer::new("GET", "/builds", 200).times(1).reset();
    let limited = Answer::new("GET", "/builds", 429).times(1).header("retry-after", "0");
    let scenario = short().answer(first(504).processed()).answer(reset).answer(limited);
    let ran = Step::new(scenario).await.run().await;
    ran.built_once(1);
    let reported = "cannot look for the build; retrying in";
    assert_eq!(ran.stdout.matches(reported).count(), 2, "{}", ran.stdout);
    ran.says("a proxy or gateway answered 429");
    ran.says("BuildPixel did not answer");
}

#[tokio::test]
async fn an_unparsable_list_is_read_again_at_the_next_lookup() {
    for odd in [
        Answer::new("GET", "/builds", 200).body("<html>one moment</html>"),
        Answer::new("GET", "/builds", 302).header("location", "/login"),
        Answer::new("GET", "/builds", 200).body(" ".repeat(9 << 20)),
    ] {
        let scenario = short().answer(first(504).processed()).answer(odd.times(2));
        let ran = Step::new(scenario).await.run().await;
        ran.built_once(1);
        assert_eq!(ran.asked("GET", "/builds"), 3, "{}", ran.stdout);
    }
}

#[tokio::test]
async fn a_list_is_not_waited_for_longer_than_the_cap() {
    let limited = Answer::new("GET", "/builds", 429).header("retry-after", "86400").times(1);
    let step = Step::new(short().answer(first(504).processed()).answer(limited)).await;
    let soon = Duration::from_millis(50);
    step.trigger_delays(|delays| delays.longest_retry_after = soon).run().await.built_once(1);
}

#[tokio::test]
async fn a_long_list_is_read_as_far_as_necessary_in_any_order() {
    let old = |n: u64| Other::new(API_TOKEN).age(3_600_000 - n * 1000);
    let run = async |scenario: Scenario, triggers: usize| {
        let scenario = scenario.others((0..250).map(old));
        let ran = Step::new(scenario).await.run().await;
        ran.built_once(triggers);
        ran.asked("GET", "/builds")
    };
    let made = || short().answer(first(502).processed());
    let not_made = || short().answer(first(502));
    assert_eq!(run(made(), 1).await, 1);
    assert_eq!(run(made().oldest_first(), 1).await, 3);
    assert_eq!(run(not_made(), 2).await, 4);
    assert_eq!(run(not_made().oldest_first(), 2).await, 12);
}

#[tokio::test]
async fn a_list_that_lags_behind_does_not_make_a_second_build() {
    let scenario = short().answer(first(504).processed()).list_lag(3);
    let ran = Step::new(scenario).await.run().await;
    ran.built_once(1);
    assert_eq!(ran.asked("GET", "/builds"), 4);
}

#[tokio::test]
async fn each_lookup_has_its_own_time_limit() {
    let began = Instant::now();
    let silent = Answer::new("GET", "/builds", 200).hang().times(1);
    let step = Step::new(short().answer(first(502).processed()).answer(silent)).await;
    let limit = Duration::from_millis(300);
    let ran = step.trigger_delays(|delays| delays.longest_lookup = limit).run().await;
    ran.built_once(1);
    assert_eq!(ran.asked("GET", "/builds"), 2, "{}", ran.stdout);
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_retry_after_of_the_list_is_obeyed_by_the_next_lookup_too() {
    let began = Instant::now();
    let down = Answer::new("GET", "/builds", 503).header("retry-after", "10");
    let step = Step::new(short().answer(first(502).processed()).answer(down)).await;
    let step = step.trigger_delays(|delays| {
        delays.longest_lookup = Duration::from_secs(5);
        delays.longest = Duration::from_secs(7);
    });
    let ran = step.run().await;
    assert_eq!((ran.code, ran.asked("GET", "/builds")), (31, 1), "{}", ran.stdout);
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
}

#[tokio::test]
async fn the_build_is_looked_for_where_it_was_triggered() {
    let scenario = short().answer(first(502).processed());
    let ran = Step::new(scenario).await.run().await;
    let query = format!("/builds?projectId={PROJECT_ID}&buildSettingId={SETTING_ID}&limit=100");
    let is_look = |entry: &Entry| matches!(entry, Entry::Request { path, authorized: true, .. } if *path == query);
    assert!(ran.journal.iter().any(is_look), "{:?}", ran.journal);
    assert!(ran.asked("GET", &build_path(BUILD_ID)) > 0);
}
