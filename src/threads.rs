//! Starts threads. If the operating system refuses one, the caller gets its data back and decides
//! how to continue without the thread.

use std::io;
use std::sync::{Arc, mpsc};
use std::thread::{Builder, JoinHandle};

use tokio::sync::oneshot;

/// The operating system refused a thread.
#[derive(Debug, Clone, thiserror::Error)]
#[error("cannot start the thread that {task}")]
pub struct Refused {
    /// The task of the thread: `looks up host names`.
    task: &'static str,
    /// The operating system's error.
    #[source]
    cause: Arc<io::Error>,
}

/// The hint for a refused thread.
pub const HINT: &str = "raise the limit of processes and threads of this machine \
                        (`ulimit -u`, or the container's pids limit)";

/// Starts a thread that does `work` with the data in `owned`.
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

/// Does long work on a separate thread, so that signals are handled in the meantime. Runs it here
/// if the thread is refused. `None` if the work panicked.
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
        // An error means that the receiver is gone.
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
    // If a closure cannot be started it is dropped with all that it owns. So the data is sent
    // later.
    let (hand_over, owned_later) = mpsc::sync_channel(1);
    match builder.spawn(move || owned_later.recv().ok().map(work)) {
        Ok(thread) => {
            // The thread waits for it, so it is received.
            let _taken = hand_over.send(owned);
            Ok(thread)
        }
        Err(cause) => Err((owned, Refused { task, cause: Arc::new(cause) })),
    }
}

/// Like an operating system at its limit.
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
    fn a_refused_thread_names_its_task_and_returns_its_data() {
        // No machine has this much memory for a stack.
        let builder = Builder::new().stack_size(usize::MAX / 4);
        let (owned, refused) = start_by(builder, "counts sheep", "sheep", drop).unwrap_err();
        assert_eq!(owned, "sheep");
        let text = one_line(&refused);
        assert!(text.starts_with("cannot start the thread that counts sheep: "), "{text}");
        assert!(text.len() > "cannot start the thread that counts sheep: ".len(), "{text}");
    }
}
