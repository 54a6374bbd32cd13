//! Real signals, in the ways in which CIs start and stop their steps, at every moment of a step.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use simulator::{Answer, BUILD_ID, Entry, Scenario, build_path};

use crate::program::{Program, Ran, Running, binary, scrubbed};

/// What the whole exit may take.
const CONTRACT: Duration = Duration::from_secs(3);

/// What it may take after a second signal.
const AT_ONCE: Duration = Duration::from_millis(100);

/// What a busy machine may make of that, now and then.
const BUSY: Duration = Duration::from_millis(600);

/// How often it is tried until the machine is not busy.
const TRIES: usize = 5;

/// Logs a line and then goes on for ever.
fn endless() -> Scenario {
    Scenario::new()
        .await_join()
        .status("running")
        .log("info", "********** COOK COMMAND STARTED **********")
        .log("info", "line 1")
        .await_requests("POST", "/never", 1)
}

/// Whatever started the tests may ignore signals.
fn start(program: &Program) -> Running {
    if cfg!(target_os = "linux") {
        let mut env = scrubbed("/usr/bin/env");
        env.arg("--default-signal=INT,HUP").arg(binary());
        return program.launch(env);
    }
    program.start()
}

/// Starts the program with signals that are ignored, as under `nohup` or in a script's background.
fn start_ignoring(signals: &str, program: &Program) -> Running {
    let mut shell = scrubbed("/bin/sh");
    shell.args(["-c", &format!(r#"trap "" {signals}; exec "$0""#)]).arg(binary());
    program.launch(shell)
}

fn send(signal: &str, process: u32) {
    let status = Command::new("kill").args([signal, &process.to_string()]).status().unwrap();
    assert!(status.success());
}

/// Sends the signal, and waits for the end within the contract.
fn stop(signal: &str, program: &Program, running: Running) -> Ran {
    let started = Instant::now();
    send(signal, running.id());
    let ran = program.ended(running);
    assert!(started.elapsed() < CONTRACT, "{:?}: {}", started.elapsed(), ran.stdout);
    ran
}

fn assert_tells_of_the_build(program: &Program, ran: &Ran) {
    assert!(ran.stdout.contains("runs on"), "{}", ran.stdout);
    assert!(ran.stdout.contains(&format!("build-id: {BUILD_ID}")), "{}", ran.stdout);
    assert_eq!(program.output("result"), "interrupted");
    assert_eq!(program.output("build-id"), BUILD_ID);
}

async fn assert_left_well(program: &Program, ran: &Ran) {
    assert!(ran.stdout.contains("line 1\n::endgroup::\n"), "{}", ran.stdout);
    assert_tells_of_the_build(program, ran);
    program.simulator.until(|journal| journal.contains(&Entry::NamespaceDisconnect)).await;
    let journal = program.simulator.journal();
    let place = |wanted: &Entry| journal.iter().position(|entry| entry == wanted);
    let left = place(&Entry::Left { build_id: BUILD_ID.to_owned() });
    assert!(left.is_some() && left < place(&Entry::NamespaceDisconnect), "{journal:?}");
}

/// Resolves when the build was asked for so often.
async fn until_asked(program: &Program, times: usize) {
    let is_question = |entry: &&Entry| matches!(entry, Entry::Request { method, path, .. } if method == "GET" && *path == build_path(BUILD_ID));
    program.simulator.until(|journal| journal.iter().filter(is_question).count() >= times).await;
}

#[tokio::test]
async fn a_signal_ends_the_step_cleanly() {
    for (signal, code) in [("-INT", 130), ("-TERM", 143)] {
        let program = Program::new(endless()).await.on_github();
        let mut running = start(&program);
        running.shows("line 1\n");
        let ran = stop(signal, &program, running);
        assert_eq!(ran.code, Some(code), "{}", ran.stdout);
        assert_left_well(&program, &ran).await;
    }
}

/// Elsewhere it cannot be told whether it is ignored, and so its default action stays.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_terminal_that_closes_ends_the_step_as_cleanly() {
    let program = Program::new(endless()).await.on_github();
    let mut running = start(&program);
    running.shows("line 1\n");
    let ran = stop("-HUP", &program, running);
    assert_eq!(ran.code, Some(143), "{}", ran.stdout);
    assert!(ran.stdout.contains("SIGHUP"), "{}", ran.stdout);
    assert_left_well(&program, &ran).await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn what_was_ignored_from_the_start_stays_ignored_and_sigterm_still_ends_the_step() {
    let scenario = Scenario::new()
        .await_join()
        .status("running")
        .log("info", "line 1")
        .await_requests("GET", "/go", 1)
        .log("info", "line 2");
    let program = Program::new(scenario).await.on_github();
    let mut running = start_ignoring("INT HUP", &program);
    running.shows("line 1\n");
    send("-INT", running.id());
    send("-HUP", running.id());
    program.go();
    running.shows("line 2\n");
    let ran = stop("-TERM", &program, running);
    assert_eq!(ran.code, Some(143), "{}", ran.stdout);
    assert_tells_of_the_build(&program, &ran);
}

/// A service that takes everything and answers nothing.
fn mute(program: Program) -> (Program, TcpListener) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (program.env("BUILDPIXEL_API_URL", &url), listener)
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
async fn a_trigger_that_is_not_answered_is_left_in_time() {
    let (program, listener) = mute(Program::new(Scenario::new()).await.on_github());
    let running = start(&program);
    let _open = until_sent(&listener, "POST ");
    let ran = stop("-TERM", &program, running);
    assert_eq!(ran.code, Some(143), "{}", ran.stdout);
    assert_eq!(program.output("result"), "interrupted");
    assert_eq!(program.output("build-id"), "");
}

/// Sends the last signal until the end takes no longer than is promised.
async fn stops_at_once(
    mut signalled: impl AsyncFnMut() -> (Program, Running),
    check: impl Fn(&Program, &Ran),
) {
    let mut fastest = BUSY;
    for _ in 0..TRIES {
        let (program, running) = signalled().await;
        let started = Instant::now();
        let ran = stop("-TERM", &program, running);
        let took = started.elapsed();
        check(&program, &ran);
        assert!(took < BUSY, "{took:?}");
        fastest = fastest.min(took);
        if fastest < AT_ONCE {
            break;
        }
    }
    assert!(fastest < AT_ONCE, "{fastest:?}");
}

#[tokio::test]
async fn a_second_signal_while_the_trigger_is_not_answered_ends_it_at_once_though_a_disk_hangs() {
    for hangs in ["", "outputs.json.tmp"] {
        let mut open = Vec::new();
        let signalled = async || {
            let (mut program, listener) = mute(Program::new(Scenario::new()).await.on_github());
            if !hangs.is_empty() {
                program = with_hanging_report(program, hangs);
            }
            let running = start(&program);
            open.extend(until_sent(&listener, "POST "));
            send("-INT", running.id());
            (program, running)
        };
        stops_at_once(signalled, |program, ran| {
            // The two may arrive in either order.
            assert!([Some(130), Some(143)].contains(&ran.code), "{}", ran.stdout);
            assert_eq!(program.output("result"), "interrupted");
            assert_eq!(program.output("build-id"), "");
        })
        .await;
    }
}

#[tokio::test]
async fn a_build_of_which_nothing_is_known_yet_is_left_in_time() {
    let (program, listener) = mute(Program::new(Scenario::new()).await.on_github());
    let program = program.env("BUILDPIXEL_BUILD_ID", BUILD_ID).env("BUILDPIXEL_TRANSPORT", "poll");
    let running = start(&program);
    let _open = until_sent(&listener, "GET ");
    let ran = stop("-INT", &program, running);
    assert_eq!(ran.code, Some(130), "{}", ran.stdout);
    assert_tells_of_the_build(&program, &ran);
}

/// Everything goes through to the simulator, but requests that begin like this stay on the way: says
/// when there is one.
fn holding_back(program: Program, wanted: &'static str) -> (Program, mpsc::Receiver<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let simulator = program.simulator.url().replace("http://", "");
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
    (program.env("BUILDPIXEL_API_URL", &url), holds)
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
    let program = Program::new(endless()).await.on_github();
    let (program, held) = holding_back(program, "GET /builds/");
    let running = start(&program);
    held.recv().unwrap();
    let joined = Entry::Joined { build_id: BUILD_ID.to_owned() };
    program.simulator.until(|journal| journal.contains(&joined)).await;
    let ran = stop("-TERM", &program, running);
    assert_eq!(ran.code, Some(143), "{}", ran.stdout);
    assert_tells_of_the_build(&program, &ran);
}

#[tokio::test]
async fn a_service_that_is_down_or_half_open_is_not_waited_for() {
    let begun = || Scenario::new().await_join().status("running").log("info", "line 1");
    for (scenario, last) in [
        (begun().restart(60_000), "the live log was interrupted"),
        (begun().freeze().await_requests("POST", "/never", 1), "build is running"),
    ] {
        let program = Program::new(scenario).await.on_github();
        let mut running = start(&program);
        running.shows(last);
        let ran = stop("-TERM", &program, running);
        assert_eq!(ran.code, Some(143), "{}", ran.stdout);
        assert_tells_of_the_build(&program, &ran);
    }
}

#[tokio::test]
async fn a_stream_that_is_down_is_not_waited_for() {
    let scenario = Scenario::new().without_socket().status("running").log("info", "line 1");
    let program = Program::new(scenario).await.on_github();
    let mut running = start(&program);
    running.shows("line 1\n");
    let ran = stop("-TERM", &program, running);
    assert_eq!(ran.code, Some(143), "{}", ran.stdout);
    assert_tells_of_the_build(&program, &ran);
}

#[tokio::test]
async fn the_last_lines_of_a_build_that_has_ended_are_not_waited_for() {
    let mut scenario = Scenario::new().await_join().status("running").status("failed");
    for number in 0..40 {
        scenario = scenario.log("info", format!("late {number}")).pause(50);
    }
    let program = Program::new(scenario).await.on_github();
    let mut running = start(&program);
    running.shows("late 1\n");
    let ran = stop("-INT", &program, running);
    assert_eq!(ran.code, Some(130), "{}", ran.stdout);
    assert!(ran.stdout.contains("had ended"), "{}", ran.stdout);
    assert_eq!(program.output("result"), "interrupted");
    assert_eq!(program.output("status"), "failed");
}

#[tokio::test]
async fn the_last_word_of_rest_is_not_waited_for() {
    let down = Answer::new("GET", build_path(BUILD_ID), 503);
    let scenario = Scenario::new().answer(down).await_join().status("running").status("failed");
    let program = Program::new(scenario).await.on_github();
    let running = start(&program);
    // The first one catches up.
    until_asked(&program, 3).await;
    let ran = stop("-TERM", &program, running);
    assert_eq!(ran.code, Some(143), "{}", ran.stdout);
    assert_eq!(program.output("status"), "failed");
    assert_eq!(program.output("build-id"), BUILD_ID);
}

#[tokio::test]
async fn an_input_that_is_a_file_on_a_disk_that_hangs_keeps_no_signal_from_ending_the_step() {
    for variable in ["BUILDPIXEL_CA_FILE", "SSL_CERT_FILE", "GITHUB_EVENT_PATH"] {
        let program = Program::new(Scenario::new()).await.on_github();
        let hangs = program.folder.path().join("hangs");
        assert!(Command::new("mkfifo").arg(&hangs).status().unwrap().success());
        let program = program.env(variable, hangs.to_str().unwrap());
        let program = program.env("GITHUB_EVENT_NAME", "pull_request");
        let running = start(&program);
        // Who has opened the other end knows that it is being read.
        let (opened, other_end) = mpsc::channel();
        thread::spawn(move || opened.send(std::fs::OpenOptions::new().write(true).open(hangs)));
        let _other_end = other_end.recv_timeout(Duration::from_secs(10)).expect(variable).unwrap();
        let ran = stop("-TERM", &program, running);
        assert_eq!(ran.code, Some(143), "{variable}: {}", ran.stdout);
        assert!(ran.stdout.contains("nothing was triggered"), "{}", ran.stdout);
        assert_eq!(program.output("result"), "interrupted");
        assert_eq!(program.simulator.journal(), []);
    }
}

/// A checkout whose walk hangs when it begins. Whoever receives the other end knows that it does.
fn with_hanging_checkout(program: Program) -> (Program, mpsc::Receiver<std::fs::File>) {
    let checkout = program.folder.path().join("checkout");
    std::fs::create_dir(&checkout).unwrap();
    let hangs = checkout.join(".git");
    assert!(Command::new("mkfifo").arg(&hangs).status().unwrap().success());
    let (opened, other_end) = mpsc::channel();
    thread::spawn(move || {
        opened.send(std::fs::OpenOptions::new().write(true).open(hangs).unwrap())
    });
    (program.env("GITHUB_WORKSPACE", checkout.to_str().unwrap()), other_end)
}

#[tokio::test]
async fn signals_end_it_at_once_though_the_disk_of_the_checkout_hangs() {
    // The finding is read, or it has left the pipeline and waits for its place.
    let ends = ["line 1", "********** STAGE COMMAND STARTED **********"];
    for (last, signals) in ends.into_iter().flat_map(|last| [(last, 1), (last, 2)]) {
        let mut open = Vec::new();
        let signalled = async || {
            let scenario = Scenario::new()
                .await_join()
                .status("running")
                // A finding without a file: whatever is compiled for the first one is compiled by then.
                .log("info", "********** BUILD COMMAND STARTED **********")
                .log("error", "ERROR: it does not build")
                .log("info", "********** COOK COMMAND STARTED **********")
                .log("error", r"D:\Game\Source\A.cpp(1): error C2065: 'x': undeclared identifier")
                .await_requests("GET", "/go", 1)
                .log("info", last)
                .await_requests("POST", "/never", 1);
            let program = Program::new(scenario).await.on_github();
            let (program, other_end) = with_hanging_checkout(program);
            let mut running = start(&program);
            running.shows("error C2065");
            open.push(other_end.recv_timeout(Duration::from_secs(10)).unwrap());
            program.go();
            // Enough for the last line to come, and less than what findings may wait.
            thread::sleep(Duration::from_millis(100));
            if signals == 2 {
                send("-TERM", running.id());
                thread::sleep(Duration::from_millis(10));
            }
            (program, running)
        };
        stops_at_once(signalled, |program, ran| {
            assert_eq!(ran.code, Some(143), "{}", ran.stdout);
            assert!(ran.stdout.contains(",file=Source/A.cpp,line=1"), "{}", ran.stdout);
            assert_tells_of_the_build(program, ran);
        })
        .await;
    }
}

/// A report that whoever writes it waits for ever, as for a disk that hangs.
fn with_hanging_report(program: Program, name: &str) -> Program {
    let reports = program.folder.path().join("reports");
    std::fs::create_dir(&reports).unwrap();
    assert!(Command::new("mkfifo").arg(reports.join(name)).status().unwrap().success());
    program.env("BUILDPIXEL_REPORTS_DIR", reports.to_str().unwrap())
}

#[tokio::test]
async fn a_disk_that_hangs_keeps_no_signal_from_ending_the_step() {
    for hangs in ["outputs.json.tmp", "build.log"] {
        let program = with_hanging_report(Program::new(endless()).await.on_github(), hangs);
        let mut running = start(&program);
        running.shows("line 1\n");
        let ran = stop("-TERM", &program, running);
        assert_eq!(ran.code, Some(143), "{}", ran.stdout);
        assert!(ran.stdout.contains("it takes too long"), "{}", ran.stdout);
        assert_left_well(&program, &ran).await;
    }
}

/// Has said how its build ended, and is at a report that it cannot write.
async fn publishing(status: &str) -> (Program, Running) {
    let scenario = Scenario::new().await_join().status(status);
    let program = Program::new(scenario).await.on_github();
    let program = with_hanging_report(program, "junit.xml.tmp");
    let mut running = start(&program);
    running.shows(&format!("build {BUILD_ID}"));
    running.shows(&format!("build {BUILD_ID} "));
    (program, running)
}

#[tokio::test]
async fn a_signal_while_publishing_ends_it_and_spoils_only_a_good_end() {
    for (status, code, result) in [("complete", 143, "success"), ("failed", 10, "failure")] {
        let (program, running) = publishing(status).await;
        let ran = stop("-TERM", &program, running);
        assert_eq!(ran.code, Some(code), "{}", ran.stdout);
        assert!(ran.stdout.contains("it takes too long"), "{}", ran.stdout);
        assert_eq!(program.output("result"), result);

        let signalled = async || {
            let (program, running) = publishing(status).await;
            send("-TERM", running.id());
            // What came before it is what would be waited for.
            thread::sleep(Duration::from_millis(100));
            (program, running)
        };
        stops_at_once(signalled, |program, ran| {
            assert_eq!(ran.code, Some(code), "{}", ran.stdout);
            assert_eq!(program.output("result"), result);
        })
        .await;
    }
}

#[tokio::test]
async fn a_stdout_that_nobody_reads_keeps_no_signal_from_ending_the_step() {
    let scenario = Scenario::new()
        .await_join()
        .status("running")
        .log("info", "line 1")
        .await_requests("GET", "/go", 1)
        .flood(40_000)
        .await_requests("GET", "/go", 2);
    let program = Program::new(scenario).await.on_github();
    let mut running = start(&program);
    running.shows("line 1\n");
    program.go();
    let started = Instant::now();
    send("-TERM", running.id());
    while program.output("result") != "interrupted" {
        assert!(started.elapsed() < CONTRACT);
        thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(running.code_without_reading(), Some(143));
    assert!(started.elapsed() < CONTRACT, "{:?}", started.elapsed());
}

/// As a container without an init starts it: PID 1 gets no signal that it does not handle.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn as_the_first_process_of_a_container_it_heeds_signals_too() {
    let unshare = ["--fork", "--pid", "--kill-child"];
    let permitted = Command::new("unshare").args(unshare).arg("true").output();
    if !permitted.is_ok_and(|tried| tried.status.success()) {
        eprintln!("not tried: this machine lets nobody unshare a PID namespace");
        return;
    }
    for (signal, code) in [("-INT", 130), ("-TERM", 143)] {
        let program = Program::new(endless()).await.on_github();
        let mut outer = scrubbed(Path::new("/usr/bin/unshare"));
        outer.args(unshare).args(["/usr/bin/env", "--default-signal=INT,HUP"]).arg(binary());
        let mut running = program.launch(outer);
        running.shows("line 1\n");
        let id = running.id();
        let children = format!("/proc/{id}/task/{id}/children");
        let inner = std::fs::read_to_string(children).unwrap().trim().parse().unwrap();
        let started = Instant::now();
        send(signal, inner);
        let ran = program.ended(running);
        assert!(started.elapsed() < CONTRACT, "{:?}", started.elapsed());
        assert_eq!(ran.code, Some(code), "{}", ran.stdout);
        assert_left_well(&program, &ran).await;
    }
}

/// Polls a build whose window is full of equal lines and grows by one of them again and again. Gives it
/// some time with the second view.
async fn comparing(moment: Duration) -> (Program, Running) {
    const LINES: usize = 50_000;
    let mut scenario = Scenario::new().recent_lines(2 * LINES).status("running");
    scenario = scenario.fill(LINES, "ok");
    for looks in 1..=20 {
        scenario = scenario.await_requests("GET", build_path(BUILD_ID), looks).fill(1, "ok");
    }
    let program = Program::new(scenario.await_requests("POST", "/never", 1)).await.on_github();
    let program = program.env("BUILDPIXEL_TRANSPORT", "poll");
    let mut running = start(&program);
    for _ in 0..LINES {
        running.shows("ok\n");
    }
    until_asked(&program, 2).await;
    thread::sleep(moment);
    (program, running)
}

#[tokio::test]
async fn a_signal_while_long_windows_of_equal_lines_are_compared_ends_the_step_at_once() {
    for moment in [50, 200, 600].map(Duration::from_millis) {
        stops_at_once(
            async || comparing(moment).await,
            |program, ran| {
                assert_eq!(ran.code, Some(143), "{}", ran.stdout);
                assert_tells_of_the_build(program, ran);
            },
        )
        .await;
    }
}
