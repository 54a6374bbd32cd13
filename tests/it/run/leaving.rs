//! Signals while the build is being triggered.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use buildpixel_ci::report::Signal;
use futures_util::future::join_all;
use simulator::{Answer, BUILD_ID, Entry, Scenario};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::trigger::{LOOKING, MAY_HAVE_STARTED, first};
use crate::harness::Step;

#[tokio::test]
async fn an_ending_step_stops_listing_builds() {
    let down = Answer::new("GET", "/builds", 503).header("retry-after", "20");
    let scenario = Scenario::new().answer(first(502).processed()).answer(down);
    let ran = Step::new(scenario)
        .await
        .run_while(async |step, signals| {
            step.stdout.shows("cannot look for the build; retrying in").await;
            signals.send(Signal::Int).await.unwrap();
        })
        .await;
    assert_eq!((ran.code, ran.asked("GET", "/builds")), (130, 2), "{}", ran.stdout);
    ran.says(MAY_HAVE_STARTED);
}

/// The states of a trigger when a signal comes.
struct Moment {
    answers: Vec<Answer>,
    /// How long an answer may take, in milliseconds.
    answer: u64,
    lookups: [u64; 4],
    /// The signal comes when this is shown and so many triggers have come in.
    shows: &'static str,
    triggers: usize,
    /// The message about it, and the build that is known then.
    says: &'static str,
    build: &'static str,
}

#[tokio::test]
async fn an_interrupted_trigger_reports_whether_a_build_exists() {
    let limited = || first(429).header("retry-after", "20");
    let (soon, never) = ([10, 20, 30, 40], [60_000; 4]);
    let (nothing, open) = (
        "interrupted (SIGINT); nothing was triggered",
        "interrupted (SIGINT) while the build was being triggered",
    );
    let refused = Moment {
        answers: vec![limited()],
        answer: 30_000,
        lookups: soon,
        shows: "the trigger was not accepted; retrying in",
        triggers: 1,
        says: nothing,
        build: "",
    };
    let moments = [
        Moment { answers: vec![first(502), limited()], triggers: 2, says: open, ..refused },
        Moment { answers: vec![first(201).hang()], shows: "", says: open, ..refused },
        Moment {
            answers: vec![first(201).processed().hang()],
            answer: 300,
            shows: "",
            says: "runs on",
            build: BUILD_ID,
            ..refused
        },
        Moment { answers: vec![first(502)], lookups: never, shows: LOOKING, says: open, ..refused },
        Moment {
            answers: vec![first(502).processed()],
            lookups: never,
            shows: LOOKING,
            says: "runs on",
            build: BUILD_ID,
            ..refused
        },
        refused,
    ];
    join_all(moments.map(interrupted)).await;
}

async fn interrupted(moment: Moment) {
    let scenario = moment.answers.into_iter().fold(Scenario::new(), Scenario::answer);
    let step = Step::new(scenario).await.trigger_delays(|delays| {
        delays.longest = Duration::from_secs(180);
        delays.answer = Duration::from_millis(moment.answer);
        delays.lookup_delays = moment.lookups.map(Duration::from_millis);
    });
    let began = Instant::now();
    let ran = step
        .run_while(async |step, signals| {
            step.stdout.shows(moment.shows).await;
            step.until(has_trigger).await;
            signals.send(Signal::Int).await.unwrap();
        })
        .await;
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    assert_eq!((ran.code, ran.requests("POST")), (130, moment.triggers), "{}", ran.stdout);
    assert_eq!(ran.output("build-id"), moment.build, "{}", ran.stdout);
    ran.says(moment.says);
    let is_open = moment.says.contains("while the build was being triggered");
    assert_eq!(ran.stdout.contains(MAY_HAVE_STARTED), is_open, "{}", ran.stdout);
    assert_eq!(ran.stdout.contains("nothing was triggered"), !is_open && moment.build.is_empty());
}

#[tokio::test]
async fn a_refusal_after_a_signal_is_not_retried() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let step = Step::new(Scenario::new()).await.input("api-url", &url).input("transport", "poll");
    let ran = step
        .run_while(async |_, signals| {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.read_exact(&mut [0]).await.unwrap();
            signals.send(Signal::Int).await.unwrap();
            // The signal is taken while the answer is on its way.
            tokio::task::yield_now().await;
            let answer = "HTTP/1.1 429 Slow Down\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
            stream.write_all(answer.as_bytes()).await.unwrap();
        })
        .await;
    let another = listener.into_std().unwrap().accept();
    assert_eq!(another.unwrap_err().kind(), ErrorKind::WouldBlock, "a second trigger");
    assert_eq!(ran.code, 130, "{}", ran.stdout);
    ran.says("interrupted (SIGINT); nothing was triggered");
    ran.does_not_say(MAY_HAVE_STARTED);
}

fn has_trigger(journal: &[Entry]) -> bool {
    journal.iter().any(|entry| matches!(entry, Entry::Request { method, .. } if method == "POST"))
}

#[tokio::test]
async fn a_signal_that_is_there_before_the_trigger_leaves_it_unsent() {
    let ran = Step::new(Scenario::new()).await.signalled(Signal::Term).run().await;
    assert_eq!(ran.code, 143, "{}", ran.stdout);
    ran.says("terminated (SIGTERM); nothing was triggered");
    ran.does_not_say(MAY_HAVE_STARTED);
    assert_eq!((ran.requests("POST"), ran.output("build-id")), (0, ""));
}

#[tokio::test]
async fn a_second_signal_does_not_wait_for_the_answer() {
    let mut fastest = Duration::MAX;
    // One signal leaves two seconds for the answer. The best of a few shows that two leave none.
    for _ in 0..5 {
        let step = Step::new(Scenario::new().answer(first(201).hang())).await;
        let step = step.trigger_delays(|delays| delays.answer = Duration::from_secs(20));
        let mut reported = Instant::now();
        let ran = step
            .run_while(async |step, signals| {
                step.until(has_trigger).await;
                signals.send(Signal::Int).await.unwrap();
                signals.send(Signal::Int).await.unwrap();
                reported = Instant::now();
            })
            .await;
        fastest = fastest.min(reported.elapsed());
        assert_eq!(ran.code, 130, "{}", ran.stdout);
        ran.says(MAY_HAVE_STARTED);
        if fastest < Duration::from_millis(1500) {
            return;
        }
    }
    panic!("{fastest:?}");
}

#[tokio::test]
async fn a_pending_answer_is_awaited_after_a_signal() {
    let scenario = Scenario::new().answer(first(201).processed().hang());
    let step = Step::new(scenario).await;
    let step = step.trigger_delays(|delays| delays.answer = Duration::from_millis(1_100));
    let ran = step
        .run_while(async |step, signals| {
            step.until(has_trigger).await;
            signals.send(Signal::Term).await.unwrap();
        })
        .await;
    assert_eq!((ran.code, ran.output("build-id")), (143, BUILD_ID), "{}", ran.stdout);
    ran.does_not_say(MAY_HAVE_STARTED);
}
