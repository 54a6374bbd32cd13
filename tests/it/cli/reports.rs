//! The folder of report files: steps that share it, and links, pipes and endless files in the way of the program.

use std::fs;
use std::path::Path;

use simulator::{SETTING_ID, Scenario};

#[cfg(unix)]
use crate::harness::Ended;
use crate::harness::{GO, Job, Running, eventually, lines};

/// The words about a folder that another step has.
const SHARED: &str = "another step is writing to";

/// Waits behind its first lines, and then ends.
fn scenario(status: &str) -> Scenario {
    let scenario = Scenario::new().await_join().status("running");
    lines(scenario, 1..=3).await_requests("GET", GO, 1).log("info", status).status(status)
}

/// A step on its way with this `reports-dir`, and with its reports in a folder of it.
async fn started(status: &str, reports: &Path, inner: &str) -> (Job, Running) {
    let job = Job::new(scenario(status)).await;
    let job = job.env("BUILDPIXEL_REPORTS_DIR", reports.to_str().unwrap());
    let mut running = job.start();
    running.shows("line 3\n");
    is_open(&reports.join(inner)).await;
    (job, running)
}

/// Resolves when a step has its reports in this folder, and waits.
async fn is_open(reports: &Path) {
    let log = reports.join("build.log");
    let is_written =
        || fs::read_to_string(&log).is_ok_and(|log| log.ends_with("3\n")).then_some(());
    eventually("the log is written", is_written).await;
}

/// Ends a step.
fn ended(job: &Job, running: Running) -> (Option<i32>, String) {
    job.go();
    let ended = job.ended(running);
    (ended.code, ended.stdout)
}

/// The outcome of the build whose reports are in the folder.
fn outcome(folder: &Path) -> &'static str {
    let outputs = fs::read_to_string(folder.join("outputs.json")).unwrap();
    let log = fs::read_to_string(folder.join("build.log")).unwrap();
    let junit = fs::read_to_string(folder.join("junit.xml")).unwrap();
    let failed = outputs.contains("\"failure\"");
    let last = if failed { "failed" } else { "complete" };
    assert_eq!(log, format!("line 1\nline 2\nline 3\n{last}\n"));
    assert_eq!(junit.contains("<failure"), failed, "{junit}");
    last
}

#[tokio::test]
async fn steps_at_once_keep_their_reports_apart_and_say_so() {
    let folder = tempfile::tempdir().unwrap();
    let reports = folder.path().join("reports");
    let first = started("failed", &reports, "").await;
    let second = started("complete", &reports, SETTING_ID).await;
    let numbered = format!("{SETTING_ID}-2");
    let third = started("complete", &reports, &numbered).await;
    let (code, stdout) = ended(&second.0, second.1);
    assert_eq!(code, Some(0), "{stdout}");
    let inner = reports.join(SETTING_ID);
    let words = format!(
        "{SHARED} {}: the reports of this step are in {}",
        reports.display(),
        inner.display()
    );
    assert!(stdout.contains(&words), "{stdout}");
    let (code, stdout) = ended(&third.0, third.1);
    assert_eq!(code, Some(0), "{stdout}");
    assert!(stdout.contains(&numbered), "{stdout}");
    let (code, stdout) = ended(&first.0, first.1);
    assert_eq!(code, Some(10), "{stdout}");
    assert!(!stdout.contains(SHARED), "{stdout}");
    assert_eq!(outcome(&reports), "failed");
    assert_eq!(outcome(&inner), "complete");
    assert_eq!(outcome(&reports.join(numbered)), "complete");
}

#[tokio::test]
async fn the_folder_of_a_killed_step_is_taken_over() {
    let folder = tempfile::tempdir().unwrap();
    let (first, killed) = started("failed", folder.path(), "").await;
    drop(killed);
    drop(first);
    let (job, running) = started("complete", folder.path(), "").await;
    let (code, stdout) = ended(&job, running);
    assert_eq!(code, Some(0), "{stdout}");
    assert!(!stdout.contains(SHARED), "{stdout}");
    assert_eq!(outcome(folder.path()), "complete");
    assert!(!folder.path().join(SETTING_ID).exists());
}

#[tokio::test]
async fn a_later_step_leaves_no_report_of_an_earlier_one_and_no_other_file_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let first = started("failed", folder.path(), "").await;
    let second = started("failed", folder.path(), SETTING_ID).await;
    ended(&second.0, second.1);
    ended(&first.0, first.1);
    let inner = at(SETTING_ID);
    assert_eq!(outcome(&inner), "failed");
    fs::create_dir(at("other")).unwrap();
    fs::write(inner.join("notes.txt"), "foreign").unwrap();
    for foreign in ["notes.txt", "other/junit.xml"] {
        fs::write(at(foreign), "foreign").unwrap();
    }
    let (job, running) = started("complete", folder.path(), "").await;
    ended(&job, running);
    assert_eq!(outcome(folder.path()), "complete");
    let left: Vec<_> = fs::read_dir(inner).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(left, ["notes.txt"]);
    for foreign in ["notes.txt", "other/junit.xml"] {
        assert_eq!(fs::read_to_string(at(foreign)).unwrap(), "foreign");
    }
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::symlink;
    use std::process::Command;

    use super::*;
    use crate::harness::{binary, scrubbed};

    /// A folder outside of the checkout with a file that nobody may change.
    fn outside() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("file"), "foreign").unwrap();
        folder
    }

    /// The file is as before, and the folder has no other one.
    fn assert_untouched(outside: &tempfile::TempDir) {
        let files = fs::read_dir(outside.path()).unwrap().map(|file| file.unwrap().file_name());
        assert_eq!(files.collect::<Vec<_>>(), ["file"]);
        assert_eq!(fs::read_to_string(outside.path().join("file")).unwrap(), "foreign");
    }

    /// A job in a checkout with a folder for reports.
    async fn job(status: &str) -> Job {
        let job = Job::new(scenario(status)).await;
        fs::create_dir_all(job.path_of("deep/reports")).unwrap();
        job.env("BUILDPIXEL_REPORTS_DIR", "deep/reports")
    }

    fn run(job: &Job) -> Ended {
        let mut running = job.start();
        running.shows("line 3\n");
        job.go();
        job.ended(running)
    }

    fn pipe(path: &Path) {
        assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
    }

    /// Puts links and pipes in the place of report files. All links lead to a file outside, or to one that would be
    /// made there.
    fn put_in_the_way(outside: &Path, reports: &Path) {
        let (file, nowhere) = (outside.join("file"), outside.join("new"));
        for name in ["summary.md.tmp", "outputs.json", "junit.xml.tmp"] {
            symlink(&file, reports.join(name)).unwrap();
        }
        for name in ["summary.md", "issues.json.tmp", "junit.xml"] {
            fs::hard_link(&file, reports.join(name)).unwrap();
        }
        for name in ["outputs.env.tmp", "issues.json"] {
            symlink(&nowhere, reports.join(name)).unwrap();
        }
        for name in ["outputs.env", "results.sarif.tmp"] {
            pipe(&reports.join(name));
        }
    }

    #[tokio::test]
    async fn report_files_that_are_links_or_pipes_are_replaced_and_nothing_outside_is_written() {
        let outside = outside();
        let job = job("failed").await;
        let reports = job.path_of("deep/reports");
        put_in_the_way(outside.path(), &reports);
        symlink(outside.path().join("file"), reports.join("build.log")).unwrap();
        let mut running = job.start();
        running.shows("line 3\n");
        is_open(&reports).await;
        assert_untouched(&outside);
        // The links from before are gone, and others come while the step runs.
        let early =
            |file: &fs::DirEntry| file.file_name().to_str().unwrap().starts_with("outputs.");
        let is_early = || fs::read_dir(&reports).unwrap().flatten().filter(early).count() == 3;
        eventually("the early outputs are written", || is_early().then_some(())).await;
        for name in ["outputs.env", "outputs.json"] {
            fs::remove_file(reports.join(name)).unwrap();
        }
        put_in_the_way(outside.path(), &reports);
        job.go();
        let ran = job.ended(running);
        assert_eq!(ran.code, Some(10), "{}", ran.stdout);
        assert!(!ran.stdout.contains("cannot write"), "{}", ran.stdout);
        assert_untouched(&outside);
        assert_eq!(outcome(&reports), "failed");
        for entry in fs::read_dir(&reports).unwrap() {
            let entry = entry.unwrap();
            assert!(entry.file_type().unwrap().is_file(), "{entry:?}");
            assert!(!entry.file_name().to_str().unwrap().ends_with(".tmp"), "{entry:?}");
        }
    }

    #[tokio::test]
    async fn a_link_on_the_way_to_the_reports_is_refused_with_words_and_not_followed() {
        for (status, code) in [("complete", 41), ("failed", 10)] {
            for link in ["deep", "deep/reports"] {
                let outside = outside();
                let job = job(status).await;
                fs::remove_dir_all(job.path_of(link)).unwrap();
                symlink(outside.path(), job.path_of(link)).unwrap();
                let ran = run(&job);
                assert_eq!(ran.code, Some(code), "{}", ran.stdout);
                let words = format!("{link} is a link, and links are not followed");
                assert_eq!(ran.stdout.matches(&words).count(), 1, "{}", ran.stdout);
                assert_untouched(&outside);
            }
        }
    }

    #[tokio::test]
    async fn links_above_the_workspace_are_followed() {
        let job = job("complete").await;
        let link = tempfile::tempdir().unwrap();
        let link = link.path().join("workspace");
        symlink(job.path(), &link).unwrap();
        let reports = link.join("deep/reports");
        let job = job.env("BUILDPIXEL_REPORTS_DIR", reports.to_str().unwrap());
        let ran = run(&job);
        assert_eq!(ran.code, Some(0), "{}", ran.stdout);
        assert_eq!(outcome(&reports), "complete");
    }

    #[tokio::test]
    async fn a_link_that_replaces_the_folder_while_the_step_runs_is_not_followed() {
        let outside = outside();
        let job = job("complete").await;
        let mut running = job.start();
        running.shows("line 3\n");
        is_open(&job.path_of("deep/reports")).await;
        fs::rename(job.path_of("deep"), job.path_of("moved")).unwrap();
        symlink(outside.path(), job.path_of("deep")).unwrap();
        job.go();
        let ran = job.ended(running);
        assert_eq!(ran.code, Some(41), "{}", ran.stdout);
        assert!(ran.stdout.contains("deep is a link"), "{}", ran.stdout);
        assert_untouched(&outside);
        assert_eq!(job.file("moved/reports/build.log"), "line 1\nline 2\nline 3\ncomplete\n");
    }

    #[tokio::test]
    async fn a_folder_that_is_removed_while_the_step_runs_is_made_again() {
        let job = job("failed").await;
        let mut running = job.start();
        running.shows("line 3\n");
        is_open(&job.path_of("deep/reports")).await;
        fs::remove_dir_all(job.path_of("deep")).unwrap();
        job.go();
        let ran = job.ended(running);
        assert_eq!(ran.code, Some(10), "{}", ran.stdout);
        assert!(job.file("deep/reports/junit.xml").contains("<failure"));
    }

    /// Puts something that never ends, or hangs, in the place of a file.
    fn put(what: &str, path: &Path) {
        match what {
            "device" => symlink("/dev/zero", path).unwrap(),
            "pipe" => pipe(path),
            _ => fs::File::create(path).unwrap().set_len(1 << 40).unwrap(),
        }
    }

    /// Runs within 2 GB of memory.
    fn run_in_bounds(job: &Job) -> Ended {
        let mut shell = scrubbed("/bin/sh");
        shell.args(["-c", r#"ulimit -v 2000000 2>/dev/null; exec "$0""#]).arg(binary());
        job.ended(job.launch(shell))
    }

    #[tokio::test]
    async fn files_that_never_end_are_neither_read_nor_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        for what in ["device", "pipe", "huge file"] {
            let scenario = || Scenario::new().await_join().status("complete");
            let path = folder.path().join(what.replace(' ', "-")).join("a.pem");
            fs::create_dir(path.parent().unwrap()).unwrap();
            put(what, &path);
            let path = path.to_str().unwrap();
            let reason =
                if what == "huge file" { "it is larger than" } else { "not a regular file" };

            let job = Job::new(scenario()).await.env("BUILDPIXEL_CA_FILE", path);
            let ran = run_in_bounds(&job);
            assert_eq!(ran.code, Some(20), "{what}: {}", ran.stdout);
            assert!(ran.stdout.contains(reason), "{what}: {}", ran.stdout);

            let job = Job::new(scenario()).await.env("SSL_CERT_FILE", path);
            let ran = run_in_bounds(&job);
            assert_eq!(ran.code, Some(0), "{what}: {}", ran.stdout);
            assert!(ran.stdout.contains("SSL_CERT_FILE adds no trusted root"), "{}", ran.stdout);
            assert!(ran.stdout.contains(reason), "{what}: {}", ran.stdout);

            let certificates = Path::new(path).parent().unwrap().to_str().unwrap();
            let job = Job::new(scenario()).await.env("SSL_CERT_DIR", certificates);
            let ran = run_in_bounds(&job);
            assert_eq!(ran.code, Some(0), "{what}: {}", ran.stdout);
            assert!(ran.stdout.contains("SSL_CERT_DIR adds no trusted root"), "{}", ran.stdout);

            let job = Job::new(scenario()).await.on_github().env("GITHUB_EVENT_PATH", path);
            let job = job.env("GITHUB_EVENT_NAME", "pull_request");
            let ran = run_in_bounds(&job);
            assert_eq!(ran.code, Some(0), "{what}: {}", ran.stdout);
        }
    }

    #[tokio::test]
    async fn a_checkout_whose_files_never_end_is_walked_all_the_same() {
        let error = r"D:\Game\Source\A.cpp(1): error C2065: 'x': undeclared identifier";
        for what in ["device", "pipe", "huge file"] {
            let scenario = Scenario::new().await_join().status("running").log("error", error);
            let job = Job::new(scenario.status("failed")).await.on_github();
            fs::create_dir_all(job.path_of("checkout/Config")).unwrap();
            fs::create_dir_all(job.path_of("checkout/Client/Source")).unwrap();
            fs::write(job.path_of("checkout/Client/Game.uproject"), "{}").unwrap();
            fs::write(job.path_of("checkout/Client/Source/A.cpp"), "").unwrap();
            put(what, &job.path_of("checkout/.git"));
            put(what, &job.path_of("checkout/Config/DefaultGame.ini"));
            let checkout = job.path_of("checkout");
            let job = job.env("GITHUB_WORKSPACE", checkout.to_str().unwrap());
            let ran = run_in_bounds(&job);
            assert_eq!(ran.code, Some(10), "{what}: {}", ran.stdout);
            assert!(
                ran.stdout.contains("file=Client/Source/A.cpp,line=1"),
                "{what}: {}",
                ran.stdout
            );
        }
    }
}
