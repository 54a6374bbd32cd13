//! A queue that is bounded by bytes, so that long lines count more. It is large enough that a slow
//! reader does not stall the network: a ping that waits behind the data would end the connection.

use std::sync::Arc;

use tokio::sync::{Semaphore, mpsc};

use super::update::{BuildEvent, BuildEventKind, Update};

/// The size of a queued update besides its text, in bytes.
const OVERHEAD_BYTES: usize = 64;

pub(super) fn queue(capacity_bytes: u32) -> (Sender, Receiver) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let space = Arc::new(Semaphore::new(capacity_bytes as usize));
    let sender = Sender { updates: sender, space: Arc::clone(&space), capacity_bytes };
    (sender, Receiver { updates: receiver, space })
}

pub(super) struct Sender {
    updates: mpsc::UnboundedSender<(Update, u32)>,
    space: Arc<Semaphore>,
    capacity_bytes: u32,
}

impl Sender {
    /// Waits for space. Drops the update if the receiver is gone.
    pub(super) async fn send(&self, update: Update) {
        let weight = self.weight(&update);
        if let Ok(permit) = self.space.acquire_many(weight).await {
            permit.forget();
            // An error means that nobody reads any more.
            let _gone = self.updates.send((update, weight));
        }
    }

    /// Does not wait for space: for the last updates.
    pub(super) fn send_now(&self, update: Update) {
        let _gone = self.updates.send((update, 0));
    }

    fn weight(&self, update: &Update) -> u32 {
        let text_bytes = match update {
            Update::Build(BuildEvent {
                kind: BuildEventKind::Line(line) | BuildEventKind::LateLine(line),
                ..
            }) => line.message.len(),
            Update::Build(_) | Update::Notice(_) | Update::Released => 0,
        };
        let weight = u32::try_from(OVERHEAD_BYTES + text_bytes).unwrap_or(u32::MAX);
        weight.min(self.capacity_bytes)
    }
}

pub(super) struct Receiver {
    updates: mpsc::UnboundedReceiver<(Update, u32)>,
    space: Arc<Semaphore>,
}

impl Receiver {
    /// The next update; `None` once the sender is gone. Cancel safe.
    pub(super) async fn next(&mut self) -> Option<Update> {
        let (update, weight) = self.updates.recv().await?;
        self.space.add_permits(weight as usize);
        Some(update)
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.space.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{BuildIndex, Level, LogLine};

    fn line(bytes: usize) -> Update {
        let message = "x".repeat(bytes);
        let line = LogLine { timestamp: None, level: Level::Info, message };
        Update::Build(BuildEvent { build: BuildIndex(0), kind: BuildEventKind::Line(line) })
    }

    fn length(update: Option<Update>) -> usize {
        match update {
            Some(Update::Build(BuildEvent { kind: BuildEventKind::Line(line), .. })) => {
                line.message.len()
            }
            other => panic!("{other:?}"),
        }
    }

    async fn is_full(sender: &Sender) -> bool {
        tokio::select! {
            biased;
            () = sender.send(line(0)) => false,
            () = tokio::task::yield_now() => true,
        }
    }

    #[tokio::test]
    async fn the_queue_is_full_by_bytes_and_reading_makes_room() {
        let (sender, mut receiver) = queue(1000);
        sender.send(line(900)).await;
        assert!(is_full(&sender).await);
        assert_eq!(length(receiver.next().await), 900);
        assert!(!is_full(&sender).await);
    }

    #[tokio::test]
    async fn a_line_wider_than_the_queue_still_gets_through() {
        let (sender, mut receiver) = queue(100);
        sender.send(line(5000)).await;
        assert_eq!(length(receiver.next().await), 5000);
    }

    #[tokio::test]
    async fn the_last_updates_fit_into_a_full_queue() {
        let (sender, mut receiver) = queue(100);
        sender.send(line(5000)).await;
        sender.send_now(line(7));
        assert_eq!(length(receiver.next().await), 5000);
        assert_eq!(length(receiver.next().await), 7);
        sender.send(line(36)).await;
        assert!(is_full(&sender).await);
    }

    #[tokio::test]
    async fn a_sender_does_not_wait_for_a_reader_that_is_gone() {
        let (sender, receiver) = queue(10);
        sender.send(line(0)).await;
        drop(receiver);
        sender.send(line(0)).await;
    }
}
