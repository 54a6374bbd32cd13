//! The delivery of a build's events to its room: at once, held back, or late.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

use crate::service::Service;

/// The stream of one build.
pub(crate) struct Stream {
    service: Arc<Service>,
    build_id: String,
    delivery: Delivery,
}

enum Delivery {
    AtOnce,
    Held(VecDeque<RoomEvent>),
    Late { lag: Duration, queue: UnboundedSender<(Instant, RoomEvent)>, deliverer: JoinHandle<()> },
}

struct RoomEvent {
    name: String,
    payload: Value,
}

impl Stream {
    pub(crate) fn new(service: Arc<Service>, build_id: String) -> Self {
        Self { service, build_id, delivery: Delivery::AtOnce }
    }

    /// Sends an event on its way to the room.
    pub(crate) async fn send(&mut self, name: &str, payload: &impl Serialize) {
        match &mut self.delivery {
            Delivery::AtOnce => self.service.rooms.emit(&self.build_id, name, payload).await,
            Delivery::Held(waiting) => waiting.push_back(RoomEvent::new(name, payload)),
            Delivery::Late { lag, queue, .. } => {
                // An error means that the deliverer is gone, and the service with it.
                queue.send((Instant::now() + *lag, RoomEvent::new(name, payload))).ok();
            }
        }
    }

    /// Holds events back from now on.
    pub(crate) async fn hold(&mut self) {
        self.release().await;
        self.delivery = Delivery::Held(VecDeque::new());
    }

    /// Delays events by `lag` from now on; zero means no delay.
    pub(crate) async fn lag(&mut self, lag: Duration) {
        self.release().await;
        if !lag.is_zero() {
            let (queue, events) = unbounded_channel();
            let deliver = deliver(self.service.clone(), self.build_id.clone(), events);
            let deliverer = tokio::spawn(deliver);
            self.delivery = Delivery::Late { lag, queue, deliverer };
        }
    }

    /// Resolves when all events have arrived. From now on events arrive at once.
    pub(crate) async fn release(&mut self) {
        match std::mem::replace(&mut self.delivery, Delivery::AtOnce) {
            Delivery::AtOnce => {}
            Delivery::Held(waiting) => {
                for RoomEvent { name, payload } in waiting {
                    self.service.rooms.emit(&self.build_id, &name, &payload).await;
                }
            }
            Delivery::Late { queue, deliverer, .. } => {
                drop(queue);
                // It only fails when the service ends.
                deliverer.await.ok();
            }
        }
    }
}

async fn deliver(
    service: Arc<Service>,
    build_id: String,
    mut events: UnboundedReceiver<(Instant, RoomEvent)>,
) {
    while let Some((due, RoomEvent { name, payload })) = events.recv().await {
        sleep_until(due).await;
        service.rooms.emit(&build_id, &name, &payload).await;
    }
}

impl RoomEvent {
    fn new(name: &str, payload: &impl Serialize) -> Self {
        // All payloads are texts, which JSON can always write.
        let payload = serde_json::to_value(payload).unwrap_or_default();
        Self { name: name.to_owned(), payload }
    }
}
