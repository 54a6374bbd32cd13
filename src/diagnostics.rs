//! Writes to stderr: panics, and diagnostics if they are enabled.

use std::io::{self, Write, stderr};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, OnceLock};
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
#[derive(Clone, Default)]
pub struct Diagnostics(Option<Arc<Running>>);

/// Diagnostics that are enabled.
struct Running {
    pieces: SyncSender<Piece>,
    secrets: Vec<Secret>,
    /// A line may quote the wire, and CIs also take commands from stderr.
    cleaner: Cleaner,
    /// The cleaner that also knows the token of `token-file`, once that was read.
    complete: OnceLock<Cleaner>,
}

enum Piece {
    Line(Vec<u8>),
    /// Everything before it was written.
    End(SyncSender<()>),
}

impl Diagnostics {
    fn to<W: Write + Send + 'static>(stream: W, secrets: Vec<Secret>) -> Self {
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
            Ok(_detached) => {
                let (cleaner, complete) = (cleaner(&secrets), OnceLock::new());
                Self(Some(Arc::new(Running { pieces: sender, secrets, cleaner, complete })))
            }
            Err((mut stream, refused)) => {
                let why = format!("warning: {}; diagnostics are off\n", one_line(&refused));
                // Without a stderr there is nobody to report to.
                let _written = stream.write_all(why.as_bytes());
                Self::default()
            }
        }
    }

    /// Masks this token as well, from the next line on. Only the first call counts.
    pub fn mask(&self, token: &Secret) {
        if let Some(running) = self.0.as_deref()
            && !running.secrets.contains(token)
        {
            let all = running.secrets.iter().chain([token]);
            running.complete.get_or_init(|| cleaner(all));
        }
    }

    /// Waits a moment for the last lines.
    pub fn end(self) {
        let (reached, end) = sync_channel(1);
        let is_asked = |running: Arc<Running>| running.pieces.try_send(Piece::End(reached)).is_ok();
        if self.0.is_some_and(is_asked) {
            let _in_time = end.recv_timeout(LAST_LINES);
        }
    }
}

/// Never blocks. Receives whole lines.
impl Write for Diagnostics {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if let Some(Running { pieces, cleaner, complete, .. }) = self.0.as_deref() {
            let text = String::from_utf8_lossy(line);
            let cleaner = complete.get().unwrap_or(cleaner);
            let safe: String = cleaner.lines(&text).map(|line| format!("{line}\n")).collect();
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
        return Diagnostics::default();
    }
    // The inputs are not checked yet.
    let diagnostics = Diagnostics::to(stderr(), config::secrets(env));
    let writer = diagnostics.clone();
    // From our own code only: the libraries would show the token.
    let ours = Targets::new().with_target("buildpixel_ci", LevelFilter::TRACE);
    let layer = tracing_subscriber::fmt::layer().with_writer(move || writer.clone());
    tracing_subscriber::registry().with(layer).with(ours).init();
    diagnostics
}

fn cleaner<'s>(secrets: impl IntoIterator<Item = &'s Secret>) -> Cleaner {
    let secrets: Vec<_> = secrets.into_iter().map(Secret::expose).collect();
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

    fn secrets() -> Vec<Secret> {
        let proxy = ("https_proxy", "http://me:proxypass@proxy:3128");
        config::secrets(&Env::from_iter([("BUILDPIXEL_TOKEN", "tok123456"), proxy]))
    }

    /// The text on stderr after these writes.
    fn written(write: impl FnOnce(&mut Diagnostics)) -> String {
        let (mut reader, pipe) = io::pipe().unwrap();
        let mut diagnostics = Diagnostics::to(pipe, secrets());
        write(&mut diagnostics);
        diagnostics.end();
        let mut written = String::new();
        io::Read::read_to_string(&mut reader, &mut written).unwrap();
        written
    }

    #[test]
    fn a_blocking_stderr_delays_nothing() {
        let (_reader, pipe) = io::pipe().unwrap();
        let mut diagnostics = Diagnostics::to(pipe, secrets());
        for _ in 0..4 * WAITING_LINES {
            diagnostics.write_all(&[b'x'; 1024]).unwrap();
        }
        diagnostics.end();
    }

    #[test]
    fn ci_commands_in_diagnostics_are_disarmed() {
        let written = written(|diagnostics| {
            for line in ["DEBUG answered: ##[add-path]/x", "::error::x", "##vso[task.x]y"] {
                diagnostics.write_all(format!("{line}\n").as_bytes()).unwrap();
            }
        });
        assert_eq!(written, "DEBUG answered: #\\#[add-path]/x\n\\::error::x\n#\\#vso[task.x]y\n");
    }

    #[test]
    fn secrets_in_diagnostics_are_masked() {
        let written = written(|diagnostics| {
            diagnostics.write_all(b"DEBUG tok123456 proxypass https://a:pass1234@b\n").unwrap();
        });
        assert_eq!(written, "DEBUG *** *** https://a:***@b\n");
    }

    #[test]
    fn a_token_that_is_read_later_is_masked_from_then_on_with_the_other_secrets() {
        let written = written(|diagnostics| {
            // The writer of the subscriber is a copy.
            let mut copy = diagnostics.clone();
            diagnostics.mask(&Secret::new("fromfile1"));
            copy.write_all(b"DEBUG fromfile1 tok123456 proxypass\n").unwrap();
        });
        assert_eq!(written, "DEBUG *** *** ***\n");
    }

    #[test]
    fn every_line_is_written_to_a_stderr_that_takes_it() {
        let written = written(|diagnostics| diagnostics.write_all(b"a line\n").unwrap());
        assert_eq!(written, "a line\n");
    }
}
