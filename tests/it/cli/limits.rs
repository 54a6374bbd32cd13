//! A machine that refuses threads, or files. RLIMIT_NPROC does not bind root, so where these tests are
//! root, the program runs as another user.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::process::Child;

use rustix::process::{Pid, Resource, Rlimit, getrlimit, getuid, prlimit};
use simulator::{BUILD_ID, Scenario};

use crate::harness::{GO, Job, Running, binary, scrubbed};

/// Nobody's: the limit counts the processes and threads of a user, and each test has a user.
const FIRST_USER: u32 = 3_141_592;

const REFUSED: &str = "cannot start the thread that";

/// As many threads as the program ever has at once, and more.
const PLENTY: u64 = 20;

/// The user to run the program as, if root runs the tests.
fn user(number: u32) -> Option<u32> {
    getuid().is_root().then_some(FIRST_USER + number)
}

/// Starts the program as the user, within a limit of the shell that starts it.
fn start(job: &Job, user: Option<u32>, limit: &str) -> Running {
    // Only root may be able to read the build folder, so the program is copied.
    let copy = job.path().join("program");
    fs::hard_link(binary(), &copy).or_else(|_| fs::copy(binary(), &copy).map(drop)).unwrap();
    let mut shell = scrubbed("/bin/sh");
    shell.args(["-c", &format!(r#"{limit} && exec "$0""#)]).arg(&copy);
    if let Some(user) = user {
        chown(job.path(), Some(user), Some(user)).unwrap();
        shell.uid(user).gid(user);
    }
    job.launch(shell)
}

/// So many processes and threads for the user. Shells spell it in two ways.
fn threads(limit: u64) -> String {
    format!(
        "if (ulimit -u 99) 2>/dev/null; then ulimit -S -u {limit}; else ulimit -S -p {limit}; fi"
    )
}

/// Takes all threads away from a program that runs within the limit of [`PLENTY`], until it is dropped.
enum Shortage {
    /// Processes of the same user that use the limit up.
    Others(Vec<Child>),
    /// The limit of the program itself: of a user who has more processes anyway.
    Limit(Pid),
}

impl Shortage {
    fn of(running: &Running, user: Option<u32>) -> Self {
        let Some(user) = user else {
            let pid = Pid::from_raw(running.id().try_into().unwrap()).unwrap();
            let maximum = getrlimit(Resource::Nproc).maximum;
            prlimit(Some(pid), Resource::Nproc, Rlimit { current: Some(1), maximum }).unwrap();
            return Self::Limit(pid);
        };
        let sleep = || scrubbed("/bin/sleep").arg("60").uid(user).gid(user).spawn().unwrap();
        Self::Others((0..PLENTY).map(|_| sleep()).collect())
    }
}

impl Drop for Shortage {
    fn drop(&mut self) {
        match self {
            Self::Others(others) => others.iter_mut().for_each(|other| {
                other.kill().unwrap();
                other.wait().unwrap();
            }),
            Self::Limit(pid) => {
                let usual = getrlimit(Resource::Nproc);
                prlimit(Some(*pid), Resource::Nproc, usual).unwrap();
            }
        }
    }
}

/// On GitHub, with reports and a summary: all threads there are.
async fn with_everything(scenario: Scenario) -> Job {
    Job::new(scenario).await.on_github().env("BUILDPIXEL_REPORTS_DIR", "reports")
}

#[tokio::test]
async fn with_any_number_of_refused_threads_the_step_continues_reports_it_and_writes_everything() {
    // Other programs of a user that is not root count, too: then none is left.
    let most = if getuid().is_root() { 6 } else { 0 };
    for threads in 0..=most {
        let scenario = Scenario::new().await_join().log("info", "line 1").status("failed");
        let job = with_everything(scenario).await;
        // The program itself is one.
        let limit = self::threads(1 + threads);
        let user = user(u32::try_from(threads).unwrap());
        let ran = job.ended(start(&job, user, &limit));
        assert_eq!(ran.code, Some(10), "{threads}: {}", ran.stdout);
        assert!(ran.stdout.contains("\nline 1\n"), "{threads}: {}", ran.stdout);
        assert!(ran.stdout.contains(&format!("build {BUILD_ID} failed")), "{}", ran.stdout);
        assert_eq!(job.output("result"), "failure", "{threads}");
        assert_eq!(job.output("build-id"), BUILD_ID, "{threads}");
        assert_eq!(job.file("reports/build.log"), "line 1\n", "{threads}");
        assert!(job.file("reports/junit.xml").contains("<testsuite"), "{threads}");
        assert!(job.file("summary").contains("Build failed"), "{threads}");
        let reported = ran.stdout.matches(REFUSED).count();
        assert!(
            ran.stdout.matches("(os error 11)").count() >= reported,
            "{threads}: {}",
            ran.stdout
        );
        match threads {
            0 => {
                for task in ["reads the inputs", "writes outputs and summary", "writes build.log"] {
                    let words = format!("{REFUSED} {task}: ");
                    assert_eq!(ran.stdout.matches(&words).count(), 1, "{words}: {}", ran.stdout);
                }
            }
            6 => assert_eq!(reported, 0, "{}", ran.stdout),
            _ => {}
        }
    }
}

#[tokio::test]
async fn a_lookup_without_a_thread_is_a_clear_error() {
    let job = with_everything(Scenario::new()).await;
    let address = job.simulator.url().replace("127.0.0.1", "localhost");
    let job = job.env("BUILDPIXEL_API_URL", &address).env("BUILDPIXEL_TIMEOUT", "5s");
    let ran = job.ended(start(&job, user(20), &threads(1)));
    assert_eq!(ran.code, Some(30), "{}", ran.stdout);
    for words in [
        "cannot trigger the build: cannot reach BuildPixel",
        "cannot look up localhost",
        "cannot start the thread that looks up host names",
        "raise the limit of processes and threads",
    ] {
        assert!(ran.stdout.contains(words), "{words} in {}", ran.stdout);
    }
    assert_eq!(job.output("result"), "error");
    assert!(job.file("reports/outputs.json").contains("error"));
}

#[tokio::test]
async fn threads_refused_during_a_run_are_reported_and_cost_no_line() {
    let scenario = Scenario::new()
        .await_join()
        .status("running")
        .log("info", "line 1")
        .await_requests("GET", GO, 1)
        .restart(0)
        .await_requests("GET", GO, 2)
        .log("info", "line 2")
        .status("complete");
    let job = with_everything(scenario).await;
    let address = job.simulator.url().replace("127.0.0.1", "localhost");
    let job = job.env("BUILDPIXEL_API_URL", &address);
    let user = user(30);
    let limit = if user.is_some() { threads(PLENTY) } else { "true".to_owned() };
    let mut running = start(&job, user, &limit);
    running.shows("line 1\n");
    let shortage = Shortage::of(&running, user);
    job.go();
    running.shows("cannot start the thread that looks up host names");
    drop(shortage);
    job.go();
    let ran = job.ended(running);
    assert_eq!(ran.code, Some(0), "{}", ran.stdout);
    for line in ["line 1", "line 2"] {
        assert_eq!(ran.stdout.lines().filter(|shown| *shown == line).count(), 1, "{}", ran.stdout);
    }
    assert_eq!(job.output("result"), "success");
}

#[tokio::test]
async fn a_machine_without_free_file_handles_is_a_clear_error_with_outputs() {
    let job = Job::new(Scenario::new()).await.on_github();
    // Stdin, stdout, stderr, and one to load the program with.
    let ran = job.ended(start(&job, user(40), "ulimit -n 4"));
    assert_eq!(ran.code, Some(30), "{}", ran.stdout);
    for words in
        ["cannot run on this machine: Too many open files", "hint: nothing was triggered; raise"]
    {
        assert!(ran.stdout.contains(words), "{words} in {}", ran.stdout);
    }
    assert_eq!(job.output("result"), "error");
    assert!(job.simulator.builds().is_empty());
}

#[tokio::test]
async fn refused_threads_of_agents_and_diagnostics_are_reported_too() {
    let job = Job::new(Scenario::new().await_join().status("complete")).await;
    let agent = job.path().join("buildkite-agent");
    fs::write(&agent, "#!/bin/sh\n").unwrap();
    fs::set_permissions(&agent, fs::Permissions::from_mode(0o755)).unwrap();
    let path = job.path().to_str().unwrap().to_owned();
    let job = job
        .env("BUILDKITE", "true")
        .env("BUILDKITE_AGENT_ACCESS_TOKEN", "bkaj_x")
        .env("PATH", &path)
        .env("BUILDPIXEL_DEBUG", "true");
    let ran = start(&job, user(50), &threads(1)).end();
    assert_eq!(ran.code, Some(0), "{}", ran.stdout);
    let words =
        format!("buildkite-agent did not take the summary: {REFUSED} writes to a program: ");
    assert!(ran.stdout.contains(&words), "{}", ran.stdout);
    let stderr = job.file("stderr");
    assert!(stderr.starts_with(&format!("warning: {REFUSED} writes diagnostics: ")), "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
}
