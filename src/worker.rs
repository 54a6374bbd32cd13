//! Work that takes too long for the thread on which signals are heard.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use tokio::sync::oneshot;

/// Does the work on a thread of its own; here, if no thread can be had. `None` if the work panicked.
pub(crate) async fn run<I, O>(
    name: &str,
    input: I,
    work: impl FnOnce(I) -> O + Copy + Send + 'static,
) -> Option<O>
where
    I: Send + 'static,
    O: Send + 'static,
{
    let (sender, done) = oneshot::channel();
    let slot = Arc::new(Mutex::new(Some(input)));
    let taken = Arc::clone(&slot);
    let take = |slot: &Mutex<Option<I>>| slot.lock().unwrap_or_else(PoisonError::into_inner).take();
    let thread = thread::Builder::new().name(name.to_owned()).spawn(move || {
        if let Some(input) = take(&taken) {
            // An error means that nobody waits for it any more.
            let _nobody = sender.send(work(input));
        }
    });
    match thread {
        Ok(_detached) => done.await.ok(),
        Err(_refused) => take(&slot).map(work),
    }
}
