//! Real signals, in the ways in which CIs start and stop their steps, at every moment of a step.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use simulator::{Answer, BUILD_ID, Entry, Scenario, build_path};

use crate::harness::{
    Ended, Fifo, GO, Job, Journal, Running, ScenarioExt, binary, endless, eventually, scrubbed,
};
#[cfg(target_os = "linux")]
use crate::skipped::skipped;

/// The time limit for the whole exit.
const CONTRACT: Duration = Duration::from_secs(3);

/// The time limit after a second signal, if the machine is not busy.
const AT_ONCE: Duration = Duration::from_millis(100);

/// The time limit on a machine that is busy now and then.
const BUSY: Duration = Duration::from_millis(600);

/// How often it is tried.
const TRIES: usize = 8;

/// The parent of the tests may ignore signals.
fn start(job: &Job) -> Running {
    if cfg!(target_os = "linux") {
        let mut env = scrubbed("/usr/bin/env");
        env.arg("--default-signal=INT,HUP").arg(binary());
        return job.launch(env);
    }
    job.start()
}

/// Starts the program with signals that are ignored, as under `nohup` or in a script's background.
fn start_ignoring(signals: &str, job: &Job) -> Running {
    let mut shell = scrubbed("/bin/sh");
    shell.args(["-c", &format!(r#"trap "" {signals}; exec "$0""#)]).arg(binary());
    job.launch(shell)
}

fn send(signal: &str, process: u32) {
    let status = Command::new("kill").args([signal, &process.to_string()]).status().unwrap();
    assert!(status.success());
}

/// Sends the signal, and waits for the end within the contract.
fn stop(signal: &str, job: &Job, running: Running) -> Ended {
    let started = Instant::now();
    send(signal, running.id());
    let ran = job.ended(running);
    assert!(started.elapsed() < CONTRACT, "{:?}: {}", started.elapsed(), ran.stdout);
    ran
}

#[track_caller]
fn assert_reports_the_build(job: &Job, ran: &Ended) {
    assert!(reports_the_build(job, ran), "{:?} {}", job.outputs(), ran.stdout);
}

fn reports_the_build(job: &Job, ran: &Ended) -> bool {
    ran.stdout.contains("runs on")
        && ran.stdout.contains(&format!("build-id: {BUILD_ID}"))
        && job.output("result") == "interrupted"
        && job.output("build-id") == BUILD_ID
}

async fn assert_left_well(job: &Job, ran: &Ended) {
    assert!(ran.stdout.contains("line 1\n::endgroup::\n"), "{}", ran.stdout);
    assert_reports_the_build(job, ran);
    job.until(|journal| journal.contains(&Entry::NamespaceDisconnect)).await;
    let journal = job.simulator.journal();
    let place = |wanted: &Entry| journal.iter().position(|entry| entry == wanted);
    let left = place(&Entry::Left { build_id: BUILD_ID.to_owned() });
    assert!(left.is_some() && left < place(&Entry::NamespaceDisconnect), "{journal:?}");
}

#[tokio::test]
async fn a_signal_ends_the_step_cleanly() {
    for (signal, code) in [("-INT", 130), ("-TERM", 143)] {
        let job = Job::new(endless()).await.on_github();
        let mut running = start(&job);
        running.shows("line 1\n");
        let ran = stop(signal, &job, running);
        assert_eq!(ran.code, Some(code), "{}", ran.stdout);
        assert_left_well(&job, &ran).await;
    }
}

/// Elsewhere it is unknown whether it is ignored, so its default action stays.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_terminal_that_closes_ends_the_step_as_cleanly() {
    let job = Job::new(endless()).await.on_github();
    let mut running = start(&job);
    running.shows("line 1\n");
    let ran = stop("-HUP", &job, running);
    assert_eq!(ran.code, Some(143), "{}", ran.stdout);
    assert!(ran.stdout.contains("SIGHUP"), "{}", ran.stdout);
    assert_left_well(&job, &ran).await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn signals_ignored_at_the_start_stay_ignored_and_sigterm_still_ends_the_step() {
    let scenario = Scenario::new()
        .await_join()
        .status("running")
        .log("info", "line 1")
        .await_requests("GET", GO, 1)
        .log("info", "line 2");
    let job = Job::new(scenario).await.on_github();
    let mut running = start_ignoring("INT HUP", &job);
    running.shows("line 1\n");
    send("-INT", running.id());
    send("-HUP", running.id());
    job.go();
    running.shows("line 2\n");
    let ran = stop("-TERM", &job, running);
    assert_eq!(ran.code, Some(143), "{}", ran.stdout);
    assert_reports_the_build(&job, &ran);
}

/// A service that takes everything and answers nothing.
fn mute(job: Job) -> (Job, TcpListener) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (job.env("BUILDPIXEL_API_URL", &url), listener)
}

/// Takes connections until one of them sends this; none is closed.
fn until_sent(listener: &TcpListener, wanted: &str) -> Vec<TcpStream> {
    let mut open = Vec::new();
    loop {
        let (mut stream, _) = listener.accept().unwrap();
        let mut sent = [0; 64];
        let bytes = stream.read(&mut sent).unwrap();
        open.push(stream);
        if sent.get(..bytes).unwrap().starts_with(wanted.as_bytes()) {
            return open;
        }
    }
}

#[tokio::test]
async fn an_unanswered_trigger_ends_in_time() {
    let (job, listener) = mute(Job::new(Scenario::new()).await.on_github());
    let running = start(&job);
    let _open = until_sent(&listener, "POST ");
    let ran = stop("-TERM", &job, running);
    assert_eq!(ran.code, Some(143), "{}", ran.stdout);
    assert_eq!(job.output("result"), "interrupted");
    assert_eq!(job.output("build-id"), "");
}

/// How long the last signal takes to end a step.
fn time_to_stop(job: &Job, running: Running) -> (Duration, Ended) {
    let started = Instant::now();
    let ran = stop("-TERM", job, running);
    (started.elapsed(), ran)
}

/// How long the end takes at this moment, at a second signal and with nothing that it could wait for.
async fn quickest_end() -> Duration {
    let job = Job::new(endless()).await.on_github();
    let mut running = start(&job);
    running.shows("line 1\n");
    send("-INT", running.id());
    time_to_stop(&job, running).0
}

/// How many signals a test sends in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Signals {
    One,
    Two,
}

/// Sends the last signal to one step after the other, until a step ends in [`AT_ONCE`]. After a try that
/// took longer, the limit is twice the time of an end that waits for nothing, and [`BUSY`] at most. No
/// try may take longer than [`BUSY`], unless the machine is that slow with everything.
/// Every step must end with one of the codes and with all content. A second signal leaves only a short
/// moment for the content, so there only the step that ends in time must have it.
async fn stops_at_once(
    signals: Signals,
    codes: &[i32],
    mut signalled: impl AsyncFnMut() -> (Job, Running),
    says: impl Fn(&Job, &Ended) -> bool,
) {
    let (mut tries, mut most) = (Vec::new(), AT_ONCE);
    for _ in 0..TRIES {
        let (job, running) = signalled().await;
        let (took, ran) = time_to_stop(&job, running);
        let code = ran.code.unwrap_or_else(|| panic!("killed: {}", ran.stdout));
        assert!(codes.contains(&code), "{code}: {}", ran.stdout);
        let named = named_code(&ran);
        assert!(named.is_none_or(|named| named == code), "{code}: {}", ran.stdout);
        let says_all = says(&job, &ran);
        assert!(says_all || signals == Signals::Two, "{:?} {}", job.outputs(), ran.stdout);
        if took < most && says_all {
            return;
        }
        let quickest = quickest_end().await;
        assert!(took < BUSY.max(4 * quickest), "{took:?}, others {quickest:?}: {}", ran.stdout);
        tries.push((took, job.outputs(), ran.stdout));
        most = most.max(2 * quickest).min(BUSY);
    }
    panic!("{most:?} at most: {tries:#?}");
}

/// The exit code of the signal that the verdict names.
fn named_code(ran: &Ended) -> Option<i32> {
    let names = [("(SIGINT)", 130), ("(SIGTERM)", 143)];
    names.into_iter().find_map(|(name, code)| ran.stdout.contains(name).then_some(code))
}

/// Two different signals may arrive in either order.
const EITHER: [i32; 2] = [130, 143];

#[tokio::test]
async fn a_second_signal_ends_an_unanswered_trigger_at_once_although_a_disk_hangs() {
    for hangs in ["", "outputs.json.tmp"] {
        let mut open = Vec::new();
        let signalled = async || {
            let (mut job, listener) = mute(Job::new(Scenario::new()).await.on_github());
            if !hangs.is_empty() {
                job = job.with_hanging_report(hangs);
            }
            let running = start(&job);
            open.extend(until_sent(&listener, "POST "));
            send("-INT", running.id());
            (job, running)
        };
        stops_at_once(Signals::Two, &EITHER, signalled, |job, _| {
            job.output("result") == "interrupted" && job.output("build-id").is_empty()
        })
        .await;
    }
}

#[tokio::test]
async fn a_build_without_a_known_status_ends_in_time() {
    let (job, listener) = mute(Job::new(Scenario::new()).await.on_github());
    let job = job.env("BUILDPIXEL_BUILD_ID", BUILD_ID).env("BUILDPIXEL_TRANSPORT", "poll");
    let running = start(&job);
    let _open = until_sent(&listener, "GET ");
    let ran = stop("-INT", &job, running);
    assert_eq!(ran.code, Some(130), "{}", ran.stdout);
    assert_reports_the_build(&job, &ran);
}

/// Everything goes through to the simulator, but requests that begin like this stay on the way: says
/// when there is one.
fn holding_back(job: Job, wanted: &'static str) -> (Job, mpsc::Receiver<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let simulator = job.simulator.url().replace("http://", "");
    let (held, holds) = mpsc::channel();
    thread::spawn(move || {
        while let Ok((client, _)) = listener.accept() {
            let service = TcpStream::connect(&simulator).unwrap();
            let (mut from, mut to) = (service.try_clone().unwrap(), client.try_clone().unwrap());
            thread::spawn(move || std::io::copy(&mut from, &mut to));
            let held = held.clone();
            thread::spawn(move || pass_on(client, service, wanted, &held));
        }
    });
    (job.env("BUILDPIXEL_API_URL", &url), holds)
}

fn pass_on(mut from: TcpStream, mut to: TcpStream, wanted: &str, held: &mpsc::Sender<()>) {
    let mut buffer = [0; 4096];
    while let Ok(bytes @ 1..) = from.read(&mut buffer) {
        let sent = buffer.get(..bytes).unwrap();
        if sent.starts_with(wanted.as_bytes()) {
            // Nobody listens once the test is over.
            let _over = held.send(());
        } else if to.write_all(sent).is_err() {
            return;
        }
    }
}

#[tokio::test]
async fn catching_up_is_not_waited_for() {
    let job = Job::new(endless()).await.on_github();
    let (job, held) = holding_back(job, "GET /builds/");
    let running = start(&job);
    held.recv().unwrap();
    let joined = Entry::Joined { build_id: BUILD_ID.to_owned() };
    job.until(|journal| journal.contains(&joined)).await;
    let ran = stop("-TERM", &job, running);
    assert_eq!(ran.code, Some(143), "{}", ran.stdout);
    assert_reports_the_build(&job, &ran);
}

#[tokio::test]
async fn a_service_that_is_down_or_half_open_is_not_waited_for() {
    let begun = || Scenario::new().await_join().status("running").log("info", "line 1");
    for (scenario, last) in [
        (begun().restart(60_000), "the live log was interrupted"),
        (begun().freeze().never_ends(), "build is running"),
    ] {
        let job = Job::new(scenario).await.on_github();
        let mut running = start(&job);
        running.shows(last);
        let ran = stop("-TERM", &job, running);
        assert_eq!(ran.code, Some(143), "{}", ran.stdout);
        assert_reports_the_build(&job, &ran);
    }
}

#[tokio::test]
async fn a_stream_that_is_down_is_not_waited_for() {
    let scenario = Scenario::new().without_socket().status("running").log("info", "line 1");
    let job = Job::new(scenario).await.on_github();
    let mut running = start(&job);
    running.shows("line 1\n");
    let ran = stop("-TERM", &job, running);
    assert_eq!(ran.code, Some(143), "{}", ran.stdout);
    assert_reports_the_build(&job, &ran);
}

#[tokio::test]
async fn the_last_lines_of_a_build_that_has_ended_are_not_waited_for() {
    let mut scenario = Scenario::new().await_join().status("running").status("failed");
    for number in 0..40 {
        scenario = scenario.log("info", format!("late {number}")).pause(50);
    }
    let job = Job::new(scenario).await.on_github();
    let mut running = start(&job);
    running.shows("late 1\n");
    let ran = stop("-INT", &job, running);
    assert_eq!(ran.code, Some(130), "{}", ran.stdout);
    assert!(ran.stdout.contains("had ended"), "{}", ran.stdout);
    assert_eq!(job.output("result"), "interrupted");
    assert_eq!(job.output("status"), "failed");
}

#[tokio::test]
async fn the_final_answer_of_rest_is_not_waited_for() {
    let down = Answer::new("GET", build_path(BUILD_ID), 503);
    let scenario = Scenario::new().answer(down).await_join().status("running").status("failed");
    let job = Job::new(scenario).await.on_github();
    let running = start(&job);
    // The first one catches up.
    job.asked(3).await;
    let ran = stop("-TERM", &job, running);
    assert_eq!(ran.code, Some(143), "{}", ran.stdout);
    assert_eq!(job.output("status"), "failed");
    assert_eq!(job.output("build-id"), BUILD_ID);
}

#[tokio::test]
async fn an_input_file_on_a_hanging_disk_does_not_delay_a_signal() {
    for variable in ["BUILDPIXEL_CA_FILE", "SSL_CERT_FILE", "GITHUB_EVENT_PATH"] {
        let job = Job::new(Scenario::new()).await.on_github();
        let path = job.path_of("hangs");
        let hangs = Fifo::hang(&path);
        let job = job.env(variable, path.to_str().unwrap());
        let job = job.env("GITHUB_EVENT_NAME", "pull_request");
        let running = start(&job);
        let _other_end = hangs.is_read().await;
        let ran = stop("-TERM", &job, running);
        assert_eq!(ran.code, Some(143), "{variable}: {}", ran.stdout);
        assert!(ran.stdout.contains("nothing was triggered"), "{}", ran.stdout);
        assert_eq!(job.output("result"), "interrupted");
        assert_eq!(job.simulator.journal(), []);
    }
}

/// A checkout whose walk hangs when it begins.
fn with_hanging_checkout(job: Job) -> (Job, Fifo) {
    let checkout = job.path_of("checkout");
    std::fs::create_dir(&checkout).unwrap();
    let hangs = Fifo::hang(&checkout.join(".git"));
    (job.env("GITHUB_WORKSPACE", checkout.to_str().unwrap()), hangs)
}

#[tokio::test]
async fn signals_end_the_step_at_once_although_the_checkout_hangs() {
    // The finding is read, or it has left the pipeline and waits for its place.
    let ends = ["line 1", "********** STAGE COMMAND STARTED **********"];
    let all = ends.into_iter().flat_map(|last| [(last, Signals::One), (last, Signals::Two)]);
    for (last, signals) in all {
        let mut open = Vec::<File>::new();
        let signalled = async || {
            let scenario = Scenario::new()
                .pings_every(20)
                .await_join()
                .status("running")
                // A finding without a file: whatever is compiled for the first one is compiled by then.
                .log("info", "********** BUILD COMMAND STARTED **********")
                .log("error", "ERROR: it does not build")
                .log("info", "********** COOK COMMAND STARTED **********")
                .log("error", r"D:\Game\Source\A.cpp(1): error C2065: 'x': undeclared identifier")
                .await_requests("GET", GO, 1)
                .log("info", last)
                .never_ends();
            let job = Job::new(scenario).await.on_github();
            let (job, hangs) = with_hanging_checkout(job);
            let mut running = start(&job);
            running.shows("error C2065");
            open.push(hangs.is_read().await);
            job.go();
            job.read_all().await;
            if signals == Signals::Two {
                send("-INT", running.id());
            }
            (job, running)
        };
        let codes = if signals == Signals::Two { &EITHER[..] } else { &[143] };
        stops_at_once(signals, codes, signalled, |job, ran| {
            ran.stdout.contains(",file=Source/A.cpp,line=1")
                && named_code(ran).is_some()
                && reports_the_build(job, ran)
        })
        .await;
    }
}

#[tokio::test]
async fn a_hanging_disk_does_not_delay_a_signal() {
    for hangs in ["outputs.json.tmp", "build.log"] {
        let job = Job::new(endless()).await.on_github().with_hanging_report(hangs);
        let mut running = start(&job);
        running.shows("line 1\n");
        let ran = stop("-TERM", &job, running);
        assert_eq!(ran.code, Some(143), "{}", ran.stdout);
        assert!(ran.stdout.contains("it takes too long"), "{}", ran.stdout);
        assert_left_well(&job, &ran).await;
    }
}

/// Has said how its build ended, and is at a report that it cannot write.
async fn publishing(status: &str, result: &str) -> (Job, Running) {
    let scenario = Scenario::new().await_join().status(status);
    let job = Job::new(scenario).await.on_github().with_hanging_report("junit.xml.tmp");
    let mut running = start(&job);
    running.shows(&format!("build {BUILD_ID}"));
    running.shows(&format!("build {BUILD_ID} "));
    let has_result = || (job.output("result") == result).then_some(());
    eventually("the result is written", has_result).await;
    (job, running)
}

#[tokio::test]
async fn a_signal_while_publishing_ends_it_and_fails_only_a_success() {
    for (status, code, result) in [("complete", 143, "success"), ("failed", 10, "failure")] {
        let (job, running) = publishing(status, result).await;
        let ran = stop("-TERM", &job, running);
        assert_eq!(ran.code, Some(code), "{}", ran.stdout);
        assert!(ran.stdout.contains("it takes too long"), "{}", ran.stdout);
        assert_eq!(job.output("result"), result);

        let signalled = async || {
            let (job, running) = publishing(status, result).await;
            send("-INT", running.id());
            (job, running)
        };
        let codes = if code == 143 { &EITHER[..] } else { &[code] };
        stops_at_once(Signals::Two, codes, signalled, |job, _| job.output("result") == result)
            .await;
    }
}

#[tokio::test]
async fn an_unread_stdout_does_not_delay_a_signal() {
    let scenario = Scenario::new()
        .await_join()
        .status("running")
        .log("info", "line 1")
        .await_requests("GET", GO, 1)
        .flood(40_000)
        .await_requests("GET", GO, 2);
    let job = Job::new(scenario).await.on_github();
    let mut running = start(&job);
    running.shows("line 1\n");
    job.go();
    let started = Instant::now();
    send("-TERM", running.id());
    let interrupted = || (job.output("result") == "interrupted").then_some(());
    eventually("the result is interrupted", interrupted).await;
    assert_eq!(running.code_without_reading(), Some(143));
    assert!(started.elapsed() < CONTRACT, "{:?}", started.elapsed());
}

/// As a container without an init starts it: PID 1 gets no signal that it does not handle.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn as_the_first_process_of_a_container_it_handles_signals_too() {
    let unshare = ["--fork", "--pid", "--kill-child"];
    let permitted = Command::new("unshare").args(unshare).arg("true").output();
    if !permitted.is_ok_and(|tried| tried.status.success()) {
        skipped("signals to the first process of a container", "no PID namespace can be made here");
        return;
    }
    for (signal, code) in [("-INT", 130), ("-TERM", 143)] {
        let job = Job::new(endless()).await.on_github();
        let mut outer = scrubbed(Path::new("/usr/bin/unshare"));
        outer.args(unshare).args(["/usr/bin/env", "--default-signal=INT,HUP"]).arg(binary());
        let mut running = job.launch(outer);
        running.shows("line 1\n");
        let id = running.id();
        let children = format!("/proc/{id}/task/{id}/children");
        let inner = std::fs::read_to_string(children).unwrap().trim().parse().unwrap();
        let started = Instant::now();
        send(signal, inner);
        let ran = job.ended(running);
        assert!(started.elapsed() < CONTRACT, "{:?}", started.elapsed());
        assert_eq!(ran.code, Some(code), "{}", ran.stdout);
        assert_left_well(&job, &ran).await;
    }
}

/// The processor time that a process on Linux has used, in ticks of 10 ms.
fn processor_time(process: u32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    // The name of the program may contain spaces.
    let (_, fields) = stat.rsplit_once(") ").unwrap();
    let user_and_system = fields.split(' ').skip(11).take(2);
    Duration::from_millis(
        10 * user_and_system.map(|ticks| ticks.parse::<u64>().unwrap()).sum::<u64>(),
    )
}

/// Polls a build whose window is full of equal lines and grows by one of them again and again. Gives the
/// third view so many eighths of the processor time that the second one took.
async fn comparing(eighths: u32) -> (Job, Running) {
    const LINES: usize = 50_000;
    let mut scenario = Scenario::new().recent_lines(2 * LINES).status("running");
    scenario = scenario.fill(LINES, "ok");
    for polls in 1..=20 {
        scenario = scenario.await_requests("GET", build_path(BUILD_ID), polls).fill(1, "ok");
    }
    let job = Job::new(scenario.never_ends()).await.on_github();
    let job = job.env("BUILDPIXEL_TRANSPORT", "poll");
    let mut running = start(&job);
    for _ in 0..LINES {
        running.shows("ok\n");
    }
    // Other systems do not show the processor time, and the signal comes with the second view.
    job.asked(2).await;
    if cfg!(target_os = "linux") {
        let second = processor_time(running.id());
        job.asked(3).await;
        let third = processor_time(running.id());
        let until = third + (third - second) * eighths / 8;
        let is_there =
            || processor_time(running.id()) >= until || job.simulator.journal().polls() > 3;
        eventually("the third view is compared", || is_there().then_some(())).await;
    }
    (job, running)
}

#[tokio::test]
async fn a_signal_while_long_windows_of_equal_lines_are_compared_ends_the_step_at_once() {
    for eighths in [3, 6, 7] {
        let signalled = async || comparing(eighths).await;
        stops_at_once(Signals::One, &[143], signalled, reports_the_build).await;
    }
}
