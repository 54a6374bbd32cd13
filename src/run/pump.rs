//! The pump: waits for all sources of a step at once, and turns whatever comes first into one [`Input`].

use std::future::{pending, ready};
use std::ops::ControlFlow;
use std::pin::Pin;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::task::coop::unconstrained;
use tokio::task::yield_now;
use tokio::time::{Instant, Sleep, sleep_until};

use super::setup::Reading;
use crate::api::Triggered;
use crate::error::Error;
use crate::event::Notice;
use crate::follow::{Follow, Update};
use crate::outcome::Signal;
use crate::trigger::Trigger;
use crate::writer::Output;

/// How many updates are handled before other tasks run: those that bring signals, and the network.
const UPDATES_AT_ONCE: usize = 64;

/// How long a timer that is due may wait for updates that came before it. A log that is faster than we are
/// has no end.
const LONGEST_CATCH_UP: Duration = Duration::from_secs(20);

/// Something that happened, and that the step acts on.
pub(super) enum Input {
    /// Everything is published and written, or not: whether nothing was lost.
    Published(bool),
    /// Somebody wants the step to end.
    Signal(Signal),
    /// The inputs are read; `None` if nobody reads them any more.
    Prepared(Option<Box<Reading>>),
    /// A notice of the trigger.
    Notice(Notice),
    /// The trigger's answer. Whoever handles it removes the trigger from the pump.
    Triggered(Box<Result<Triggered, Error>>),
    /// News of the builds; `None` if there will be no more. Whoever handles that removes what followed them.
    Update(Option<Update>),
    /// A timer is due, and everything that waited before it was handled.
    Timer,
    /// There is room for what waits for stdout.
    StdoutRoom,
    /// There is room for what waits for `build.log`.
    LogRoom,
}

/// A source that brings one thing.
pub(super) type Once<T> = Option<Pin<Box<dyn Future<Output = T>>>>;

/// The sources of a step. A stage adds those that it needs, and removes those that it no longer wants to
/// hear from.
pub(super) struct Pump {
    pub(super) signals: mpsc::Receiver<Signal>,
    pub(super) reading: Option<oneshot::Receiver<Reading>>,
    pub(super) trigger: Option<Trigger>,
    pub(super) follow: Option<Follow>,
    pub(super) publishing: Once<bool>,
    /// Kept from one input to the next, because setting a timer costs more than handling a line.
    timer: Pin<Box<Sleep>>,
    /// Since when a timer has been due and waits for the updates before it.
    catching_up: Option<Instant>,
    /// How many updates were handled since other tasks last ran.
    updates: usize,
}

/// What the step would like to write. An update waits while a batch for stdout is full; `build.log` holds
/// nothing up.
#[derive(Default, Clone, Copy)]
pub(super) struct Outputs<'a> {
    pub(super) stdout: Option<&'a Output>,
    pub(super) log: Option<&'a Output>,
}

impl Pump {
    pub(super) fn new(
        signals: mpsc::Receiver<Signal>,
        reading: oneshot::Receiver<Reading>,
    ) -> Self {
        Self {
            signals,
            reading: Some(reading),
            trigger: None,
            follow: None,
            publishing: None,
            timer: Box::pin(sleep_until(Instant::now())),
            catching_up: None,
            updates: 0,
        }
    }

    /// The next input. Of several, the first in the order of the branches below. `timer`: when the next
    /// timer is due. Cancel safe.
    ///
    /// The updates that wait when a timer is due are handled before it, whether there is room on stdout or
    /// not: one of them may be the end of the build.
    pub(super) async fn next(&mut self, outputs: Outputs<'_>, timer: Option<Instant>) -> Input {
        if let Some(at) = timer
            && at != self.timer.deadline()
        {
            self.timer.as_mut().reset(at);
        }
        loop {
            let mut has_time = true;
            if self.updates >= UPDATES_AT_ONCE {
                self.updates = 0;
                yield_now().await;
                has_time = self.catching_up.is_none_or(|since| since.elapsed() < LONGEST_CATCH_UP);
            }
            let is_due = self.catching_up.is_some();
            let takes_updates = match is_due {
                true => has_time,
                false => outputs.stdout.is_none_or(|stdout| !stdout.is_full()),
            };
            tokio::select! {
                biased;
                // At the very end a signal has nothing left to stop.
                is_complete = once(&mut self.publishing) => return Input::Published(is_complete),
                Some(signal) = self.signals.recv() => return Input::Signal(signal),
                reading = once(&mut self.reading) => {
                    return Input::Prepared(reading.ok().map(Box::new));
                }
                progress = trigger(&mut self.trigger) => return match progress {
                    ControlFlow::Continue(notice) => Input::Notice(notice),
                    ControlFlow::Break(answer) => Input::Triggered(Box::new(answer)),
                },
                () = self.timer.as_mut(), if timer.is_some() && !is_due => {
                    self.catching_up = Some(Instant::now());
                }
                update = update(&mut self.follow), if takes_updates => {
                    self.updates += 1;
                    return Input::Update(update);
                }
                () = ready(()), if is_due => {
                    self.catching_up = None;
                    return Input::Timer;
                }
                // What was rendered never waits for a timer: it is written as soon as no update waits.
                () = room(outputs.stdout) => return Input::StdoutRoom,
                () = room(outputs.log) => return Input::LogRoom,
            }
        }
    }
}

/// The one thing that a source brings. Cancel safe: a source that has brought it is removed.
async fn once<T>(source: &mut Option<impl Future<Output = T> + Unpin>) -> T {
    match source {
        Some(future) => {
            let output = future.await;
            *source = None;
            output
        }
        None => pending().await,
    }
}

async fn trigger(trigger: &mut Option<Trigger>) -> ControlFlow<Result<Triggered, Error>, Notice> {
    match trigger {
        Some(trigger) => trigger.next().await,
        None => pending().await,
    }
}

/// Unconstrained: the pump itself counts the updates, and "none waits" must not mean "other tasks first".
async fn update(follow: &mut Option<Follow>) -> Option<Update> {
    match follow {
        Some(follow) => unconstrained(follow.next()).await,
        None => pending().await,
    }
}

async fn room(output: Option<&Output>) {
    match output {
        Some(output) => output.ready().await,
        None => pending().await,
    }
}
