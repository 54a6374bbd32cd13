//! Starts threads. An operating system at its limit refuses them; then the caller gets back what the
//! thread was to own, and decides how to go on without it.

use std::io;
use std::sync::{Arc, mpsc};
use std::thread::{Builder, JoinHandle};

use tokio::sync::oneshot;

/// The operating system refused a thread.
#[derive(Debug, Clone, thiserror::Error)]
#[error("cannot start the thread that {task}")]
pub struct Refused {
    /// What the thread was to do: `looks names up`.
    task: &'static str,
    /// What the operating system says.
    #[source]
    cause: Arc<io::Error>,
}

/// What to do about a refused thread.
pub const HINT: &str = "raise the limit of processes and threads of this machine (`ulimit -u`, or the container's pids limit)";

/// Starts a thread that does `work` with what it owns.
///
/// # Errors
/// The thread is refused; `owned` comes back.
pub fn start<O, R>(
    name: &str,
    task: &'static str,
    owned: O,
    work: impl FnOnce(O) -> R + Send + 'static,
) -> Result<JoinHandle<Option<R>>, (O, Refused)>
where
    O: Send + 'static,
    R: Send + 'static,
{
    start_by(Builder::new().name(name.to_owned()), task, owned, work)
}

/// Does work that takes long on a thread of its own, so that signals are heard meanwhile; here, if the
/// thread is refused. `None` if the work panicked.
pub async fn run<I, O>(
    name: &str,
    task: &'static str,
    input: I,
    work: impl FnOnce(I) -> O + Copy + Send + 'static,
) -> Option<O>
where
    I: Send + 'static,
    O: Send + 'static,
{
    let (sender, done) = oneshot::channel();
    let started = start(name, task, input, move |input| {
        // An error means that nobody waits for it any more.
        let _nobody = sender.send(work(input));
    });
    match started {
        Ok(_detached) => done.await.ok(),
        Err((input, _refused)) => Some(work(input)),
    }
}

fn start_by<O, R>(
    builder: Builder,
    task: &'static str,
    owned: O,
    work: impl FnOnce(O) -> R + Send + 'static,
) -> Result<JoinHandle<Option<R>>, (O, Refused)>
where
    O: Send + 'static,
    R: Send + 'static,
{
    // A closure that cannot be started is dropped with all that it owns, so this is handed over later.
    let (hand_over, owned_later) = mpsc::sync_channel(1);
    match builder.spawn(move || owned_later.recv().ok().map(work)) {
        Ok(thread) => {
            // The thread waits for it, so it is taken.
            let _taken = hand_over.send(owned);
            Ok(thread)
        }
        Err(cause) => Err((owned, Refused { task, cause: Arc::new(cause) })),
    }
}

/// As by an operating system at its limit.
#[cfg(test)]
pub(crate) fn refused(task: &'static str) -> Refused {
    Refused { task, cause: Arc::new(io::ErrorKind::WouldBlock.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::causes::one_line;

    #[test]
    fn a_thread_works_with_what_it_owns() {
        let thread = start("adds", "adds", vec![1, 2], |numbers| numbers.iter().sum::<i32>());
        assert_eq!(thread.unwrap().join().unwrap(), Some(3));
    }

    #[test]
    fn a_refused_thread_is_told_with_its_task_and_gives_back_what_it_was_to_own() {
        // No machine has this much memory for a stack.
        let builder = Builder::new().stack_size(usize::MAX / 4);
        let (owned, refused) = start_by(builder, "counts sheep", "sheep", drop).unwrap_err();
        assert_eq!(owned, "sheep");
        let text = one_line(&refused);
        assert!(text.starts_with("cannot start the thread that counts sheep: "), "{text}");
        assert!(text.len() > "cannot start the thread that counts sheep: ".len(), "{text}");
    }
}
