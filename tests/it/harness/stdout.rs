//! A stdout that a test can read, and block.

use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};

use tokio::sync::Notify;
use tokio::time::timeout;

use super::wait::LONG;

#[derive(Clone, Default)]
pub(crate) struct Stdout(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    unblocked: Condvar,
    written: Notify,
}

#[derive(Default)]
struct State {
    text: Vec<u8>,
    is_blocked: bool,
    unflushed_bytes: usize,
    largest_batch_bytes: usize,
}

impl Stdout {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.state().text.clone()).unwrap()
    }

    /// How much it was given before it was flushed, at most.
    pub(crate) fn largest_batch_bytes(&self) -> usize {
        self.state().largest_batch_bytes
    }

    /// Takes nothing any more.
    pub(crate) fn block(&self) {
        self.state().is_blocked = true;
    }

    /// Takes everything again.
    pub(crate) fn unblock(&self) {
        self.state().is_blocked = false;
        self.0.unblocked.notify_all();
    }

    /// Resolves when the text was printed.
    pub(crate) async fn shows(&self, text: &str) {
        self.until(text, |printed| printed.contains(text)).await;
    }

    /// Resolves when what was printed satisfies the predicate.
    pub(crate) async fn until(&self, what: &str, is_enough: impl Fn(&str) -> bool) {
        let printed = async {
            loop {
                let written = self.0.written.notified();
                if is_enough(std::str::from_utf8(&self.state().text).unwrap()) {
                    return;
                }
                written.await;
            }
        };
        if timeout(LONG, printed).await.is_err() {
            panic!("never: {what}\n{}", self.text());
        }
    }
}

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let state = self.state();
        let mut state = self.0.unblocked.wait_while(state, |state| state.is_blocked).unwrap();
        state.unflushed_bytes += bytes.len();
        state.text.extend_from_slice(bytes);
        drop(state);
        self.0.written.notify_waiters();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let mut state = self.state();
        let batch = std::mem::take(&mut state.unflushed_bytes);
        state.largest_batch_bytes = state.largest_batch_bytes.max(batch);
        Ok(())
    }
}
