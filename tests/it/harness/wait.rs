//! Waiting for events. No test waits for time to pass in the hope that something has happened by then.

use std::time::Duration;

use tokio::time::{sleep, timeout};

/// An event that takes longer never comes. Only a test that fails waits so long, on however busy a machine.
pub(crate) const LONG: Duration = Duration::from_secs(300);

/// The pause between two looks at something that sends no event when it changes, such as a file.
const LOOK: Duration = Duration::from_millis(2);

/// Resolves once `look` finds something. For things that send no event when they change.
pub(crate) async fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let found = async {
        loop {
            match look() {
                Some(found) => return found,
                None => sleep(LOOK).await,
            }
        }
    };
    let found = timeout(LONG, found).await;
    found.unwrap_or_else(|_| panic!("never: {what}"))
}
