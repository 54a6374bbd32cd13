//! The operating system's wish that we stop, as a channel.

use tokio::sync::mpsc;

use crate::outcome::Signal;

/// Listens for SIGINT and SIGTERM (Windows: Ctrl-C and Ctrl-Break) from now on. Needs a runtime.
///
/// # Errors
/// The handlers cannot be installed.
pub fn listen() -> std::io::Result<mpsc::Receiver<Signal>> {
    #[cfg(unix)]
    let (mut interrupt, mut terminate) = {
        use tokio::signal::unix::{SignalKind, signal};
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?)
    };
    #[cfg(windows)]
    let (mut interrupt, mut terminate) =
        (tokio::signal::windows::ctrl_c()?, tokio::signal::windows::ctrl_break()?);

    let (sender, receiver) = mpsc::channel(4);
    tokio::spawn(async move {
        loop {
            let signal = tokio::select! {
                _ = interrupt.recv() => Signal::Int,
                _ = terminate.recv() => Signal::Term,
            };
            if sender.send(signal).await.is_err() {
                break;
            }
        }
    });
    Ok(receiver)
}
