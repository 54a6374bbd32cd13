//! Writes to stderr: panics, and diagnostics if they are enabled.

use std::io::{self, Write, stderr};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::Duration;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::causes::one_line;
use crate::ci;
use crate::config::{self, Env, Secret};
use crate::error::ExitCode;
use crate::text::{Cleaner, Style};
use crate::threads;

/// How many lines may wait for a blocking stderr; more are dropped.
const WAITING_LINES: usize = 1024;

/// The time limit for the last lines.
const LAST_LINES: Duration = Duration::from_millis(20);

/// The writer of diagnostics, on a separate thread: a blocking stderr delays nothing else.
#[derive(Clone)]
pub struct Diagnostics {
    pieces: Option<SyncSender<Piece>>,
    /// A line may quote the wire, and CIs also take commands from stderr.
    cleaner: Cleaner,
}

enum Piece {
    Line(Vec<u8>),
    /// Everything before it was written.
    End(SyncSender<()>),
}

impl Diagnostics {
    fn to<W: Write + Send + 'static>(stream: W, cleaner: Cleaner) -> Self {
        let (sender, pieces) = sync_channel(WAITING_LINES);
        let work = move |mut stream: W| {
            for piece in pieces {
                // Without a stderr there is nobody to report to, and nobody waits for the end.
                let _written = match piece {
                    Piece::Line(line) => stream.write_all(&line).is_ok(),
                    Piece::End(reached) => reached.send(()).is_ok(),
                };
            }
        };
        match threads::start("diagnostics", "writes diagnostics", stream, work) {
            Ok(_detached) => Self { pieces: Some(sender), cleaner },
            Err((mut stream, refused)) => {
                let why = format!("warning: {}; diagnostics are off\n", one_line(&refused));
                // Without a stderr there is nobody to report to.
                let _written = stream.write_all(why.as_bytes());
                Self { pieces: None, cleaner }
            }
        }
    }

    /// Waits a moment for the last lines.
    pub fn end(self) {
        let (reached, end) = sync_channel(1);
        let asked = self.pieces.is_some_and(|pieces| pieces.try_send(Piece::End(reached)).is_ok());
        if asked {
            let _in_time = end.recv_timeout(LAST_LINES);
        }
    }
}

/// Never blocks. Receives whole lines.
impl Write for Diagnostics {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if let Some(pieces) = &self.pieces {
            let text = String::from_utf8_lossy(line);
            let safe: String = self.cleaner.lines(&text).map(|line| format!("{line}\n")).collect();
            let _is_full = pieces.try_send(Piece::Line(safe.into_bytes()));
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Enables diagnostics if `BUILDPIXEL_DEBUG=true` is set or a CI runs in its debug mode.
pub fn start(env: &Env) -> Diagnostics {
    if !are_wanted(env) {
        return Diagnostics { pieces: None, cleaner: Cleaner::new(&[], Style::default()) };
    }
    let diagnostics = Diagnostics::to(stderr(), cleaner(env));
    let writer = diagnostics.clone();
    // From our own code only: the libraries would show the token.
    let ours = Targets::new().with_target("buildpixel_ci", LevelFilter::TRACE);
    let layer = tracing_subscriber::fmt::layer().with_writer(move || writer.clone());
    tracing_subscriber::registry().with(layer).with(ours).init();
    diagnostics
}

/// The inputs are not checked yet.
fn cleaner(env: &Env) -> Cleaner {
    let secrets = config::secrets(env);
    let secrets: Vec<_> = secrets.iter().map(Secret::expose).collect();
    Cleaner::new(&secrets, Style::default())
}

/// Asks every CI: the `ci` input, which names one, is not read yet.
fn are_wanted(env: &Env) -> bool {
    env.flag("BUILDPIXEL_DEBUG") || ci::all().any(|ci| ci.wants_diagnostics(env))
}

/// A panic ends with the documented exit code for a bug, not with that of an abort. Its message is
/// not shown, because it may quote the wire.
pub fn install_panic_hook() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(|place| format!(" at {place}")).unwrap_or_default();
        // Without a stderr there is nobody to report to.
        let _written = writeln!(stderr(), "error: a bug in buildpixel-ci{place}; please report it");
        #[expect(
            clippy::disallowed_methods,
            clippy::exit,
            reason = "nothing can be returned here"
        )]
        std::process::exit(ExitCode::Internal.number().into());
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_variable_and_the_debug_mode_of_any_ci_enable_diagnostics() {
        for name in ["BUILDPIXEL_DEBUG", "RUNNER_DEBUG", "CI_DEBUG_TRACE", "SYSTEM_DEBUG"] {
            assert!(are_wanted(&Env::from_iter([(name, "true")])), "{name}");
            assert!(!are_wanted(&Env::from_iter([(name, "false")])), "{name}");
        }
        assert!(!are_wanted(&Env::from_iter([("GITHUB_ACTIONS", "true")])));
    }

    fn cleaner() -> Cleaner {
        let proxy = ("https_proxy", "http://me:proxypass@proxy:3128");
        super::cleaner(&Env::from_iter([("BUILDPIXEL_TOKEN", "tok123456"), proxy]))
    }

    #[test]
    fn a_blocking_stderr_delays_nothing() {
        let (_reader, pipe) = io::pipe().unwrap();
        let mut diagnostics = Diagnostics::to(pipe, cleaner());
        for _ in 0..4 * WAITING_LINES {
            diagnostics.write_all(&[b'x'; 1024]).unwrap();
        }
        diagnostics.end();
    }

    #[test]
    fn ci_commands_in_diagnostics_are_disarmed() {
        let (mut reader, pipe) = io::pipe().unwrap();
        let mut diagnostics = Diagnostics::to(pipe, cleaner());
        for line in ["DEBUG answered: ##[add-path]/x", "::error::x", "##vso[task.x]y"] {
            diagnostics.write_all(format!("{line}\n").as_bytes()).unwrap();
        }
        diagnostics.end();
        let mut written = String::new();
        io::Read::read_to_string(&mut reader, &mut written).unwrap();
        assert_eq!(written, "DEBUG answered: #\\#[add-path]/x\n\\::error::x\n#\\#vso[task.x]y\n");
    }

    #[test]
    fn secrets_in_diagnostics_are_masked() {
        let (mut reader, pipe) = io::pipe().unwrap();
        let mut diagnostics = Diagnostics::to(pipe, cleaner());
        diagnostics.write_all(b"DEBUG tok123456 proxypass https://a:pass1234@b\n").unwrap();
        diagnostics.end();
        let mut written = String::new();
        io::Read::read_to_string(&mut reader, &mut written).unwrap();
        assert_eq!(written, "DEBUG *** *** https://a:***@b\n");
    }

    #[test]
    fn every_line_is_written_to_a_stderr_that_takes_it() {
        let (mut reader, pipe) = io::pipe().unwrap();
        let mut diagnostics = Diagnostics::to(pipe, cleaner());
        diagnostics.write_all(b"a line\n").unwrap();
        diagnostics.end();
        let mut written = String::new();
        io::Read::read_to_string(&mut reader, &mut written).unwrap();
        assert_eq!(written, "a line\n");
    }
}
