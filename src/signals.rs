//! The operating system's signals to end, as a channel.

use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll};

use tokio::sync::mpsc;

use crate::report::Signal;

/// Listens for SIGINT, SIGTERM and SIGHUP (Windows: Ctrl-C, Ctrl-Break and a closed console) from
/// now on. Signals that the parent process made us ignore stay ignored, as after `nohup` or in a
/// script's background. Needs a runtime.
///
/// # Errors
/// The handlers cannot be installed.
pub fn listen() -> io::Result<mpsc::Receiver<Signal>> {
    let (sender, receiver) = mpsc::channel(4);
    listen_to_all(&sender)?;
    Ok(receiver)
}

#[cfg(unix)]
fn listen_to_all(sender: &mpsc::Sender<Signal>) -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};

    let ignored = unix::Ignored::at_start();
    for (meaning, kind, default) in [
        (Signal::Int, SignalKind::interrupt(), true),
        (Signal::Term, SignalKind::terminate(), true),
        // The default action ends the process too, only without a verdict. A handler would undo a
        // `nohup`.
        (Signal::Hup, SignalKind::hangup(), false),
    ] {
        if ignored
            .map_or(default, |ignored| meaning == Signal::Term || !ignored.has(kind.as_raw_value()))
        {
            let mut stream = signal(kind)?;
            forward(meaning, sender.clone(), move |context| stream.poll_recv(context));
        }
    }
    Ok(())
}

#[cfg(windows)]
fn listen_to_all(sender: &mpsc::Sender<Signal>) -> io::Result<()> {
    use tokio::signal::windows::{ctrl_break, ctrl_c, ctrl_close};

    let (mut interrupt, mut terminate, mut close) = (ctrl_c()?, ctrl_break()?, ctrl_close()?);
    forward(Signal::Int, sender.clone(), move |context| interrupt.poll_recv(context));
    forward(Signal::Term, sender.clone(), move |context| terminate.poll_recv(context));
    forward(Signal::Hup, sender.clone(), move |context| close.poll_recv(context));
    Ok(())
}

/// Passes a signal on whenever it comes.
fn forward(
    meaning: Signal,
    sender: mpsc::Sender<Signal>,
    mut poll: impl FnMut(&mut Context<'_>) -> Poll<Option<()>> + Send + 'static,
) {
    tokio::spawn(async move {
        while poll_fn(&mut poll).await.is_some() && sender.send(meaning).await.is_ok() {}
    });
}

#[cfg(unix)]
mod unix {
    use std::path::Path;

    use crate::files::read;

    /// The file has some 2 KiB.
    const STATUS_BYTES: u64 = 64 * 1024;

    /// The ignored signals, one bit each.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(super) struct Ignored(u64);

    impl Ignored {
        /// `None` if that is unknown: only on Linux can it be read without unsafe code.
        pub(super) fn at_start() -> Option<Self> {
            let status = read::whole(Path::new("/proc/self/status"), STATUS_BYTES).ok()?;
            Self::read(&String::from_utf8_lossy(&status))
        }

        fn read(status: &str) -> Option<Self> {
            let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"))?;
            u64::from_str_radix(mask.trim(), 16).ok().map(Self)
        }

        /// Signals count from 1.
        pub(super) fn has(self, signal: i32) -> bool {
            let bit = u32::try_from(signal - 1).ok().and_then(|bit| 1_u64.checked_shl(bit));
            bit.is_some_and(|bit| self.0 & bit != 0)
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn ignored_signals_are_read_from_proc() {
            let status = "SigBlk:\t0000000000000000\nSigIgn:\t0000000000001003\nSigCgt:\t0\n";
            let ignored = Ignored::read(status).unwrap();
            let has: Vec<_> = (-1..=65).filter(|signal| ignored.has(*signal)).collect();
            assert_eq!(has, [1, 2, 13]);
            assert_eq!(Ignored::read("Name:\tx\nSigIgn:\tx\n"), None);
            assert_eq!(Ignored::read(""), None);
        }
    }
}
