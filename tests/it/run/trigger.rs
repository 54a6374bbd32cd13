//! Exactly one build, whatever becomes of the request for it.

use std::time::{Duration, Instant, SystemTime};

use futures_util::future::join_all;
use simulator::{Answer, BUILD_ID, Other, Scenario, setting_path, trigger_path};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};

use crate::harness::{LONG, Ran, Step};

pub(crate) const MAY_HAVE_STARTED: &str = "a build may have been started";
pub(crate) const LOOKING: &str = "no clear answer; checking whether a build was started";
pub(crate) const API_TOKEN: &str = "api_token:6650aa10bb20cc30dd40ee99";

/// A build that says something and is then complete.
pub(crate) fn short() -> Scenario {
    Scenario::new().await_join().log("info", "line 1").status("complete")
}

/// An answer to the first trigger.
pub(crate) fn first(status: u16) -> Answer {
    Answer::new("POST", trigger_path(), status).times(1)
}

/// The answers that leave open whether a build was made.
fn ambiguous_answers() -> Vec<Answer> {
    let whole = format!(r#"{{"buildId":"{BUILD_ID}","status":"pending"}}"#);
    vec![
        first(302).header("location", "/login"),
        first(303).header("location", "/builds/1"),
        first(408),
        first(408).header("retry-after", "0"),
        first(500).body(r#"{"error":"internal","message":"oops","requestId":"req_1"}"#),
        first(502).body("<html>bad gateway</html>"),
        first(503),
        first(503).header("retry-after", "soon"),
        first(504),
        first(599),
        first(200),
        first(201).body("<html>welcome</html>"),
        first(201).body(r#"{"status":"pending"}"#),
        first(201).body(" ".repeat(9 << 20)),
        first(201).body(whole).cut(),
        first(201).reset(),
    ]
}

impl Ran {
    /// One build was made, it was followed, and its verdict is ours.
    pub(crate) fn built_once(&self, triggers: usize) {
        assert_eq!(self.code, 0, "{}", self.stdout);
        assert_eq!(self.asked("POST", &trigger_path()), triggers, "{}", self.stdout);
        let [build] = &self.builds[..] else { panic!("{:?}: {}", self.builds, self.stdout) };
        assert_eq!(self.output("build-id"), build);
        assert_eq!(self.output("status"), "complete");
        assert_eq!(self.numbered("line "), [1]);
    }
}

#[tokio::test]
async fn an_ambiguous_answer_leads_to_exactly_one_build() {
    let runs = ambiguous_answers().into_iter().flat_map(|answer| {
        [answer.clone().processed(), answer].map(|answer| async move {
            let triggers = if answer.processed { 1 } else { 2 };
            let ran = Step::new(short().answer(answer)).await.run().await;
            ran.built_once(triggers);
            ran.says(LOOKING);
            match triggers {
                1 => ran.says("the only matching build that an API token has started"),
                _ => ran.says("BuildPixel lists no build of this trigger; triggering again"),
            }
        })
    });
    join_all(runs).await;
}

#[tokio::test]
async fn a_missing_answer_leads_to_exactly_one_build() {
    for (answer, triggers) in [(first(201).processed().hang(), 1), (first(201).hang(), 2)] {
        let step = Step::new(short().answer(answer)).await;
        let step = step.trigger_delays(|delays| delays.answer = Duration::from_secs(2));
        let ran = step.run().await;
        ran.built_once(triggers);
        ran.says(LOOKING);
        ran.says("timed out");
    }
}

#[tokio::test]
async fn a_build_that_ended_before_it_is_found_is_still_ours() {
    for (wait, result) in [("true", "failure"), ("false", "detached")] {
        let scenario = Scenario::new().answer(first(504).processed());
        let scenario = scenario.log("info", "line 1").lose_status("failed");
        let ran = Step::new(scenario).await.input("wait", wait).run().await;
        assert_eq!(ran.output("result"), result, "{}", ran.stdout);
        assert_eq!((ran.output("build-id"), ran.output("status")), (BUILD_ID, "failed"));
        ran.does_not_say("runs on");
        assert_eq!(ran.builds, [BUILD_ID]);
    }
}

#[tokio::test]
async fn without_waiting_the_step_still_confirms_that_a_build_exists() {
    for processed in [true, false] {
        let answer = if processed { first(502).processed() } else { first(502) };
        let step = Step::new(Scenario::new().answer(answer)).await.input("wait", "false");
        let ran = step.run().await;
        assert_eq!((ran.code, ran.output("result")), (0, "detached"), "{}", ran.stdout);
        assert_eq!((&ran.builds[..], ran.output("build-id")), (&[BUILD_ID.into()][..], BUILD_ID));
    }
}

#[tokio::test]
async fn a_retryable_refusal_is_retried_without_a_lookup() {
    let hour = Duration::from_secs(3600);
    let by_the_services_clock = SystemTime::now() + hour + Duration::from_secs(3);
    let date = httpdate::fmt_http_date(by_the_services_clock);
    let until = httpdate::parse_http_date(&date).unwrap() - hour;
    let runs = [429, 503].into_iter().flat_map(|status| {
        [("1", Some(1)), (date.as_str(), None), ("0", Some(0))].map(
            |(retry_after, seconds)| async move {
                let began = Instant::now();
                let scenario = short().clock_offset(3_600_000);
                let answer = first(status).refused("busy").header("retry-after", retry_after);
                let ran = Step::new(scenario.answer(answer)).await.run().await;
                ran.built_once(2);
                assert_eq!(ran.asked("GET", "/builds"), 0, "{}", ran.stdout);
                assert_eq!(
                    ran.stdout.matches("the trigger was not accepted; retrying in").count(),
                    1
                );
                ran.says(&format!("BuildPixel answered {status}"));
                match seconds.map(Duration::from_secs) {
                    Some(wait) => assert!(began.elapsed() >= wait, "{:?}", began.elapsed()),
                    None => assert!(SystemTime::now() >= until, "{retry_after}"),
                }
            },
        )
    });
    join_all(runs).await;
}

#[tokio::test]
async fn only_answers_in_place_of_forwarding_prove_that_nothing_was_accepted() {
    // Varnish sends `Retry-After` also if BuildPixel accepted the trigger and its answer was late.
    for status in [400, 401, 403, 404, 405, 409, 413, 451, 500, 502, 503, 504, 521, 530] {
        for processed in [true, false] {
            let page = first(status).header("retry-after", "0").body("<title>Sorry</title>");
            let page = if processed { page.processed() } else { page };
            let ran = Step::new(short().answer(page)).await.run().await;
            ran.built_once(if processed { 1 } else { 2 });
            ran.says(LOOKING);
            ran.says(&format!(
                "a proxy or gateway answered {status} in BuildPixel's place: \"Sorry\""
            ));
        }
    }
    for status in [407, 411, 414, 417, 421, 426, 429, 431] {
        let limited = first(status).header("retry-after", "0").header("server", "gate/1");
        let ran = Step::new(short().answer(limited.body("slow down"))).await.run().await;
        ran.built_once(2);
        ran.says(&format!("answered {status} in BuildPixel's place (gate/1): \"slow down\""));
        assert_eq!(ran.asked("GET", "/builds"), 0, "{}", ran.stdout);
    }
}

#[tokio::test]
async fn a_page_in_place_of_every_answer_ends_with_31_and_names_who_answered() {
    let page = |method, path: String| {
        let page = Answer::new(method, path, 403).header("server", "webfilter");
        page.body("<html><title>Blocked by policy 7</title>")
    };
    let scenario = Scenario::new().answer(page("POST", trigger_path()));
    let step = Step::new(scenario.answer(page("GET", "/builds".to_owned()))).await;
    let step = step.trigger_delays(|delays| delays.longest = Duration::from_millis(500));
    let ran = step.run().await;
    assert_eq!((ran.code, ran.requests("POST")), (31, 1), "{}", ran.stdout);
    ran.says("a proxy or gateway answered 403 in BuildPixel's place (webfilter): \"Blocked by policy 7\"");
    ran.says("hides it: ask its operators to let the requests through");
    ran.does_not_say("dashboard");
    ran.does_not_say("BuildPixel answered");
}

#[tokio::test]
async fn the_retry_after_of_a_trigger_is_capped() {
    let later = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(86_400));
    for retry_after in ["86400", &later] {
        let answer = first(429).header("retry-after", retry_after);
        let step = Step::new(short().answer(answer)).await;
        let soon = Duration::from_millis(50);
        step.trigger_delays(|delays| delays.longest_retry_after = soon).run().await.built_once(2);
    }
}

#[tokio::test]
async fn a_rate_limit_without_retry_after_is_retried_and_a_lasting_one_ends_with_30() {
    Step::new(short().answer(first(429))).await.run().await.built_once(2);
    let limited = Answer::new("POST", trigger_path(), 429).body("slow down");
    let ran = Step::new(short().answer(limited)).await.run().await;
    assert_eq!(ran.code, 30, "{}", ran.stdout);
    assert_eq!(ran.asked("POST", &trigger_path()), 4);
    assert_eq!(ran.stdout.matches("retrying in").count(), 3, "{}", ran.stdout);
    ran.does_not_say(MAY_HAVE_STARTED);
}

#[tokio::test]
async fn a_retry_after_beyond_the_timeout_is_not_awaited() {
    let began = Instant::now();
    let limited = first(429).header("retry-after", "30");
    let ran = Step::new(short().answer(limited)).await.input("timeout", "25s").run().await;
    assert_eq!((ran.code, ran.builds.len()), (30, 0), "{}", ran.stdout);
    assert!(began.elapsed() < Duration::from_secs(25), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_final_refusal_is_not_retried() {
    for (status, code) in
        [(400, 21), (401, 21), (402, 21), (403, 21), (404, 21), (409, 21), (422, 21), (307, 32)]
    {
        let answer = Answer::new("POST", trigger_path(), status).refused("no_such_thing");
        let answer = answer.header("retry-after", "0");
        let ran = Step::new(short().answer(answer)).await.run().await;
        assert_eq!(ran.code, code, "{}", ran.stdout);
        assert_eq!((ran.requests("POST"), ran.requests("GET")), (1, 0), "{}", ran.stdout);
        ran.does_not_say(MAY_HAVE_STARTED);
    }
}

#[tokio::test]
async fn a_service_that_is_not_up_yet_is_waited_for() {
    let reserved = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = reserved.local_addr().unwrap();
    drop(reserved);
    let step = Step::new(short()).await.input("api-url", &format!("http://{address}"));
    // There is no time to look for a build, and none that would have to be looked for.
    let step = step.input("timeout", "20s").trigger_delays(|delays| {
        delays.again.retries = 100;
        delays.lookup_delays = [10, 20, 30, 30_000].map(Duration::from_millis);
    });
    let upstream = step.simulator.url().replace("http://", "");
    let ran = step
        .run_while(async |step, _| {
            step.stdout.shows("the trigger was not accepted; retrying in").await;
            let listener = TcpListener::bind(address).await.unwrap();
            tokio::spawn(async move {
                while let Ok((mut near, _)) = listener.accept().await {
                    let mut far = TcpStream::connect(&upstream).await.unwrap();
                    tokio::spawn(async move { copy_bidirectional(&mut near, &mut far).await });
                }
            });
        })
        .await;
    ran.built_once(1);
    ran.says("cannot reach BuildPixel");
    assert_eq!(ran.asked("GET", "/builds"), 0);
}

#[tokio::test]
async fn requests_that_cannot_be_sent_are_retried_and_end_with_30() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let no_tls = format!("https://{}", listener.local_addr().unwrap());
    let hangs_up = async {
        // Each connection ends where its TLS handshake should be.
        for _ in 0..4 {
            drop(listener.accept().await.unwrap());
        }
    };
    // Longer than a name can be, so that nobody is asked for it.
    let no_name = format!("https://{}.test", "x".repeat(80));
    let run = async |url: &str| {
        let ran = Step::new(Scenario::new()).await.input("api-url", url).input("transport", "poll");
        let ran = ran.run().await;
        assert_eq!(ran.code, 30, "{}", ran.stdout);
        let reported = "the trigger was not accepted; retrying in";
        assert_eq!(ran.stdout.matches(reported).count(), 3, "{}", ran.stdout);
        ran.says("cannot reach BuildPixel");
        ran.does_not_say(MAY_HAVE_STARTED);
        ran.does_not_say("looking for");
    };
    tokio::join!(run(&no_tls), hangs_up);
    run(&no_name).await;
}

#[tokio::test]
async fn the_build_of_somebody_else_is_not_ours() {
    let old = 90_000;
    let others = [
        Other::new("user:6650aa10bb20cc30dd40ee77"),
        Other::new("push:9f3c2b7a1e5d4860b2c7f19e3a6d5084c1b2e7f3"),
        Other::new("cron"),
        Other::new(API_TOKEN).branch("next"),
        Other::new(API_TOKEN).commit("1111111a1e5d4860b2c7f19e3a6d5084c1b2e7f3"),
        Other::new(API_TOKEN).age(old),
    ];
    let runs = [0, -3_600_000, 3_600_000].into_iter().flat_map(|offset| {
        let others = others.clone();
        [(first(502).processed(), 1), (first(502), 2)].map(move |(answer, triggers)| {
            let scenario = short().answer(answer).others(others.clone()).clock_offset(offset);
            async move {
                let step = Step::new(scenario).await.input("branch", "main");
                step.input("commit", "9f3c2b7").run().await.built_once(triggers);
            }
        })
    });
    join_all(runs).await;
}

#[tokio::test]
async fn ambiguous_service_clocks_lead_to_no_second_and_no_foreign_build() {
    let just_before = || Other::new(API_TOKEN).age(20_000);
    for (scenario, builds) in [
        (short().answer(first(502).processed()).date_ahead(20_000), 1),
        (short().answer(first(502)).others([just_before()]), 0),
    ] {
        let ran = Step::new(scenario).await.run().await;
        assert_eq!((ran.code, ran.requests("POST")), (31, 1), "{}", ran.stdout);
        assert_eq!((ran.builds.len(), ran.output("build-id")), (builds, ""));
        ran.says("may belong to this trigger: the clocks do not show whether it is older");
        ran.says("run again with its id as `build-id`");
    }
}

#[tokio::test]
async fn a_changelist_distinguishes_our_build_from_another() {
    for (answer, triggers) in [(first(502).processed(), 1), (first(502), 2)] {
        let scenario = short().answer(answer).others([Other::new(API_TOKEN).commit("12344")]);
        let step = Step::new(scenario).await.input("changelist", "12345");
        step.run().await.built_once(triggers);
    }
}

#[tokio::test]
async fn without_a_branch_the_build_settings_own_one_is_ours() {
    for (answer, triggers) in [(first(502).processed(), 1), (first(502), 2)] {
        let others = [Other::new(API_TOKEN).branch("next")];
        let step = Step::new(short().answer(answer).others(others)).await;
        step.run().await.built_once(triggers);
    }
    let hidden = Answer::new("GET", setting_path(), 403);
    let scenario = short().answer(first(502).processed()).answer(hidden);
    let ran = Step::new(scenario).await.run().await;
    assert_eq!((ran.code, ran.requests("POST")), (31, 1), "{}", ran.stdout);
    ran.says(&format!(
        "a proxy or gateway answered 502 in BuildPixel's place; build {BUILD_ID} may belong to this trigger: the branch of the build \
         setting could not be read"
    ));
}

#[tokio::test]
async fn two_builds_that_may_both_be_ours_end_with_31_and_are_named() {
    let scenario = short().answer(first(502).processed()).others([Other::new(API_TOKEN)]);
    let ran = Step::new(scenario).await.run().await;
    assert_eq!((ran.code, ran.requests("POST")), (31, 1), "{}", ran.stdout);
    let second = BUILD_ID.replace("0001", "0002");
    ran.says("cannot tell whether a build was triggered: a proxy or gateway answered 502 in");
    ran.says("in BuildPixel's place; 2 matching builds");
    ran.says("have been queued since: ");
    ran.says(BUILD_ID);
    ran.says(&second);
    ran.says("run again with its id as `build-id`");
    assert_eq!((ran.output("build-id"), ran.output("result")), ("", "error"));
}

#[tokio::test]
async fn the_build_of_an_earlier_ambiguous_request_is_found_late() {
    let scenario = short().answer(first(504).processed()).answer(first(502)).list_lag(5);
    let step = Step::new(scenario).await.trigger_delays(|delays| {
        // So long that the build is clearly older than the second request.
        delays.lookup_delays = [10, 20, 30, 3200].map(Duration::from_millis);
    });
    step.run().await.built_once(2);
}

#[tokio::test]
async fn ambiguous_triggers_without_a_build_are_limited() {
    let soon = Duration::from_millis(200);
    for (answer, patience, code) in [
        (Answer::new("POST", trigger_path(), 502), LONG, 30),
        (Answer::new("POST", trigger_path(), 408), LONG, 30),
        (Answer::new("POST", trigger_path(), 303), LONG, 32),
        (Answer::new("POST", trigger_path(), 502).hang(), soon, 30),
        (Answer::new("POST", trigger_path(), 200).body("<html>welcome</html>"), LONG, 32),
    ] {
        let step = Step::new(short().answer(answer)).await;
        let ran = step.trigger_delays(|delays| delays.answer = patience).run().await;
        assert_eq!((ran.code, ran.builds.len()), (code, 0), "{}", ran.stdout);
        assert_eq!(ran.requests("POST"), 3);
        ran.says("3 requests got no clear answer, and BuildPixel lists no build of them");
        ran.says("BuildPixel lists no build of this trigger; run the job again later");
        ran.does_not_say("no build was started");
        ran.does_not_say(MAY_HAVE_STARTED);
    }
}

#[tokio::test]
async fn a_refusal_after_an_ambiguous_answer_looks_for_the_build_before_retrying() {
    let limited = first(429).header("retry-after", "0");
    let scenario = short().answer(first(504).processed()).answer(limited).list_lag(6);
    let ran = Step::new(scenario).await.run().await;
    ran.built_once(2);
}

#[tokio::test]
async fn a_final_refusal_after_an_ambiguous_answer_hides_neither_the_build_nor_the_answer() {
    let refusals = || {
        [
            (403, "30", 21, "; the token lacks permission"),
            (402, "0", 21, "\n"),
            (429, "300", 30, "; BuildPixel limits the rate of requests"),
        ]
        .map(|(status, after, code, hint)| {
            let refusal = Answer::new("POST", trigger_path(), status).refused("no_such_thing");
            (status, refusal.header("retry-after", after), code, hint)
        })
    };
    let step = async |scenario: Scenario| {
        let step = Step::new(scenario).await;
        step.trigger_delays(|delays| {
            delays.longest = Duration::from_secs(20);
            delays.longest_retry_after = Duration::from_secs(300);
        })
    };
    for (_, refusal, ..) in refusals() {
        // It is listed by then.
        let scenario = short().answer(first(504).processed()).answer(refusal).list_lag(4);
        step(scenario).await.run().await.built_once(2);
    }
    for (status, refusal, code, hint) in refusals() {
        let ran = step(short().answer(first(504)).answer(refusal)).await.run().await;
        assert_eq!((ran.code, ran.requests("POST"), ran.builds.len()), (code, 2, 0));
        ran.says(&format!(
            "cannot trigger the build: a proxy or gateway answered 504 in BuildPixel's place; then BuildPixel answered {status}"
        ));
        ran.says("one request got no clear answer, and BuildPixel lists no build of it");
        ran.says(&format!("BuildPixel lists no build of this trigger{hint}"));
    }
    for (status, refusal, ..) in refusals() {
        let unreadable = Answer::new("GET", "/builds", 401).refused("invalid_token");
        let empty = Answer::new("GET", "/builds", 200).times(4);
        let empty = empty.body(r#"{"items":[],"nextCursor":null}"#);
        let scenario = short().answer(first(504).processed()).answer(refusal);
        let ran = step(scenario.answer(empty).answer(unreadable)).await.run().await;
        assert_eq!((ran.code, ran.requests("POST")), (31, 2), "{}", ran.stdout);
        ran.says(&format!(
            "cannot tell whether a build was triggered: a proxy or gateway answered 504 in BuildPixel's \
             place; then BuildPixel answered {status} no_such_thing: as scripted, request req_1; the list of builds cannot be read"
        ));
        ran.says(MAY_HAVE_STARTED);
    }
}

#[tokio::test]
async fn a_refusal_does_not_count_as_an_ambiguous_request() {
    let limited = first(429).header("retry-after", "0");
    let scenario = short().answer(first(504)).answer(limited);
    let scenario = scenario.answer(Answer::new("POST", trigger_path(), 502));
    let ran = Step::new(scenario).await.run().await;
    assert_eq!((ran.code, ran.requests("POST")), (30, 4), "{}", ran.stdout);
    ran.says("3 requests got no clear answer, and BuildPixel lists no build of them");
}

#[tokio::test]
async fn the_timeout_bounds_the_trigger_too() {
    let began = Instant::now();
    let scenario = short().answer(first(201).processed().hang());
    let step = Step::new(scenario).await.input("timeout", "1s");
    let ran = step.trigger_delays(|delays| delays.answer = Duration::from_secs(20)).run().await;
    assert_eq!((ran.code, ran.requests("POST")), (31, 1), "{}", ran.stdout);
    ran.says("time ran out before its build was listed");
    ran.says(MAY_HAVE_STARTED);
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_trigger_is_not_sent_without_time_for_a_lookup() {
    let step = Step::new(short().answer(Answer::new("POST", trigger_path(), 502))).await;
    let step = step.trigger_delays(|delays| {
        delays.longest = Duration::from_millis(3900);
        delays.lookup_delays = [10, 20, 30, 2000].map(Duration::from_millis);
    });
    let ran = step.run().await;
    assert_eq!((ran.code, ran.requests("POST")), (30, 1), "{}", ran.stdout);
}
