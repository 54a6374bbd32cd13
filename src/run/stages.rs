//! The stages of a step: prepare, trigger, follow, publish. Each adds sources to the pump and
//! handles their inputs. None of them waits.

use std::io::Write;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::{io, mem};

use tokio::sync::oneshot;
use tokio::time::Instant;

use super::pump::{Input, Outputs, Pump};
use super::running::Running;
use super::setup::{Host, Reading, Setup};
use super::shutdown::{self, SeenSignals, Shutdown};
use crate::config::Env;
use crate::error::{Error, ExitCode};
use crate::follow::FollowDelays;
use crate::publish::Publisher;
use crate::report::{Outcome, Signal};
use crate::reporter::Reporter;
use crate::trigger::TriggerDelays;
use crate::writer::Output;

/// A step of a CI job.
pub(super) struct Step {
    pump: Pump,
    signals: SeenSignals,
    stage: Stage,
}

enum Stage {
    /// The inputs are being read.
    Prepare(Box<Unprepared>),
    /// Builds are being triggered and followed.
    Running(Box<Running>),
    /// The last findings wait for the checkout.
    Settle(Box<Settled>),
    /// Everything is being published.
    Publish(Shutdown),
    /// One stage is replaced by the next.
    Between,
}

/// The inputs of the step, before its configuration is known.
struct Unprepared {
    env: Arc<Env>,
    stdout: Box<dyn Write + Send>,
    is_terminal: bool,
    follow_delays: FollowDelays,
    trigger_delays: TriggerDelays,
}

/// The facts to publish once the last findings have their place.
struct Settled {
    reporter: Reporter,
    publisher: Publisher,
    outcome: Outcome,
    follow_delays: FollowDelays,
}

impl Step {
    /// Needs a runtime.
    pub(super) fn start(host: Host) -> Self {
        let Host { env, stdout, is_terminal, diagnostics, signals, follow_delays, trigger_delays } =
            host;
        let env = Arc::new(env);
        let reading = Setup::start(Arc::clone(&env), is_terminal, diagnostics);
        let unprepared = Unprepared { env, stdout, is_terminal, follow_delays, trigger_delays };
        Self {
            pump: Pump::new(signals, reading),
            signals: SeenSignals::default(),
            stage: Stage::Prepare(Box::new(unprepared)),
        }
    }

    /// A step that ends at once, because the operating system refused a resource.
    pub(super) fn refused(host: Host, cause: io::Error) -> Self {
        let Host { env, stdout, is_terminal, signals, follow_delays, .. } = host;
        let (_nobody, reading) = oneshot::channel();
        let mut step = Self {
            pump: Pump::new(signals, reading),
            signals: SeenSignals::default(),
            stage: Stage::Between,
        };
        step.pump.reading = None;
        let (mut reporter, publisher) =
            Setup::unread(&env, is_terminal).open(&env, is_terminal, stdout);
        reporter.nothing_was_triggered();
        step.publish(reporter, publisher, Error::Machine(cause).into(), follow_delays);
        step
    }

    /// Waits for the next input.
    pub(super) fn next_input(&mut self) -> impl Future<Output = Input> {
        let (outputs, timer) = match &self.stage {
            Stage::Running(running) => (running.outputs(), running.next_timer()),
            Stage::Publish(shutdown) => (Outputs::default(), shutdown.next_timer(&self.signals)),
            Stage::Settle(settled) => {
                let placing = Some(&settled.reporter.placing);
                (Outputs { placing, ..Outputs::default() }, None)
            }
            Stage::Prepare(_) | Stage::Between => (Outputs::default(), None),
        };
        self.pump.next(outputs, timer)
    }

    /// Handles an input. An exit code ends the step.
    pub(super) fn handle(&mut self, input: Input) -> ControlFlow<ExitCode> {
        match input {
            Input::Published(is_complete) => return self.end(Some(is_complete)),
            Input::Signal(signal) => return self.on_signal(signal),
            Input::Timer => return self.on_timer(),
            Input::Prepared(reading) => self.on_prepared(reading),
            Input::Notice(notice) => self.run(|running, _| {
                running.reporter.notice(notice);
                None
            }),
            Input::Triggered(answer) => {
                self.run(|running, pump| running.on_triggered(pump, *answer))
            }
            Input::Update(update) => self.run(|running, _| running.on_update(update)),
            Input::Placed => match &mut self.stage {
                Stage::Running(running) => running.reporter.release(),
                Stage::Settle(_) => self.publish_settled(),
                Stage::Prepare(_) | Stage::Publish(_) | Stage::Between => {}
            },
            Input::StdoutRoom => self.run(|running, _| {
                running.write_to_stdout();
                None
            }),
            Input::LogRoom => self.run(|running, _| {
                running.reporter.log.iter_mut().for_each(Output::hand_over);
                None
            }),
        }
        ControlFlow::Continue(())
    }

    /// Passes the input to the current stage. An outcome ends the stage.
    fn run(&mut self, act: impl FnOnce(&mut Running, &mut Pump) -> Option<Outcome>) {
        if let Stage::Running(running) = &mut self.stage
            && let Some(outcome) = act(running, &mut self.pump)
            && let Some(outcome) = running.end_with(&self.pump, outcome)
        {
            self.publish_running(outcome);
        }
    }

    fn on_signal(&mut self, signal: Signal) -> ControlFlow<ExitCode> {
        let now = Instant::now();
        self.signals.add(signal, now);
        match &mut self.stage {
            Stage::Prepare(_) => {
                let reading =
                    self.pump.reading.take().and_then(|mut reading| reading.try_recv().ok());
                self.interrupt_preparation(reading, signal);
            }
            Stage::Running(_) => self.run(|running, pump| running.on_signal(pump, signal, now)),
            // A step that ends on a signal waits for no disk.
            Stage::Settle(_) => self.publish_settled(),
            Stage::Publish(shutdown) => {
                if shutdown.on_signal(&self.signals, now) {
                    return self.end(None);
                }
            }
            Stage::Between => {}
        }
        ControlFlow::Continue(())
    }

    fn on_timer(&mut self) -> ControlFlow<ExitCode> {
        let now = Instant::now();
        match &mut self.stage {
            Stage::Running(_) => self.run(|running, pump| running.on_timer(pump, now)),
            Stage::Publish(shutdown) => {
                if shutdown.on_timer(&self.signals, now) {
                    return self.end(None);
                }
            }
            Stage::Prepare(_) | Stage::Settle(_) | Stage::Between => {}
        }
        ControlFlow::Continue(())
    }

    /// A signal came before the inputs were read, or at the same moment.
    fn interrupt_preparation(&mut self, reading: Option<Reading>, signal: Signal) {
        if let Stage::Prepare(unprepared) = mem::replace(&mut self.stage, Stage::Between) {
            let Unprepared { env, stdout, is_terminal, follow_delays, .. } = *unprepared;
            let setup = reading.map(|(setup, _)| setup);
            let setup = setup.unwrap_or_else(|| Setup::unread(&env, is_terminal));
            let (mut reporter, publisher) = setup.open(&env, is_terminal, stdout);
            if reporter.report().build.is_none() {
                reporter.nothing_was_triggered();
            }
            self.publish(reporter, publisher, Outcome::Interrupted(signal), follow_delays);
        }
    }

    fn on_prepared(&mut self, reading: Option<Box<Reading>>) {
        let Stage::Prepare(unprepared) = mem::replace(&mut self.stage, Stage::Between) else {
            return;
        };
        let Unprepared { env, stdout, is_terminal, follow_delays, trigger_delays } = *unprepared;
        let (setup, prepared) = reading.map_or_else(
            || (Setup::unread(&env, is_terminal), Err(Error::Internal.into())),
            |reading| *reading,
        );
        let (reporter, publisher) = setup.open(&env, is_terminal, stdout);
        match (setup.config, prepared) {
            (Some(config), Ok(prepared)) => {
                let mut running =
                    Box::new(Running::new(config, follow_delays, reporter, publisher));
                let outcome = running.start(&mut self.pump, prepared, trigger_delays);
                self.stage = Stage::Running(running);
                if let Some(outcome) = outcome {
                    self.publish_running(outcome);
                }
            }
            (_, prepared) => {
                let outcome = prepared.err().unwrap_or_else(|| Error::Internal.into());
                self.publish(reporter, publisher, outcome, follow_delays);
            }
        }
    }

    fn publish_running(&mut self, outcome: Outcome) {
        if let Stage::Running(running) = mem::replace(&mut self.stage, Stage::Between) {
            let (reporter, publisher, follow_delays) = running.into_parts();
            self.publish(reporter, publisher, outcome, follow_delays);
        }
    }

    /// Publishes, then ends: verdict, outputs and reports on every path.
    fn publish(
        &mut self,
        mut reporter: Reporter,
        publisher: Publisher,
        outcome: Outcome,
        follow_delays: FollowDelays,
    ) {
        reporter.settle(&outcome);
        let waits = reporter.placing.is_waiting();
        self.pump.trigger = None;
        self.stage =
            Stage::Settle(Box::new(Settled { reporter, publisher, outcome, follow_delays }));
        if !waits {
            self.publish_settled();
        }
    }

    fn publish_settled(&mut self) {
        let Stage::Settle(settled) = mem::replace(&mut self.stage, Stage::Between) else {
            return;
        };
        let Settled { mut reporter, publisher, outcome, follow_delays } = *settled;
        reporter.release();
        let patience = follow_delays.shutdown;
        let follow = self.pump.follow.take();
        let shutdown = Shutdown::new(&outcome, &self.signals, patience, Instant::now());
        let published = shutdown::publish(reporter, publisher, &outcome, shutdown.late(), patience);
        let stopped = async {
            if let Some(follow) = follow {
                follow.stop().await;
            }
        };
        self.pump.publishing = Some(Box::pin(async { tokio::join!(published, stopped).0 }));
        self.stage = Stage::Publish(shutdown);
    }

    /// `is_complete`: whether everything was published and written; `None` if time ran out.
    fn end(&self, is_complete: Option<bool>) -> ControlFlow<ExitCode> {
        match &self.stage {
            Stage::Publish(shutdown) => {
                ControlFlow::Break(shutdown.exit_code(&self.signals, is_complete))
            }
            Stage::Prepare(_) | Stage::Running(_) | Stage::Settle(_) | Stage::Between => {
                ControlFlow::Continue(())
            }
        }
    }
}
