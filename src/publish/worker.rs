//! A thread that owns some state and works on it, one job after the other. If the system refuses the thread, the
//! caller does the work.

use std::sync::mpsc;

use tokio::sync::oneshot;

use crate::threads::{self, Refused};

/// Does jobs, on its thread or on that of the caller.
pub(super) enum Worker<T> {
    Thread(mpsc::Sender<Job<T>>),
    /// Each caller waits until its job is done.
    Inline(T, Refused),
}

type Job<T> = Box<dyn FnOnce(&T) + Send>;

impl<T: Send + 'static> Worker<T> {
    pub(super) fn start(name: &str, task: &'static str, state: T) -> Self {
        let (jobs, waiting) = mpsc::channel::<Job<T>>();
        let work = move |state| waiting.into_iter().for_each(|job| job(&state));
        match threads::start(name, task, state, work) {
            Ok(_detached) => Self::Thread(jobs),
            Err((state, refused)) => Self::Inline(state, refused),
        }
    }

    /// Why there is no thread, if there is none.
    pub(super) fn refused(&self) -> Option<&Refused> {
        match self {
            Self::Thread(_) => None,
            Self::Inline(_, refused) => Some(refused),
        }
    }

    /// Starts a job. It runs even if nobody waits for its answer.
    pub(super) fn ask<A: Send + 'static>(
        &self,
        job: impl FnOnce(&T) -> A + Send + 'static,
    ) -> oneshot::Receiver<A> {
        let (answer, answered) = oneshot::channel();
        let job = move |state: &T| {
            // An error means that nobody waits for the answer.
            let _nobody_waits = answer.send(job(state));
        };
        match self {
            // The thread lives as long as this sender.
            Self::Thread(jobs) => {
                let _sent = jobs.send(Box::new(job));
            }
            Self::Inline(state, _) => job(state),
        }
        answered
    }
}
