//! The pump: waits for all sources of a step at once, and turns the first event into an [`Input`].

use std::future::{pending, ready};
use std::ops::ControlFlow;
use std::pin::Pin;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::task::coop::unconstrained;
use tokio::task::yield_now;
use tokio::time::{Instant, Sleep, sleep_until};

use super::setup::Reading;
use crate::checkout::placing::Placing;
use crate::error::Error;
use crate::model::Notice;
use crate::report::Signal;
use crate::service::Triggered;
use crate::session::{Hub, Update};
use crate::trigger::Trigger;
use crate::writer::Output;

/// How many updates are handled before a due timer until other tasks run. Those tasks bring signals
/// and use the network. Without a due timer the runtime decides when they run.
const UPDATES_AT_ONCE: usize = 64;

/// How long a due timer may wait for updates that came before it. A log that arrives faster than it
/// is handled has no end.
const LONGEST_CATCH_UP: Duration = Duration::from_secs(20);

/// An event that the step handles.
pub(super) enum Input {
    /// Publishing and writing have ended: whether everything was written.
    Published(bool),
    /// The step is asked to end.
    Signal(Signal),
    /// The inputs are read; `None` if the reader is gone.
    Prepared(Option<Box<Reading>>),
    /// A notice of the trigger.
    Notice(Notice),
    /// The trigger's answer. Its handler removes the trigger from the pump.
    Triggered(Box<Result<Triggered, Error>>),
    /// News of the builds; `None` after the last. The handler of `None` removes the source.
    Update(Option<Update>),
    /// Findings no longer wait for the checkout.
    Placed,
    /// A timer is due, and everything that came before it was handled.
    Timer,
    /// The stdout queue has room.
    StdoutRoom,
    /// The `build.log` queue has room.
    LogRoom,
}

/// A source of one event.
pub(super) type Once<T> = Option<Pin<Box<dyn Future<Output = T>>>>;

/// The sources of a step. Each stage adds the sources that it needs and removes the others.
pub(super) struct Pump {
    pub(super) signals: mpsc::Receiver<Signal>,
    pub(super) reading: Option<oneshot::Receiver<Reading>>,
    pub(super) trigger: Option<Trigger>,
    pub(super) follow: Option<Hub>,
    pub(super) publishing: Once<bool>,
    /// Kept from one input to the next, because setting a timer costs more than handling a line.
    timer: Pin<Box<Sleep>>,
    /// Set while a due timer waits for the updates before it.
    catching_up: Option<CatchingUp>,
}

struct CatchingUp {
    since: Instant,
    /// How many updates were handled since other tasks last ran.
    updates: usize,
}

/// The outputs of the step, and the reasons to wait for them. An update waits while the batch for
/// stdout is full, or while a finding waits for the checkout. `build.log` delays nothing.
#[derive(Default, Clone, Copy)]
pub(super) struct Outputs<'a> {
    pub(super) stdout: Option<&'a Output>,
    pub(super) log: Option<&'a Output>,
    pub(super) placing: Option<&'a Placing>,
    /// True if a due timer waits for nothing.
    pub(super) in_hurry: bool,
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
        }
    }

    /// The next input: the first one in the order of the branches below. `timer`: when the next
    /// timer is due. Cancel safe.
    ///
    /// Updates that are waiting when a timer is due are handled before it, even if stdout has no
    /// room. One of them may be the end of the build.
    pub(super) async fn next(&mut self, outputs: Outputs<'_>, timer: Option<Instant>) -> Input {
        if let Some(at) = timer
            && at != self.timer.deadline()
        {
            self.timer.as_mut().reset(at);
        }
        loop {
            if outputs.in_hurry {
                self.catching_up = None;
            }
            let is_due = self.catching_up.is_some();
            let places = outputs.placing.is_some_and(Placing::is_waiting);
            let takes_updates = match &mut self.catching_up {
                _ if places => false,
                Some(catching_up) => catching_up.has_time().await,
                None => outputs.stdout.is_none_or(|stdout| !stdout.is_full()),
            };
            // Polling an absent source for each line would be a waste.
            let (ends, prepares) = (self.publishing.is_some(), self.reading.is_some());
            let triggers = self.trigger.is_some();
            tokio::select! {
                biased;
                // At the very end there is nothing left to stop.
                is_complete = once(&mut self.publishing), if ends => return Input::Published(is_complete),
                Some(signal) = self.signals.recv() => return Input::Signal(signal),
                reading = once(&mut self.reading), if prepares => {
                    return Input::Prepared(reading.ok().map(Box::new));
                }
                progress = trigger(&mut self.trigger), if triggers => return match progress {
                    ControlFlow::Continue(notice) => Input::Notice(notice),
                    ControlFlow::Break(answer) => Input::Triggered(Box::new(answer)),
                },
                () = self.timer.as_mut(), if timer.is_some() && !is_due => {
                    if outputs.in_hurry {
                        return Input::Timer;
                    }
                    self.catching_up = Some(CatchingUp { since: Instant::now(), updates: 0 });
                }
                () = placed(outputs.placing), if places => return Input::Placed,
                update = update(&mut self.follow, is_due), if takes_updates => {
                    self.catching_up.iter_mut().for_each(|catching_up| catching_up.updates += 1);
                    return Input::Update(update);
                }
                () = ready(()), if is_due && !places => {
                    self.catching_up = None;
                    return Input::Timer;
                }
                // Rendered text never waits for a timer: it is written as soon as no update waits.
                () = room(outputs.stdout) => return Input::StdoutRoom,
                () = room(outputs.log) => return Input::LogRoom,
            }
        }
    }
}

impl CatchingUp {
    /// True if one more update may come before the timer. Lets other tasks run now and then.
    async fn has_time(&mut self) -> bool {
        if self.updates < UPDATES_AT_ONCE {
            return true;
        }
        self.updates = 0;
        yield_now().await;
        self.since.elapsed() < LONGEST_CATCH_UP
    }
}

/// The one event of a source. Cancel safe: a source is removed after its event.
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

/// `is_due`: a timer waits for the updates. Then "none" must not mean "other tasks first", as it
/// may with the runtime's budget.
async fn update(follow: &mut Option<Hub>, is_due: bool) -> Option<Update> {
    match follow {
        Some(follow) if is_due => unconstrained(follow.next()).await,
        Some(follow) => follow.next().await,
        None => pending().await,
    }
}

async fn placed(placing: Option<&Placing>) {
    match placing {
        Some(placing) => placing.ready().await,
        None => pending().await,
    }
}

async fn room(output: Option<&Output>) {
    match output {
        Some(output) => output.ready().await,
        None => pending().await,
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use tokio::time::timeout;

    use super::*;
    use crate::config::Env;
    use crate::model::{Facts, Level, LogLine};
    use crate::report::Outcome;
    use crate::run::setup::Setup;
    use crate::session::{BuildEvent, BuildEventKind};
    use crate::writer::Overflow;

    /// The input as a word.
    fn word(input: &Input) -> String {
        match input {
            Input::Published(_) => "published".to_owned(),
            Input::Signal(signal) => format!("{signal:?}"),
            Input::Prepared(_) => "prepared".to_owned(),
            Input::Notice(_) => "notice".to_owned(),
            Input::Triggered(_) => "triggered".to_owned(),
            Input::Update(Some(Update::Build(BuildEvent { kind, .. }))) => match kind {
                BuildEventKind::Line(line) => line.message.clone(),
                BuildEventKind::End(_) => "end".to_owned(),
                other => format!("{other:?}"),
            },
            Input::Update(other) => format!("{other:?}"),
            Input::Placed => "placed".to_owned(),
            Input::Timer => "timer".to_owned(),
            Input::StdoutRoom => "stdout".to_owned(),
            Input::LogRoom => "log".to_owned(),
        }
    }

    fn line(number: usize) -> BuildEventKind {
        let message = format!("line {number}");
        BuildEventKind::Line(LogLine { timestamp: None, level: Level::Info, message })
    }

    fn end() -> BuildEventKind {
        BuildEventKind::End(Box::new(Ok(Facts::default())))
    }

    /// A pump that has read its inputs, and the sender of its signals.
    fn pump(events: Vec<BuildEventKind>) -> (Pump, mpsc::Sender<Signal>) {
        let (sender, signals) = mpsc::channel(4);
        let mut pump = Pump::new(signals, oneshot::channel().1);
        pump.reading = None;
        pump.follow = Some(Hub::scripted(events));
        (pump, sender)
    }

    /// An output with so much text in it, none of which was handed over.
    fn output(bytes: usize) -> Output {
        let mut output = Output::start(io::sink(), Overflow::Wait);
        output.batch().resize(bytes, b'x');
        output
    }

    const A_FULL_BATCH: usize = 64 * 1024;

    /// A timer that has been due for a while, so that the runtime knows it.
    fn due() -> Option<Instant> {
        Instant::now().checked_sub(Duration::from_secs(1))
    }

    /// The next inputs, as far as they are there at once.
    async fn inputs(pump: &mut Pump, outputs: Outputs<'_>, timer: Option<Instant>) -> Vec<String> {
        let mut words = Vec::<String>::new();
        while let Ok(input) = timeout(Duration::from_millis(50), pump.next(outputs, timer)).await {
            words.push(word(&input));
            // These come again until they are handled.
            let acts_on = ["timer", "stdout", "log"];
            if acts_on.contains(&words.last().unwrap().as_str()) {
                break;
            }
        }
        words
    }

    #[tokio::test(start_paused = true)]
    async fn signals_come_first_and_room_to_write_comes_last() {
        let (mut pump, signals) = pump(vec![line(1), end()]);
        let reading = (Setup::unread(&Env::default(), false), Err(Outcome::Detached));
        let (sender, receiver) = oneshot::channel();
        assert!(sender.send(reading).is_ok());
        pump.reading = Some(receiver);
        signals.send(Signal::Int).await.unwrap();
        signals.send(Signal::Term).await.unwrap();
        let (stdout, log) = (output(1), output(1));
        let outputs = Outputs { stdout: Some(&stdout), log: Some(&log), ..Outputs::default() };
        let came = inputs(&mut pump, outputs, due()).await;
        assert_eq!(came, ["Int", "Term", "prepared", "line 1", "end", "timer"]);
        assert_eq!(inputs(&mut pump, outputs, None).await, ["stdout"]);
        let outputs = Outputs { stdout: None, ..outputs };
        assert_eq!(inputs(&mut pump, outputs, None).await, ["log"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_signal_that_comes_while_updates_wait_is_the_next_input() {
        for timer in [None, due()] {
            let (mut pump, signals) = pump((0..10).map(line).collect());
            assert_eq!(word(&pump.next(Outputs::default(), timer).await), "line 0");
            signals.send(Signal::Term).await.unwrap();
            assert_eq!(word(&pump.next(Outputs::default(), timer).await), "Term");
            assert_eq!(word(&pump.next(Outputs::default(), timer).await), "line 1");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_result_of_publishing_comes_before_a_signal() {
        let (mut pump, signals) = pump(Vec::new());
        signals.send(Signal::Int).await.unwrap();
        pump.publishing = Some(Box::pin(ready(true)));
        assert_eq!(inputs(&mut pump, Outputs::default(), None).await, ["published", "Int"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_waiting_end_of_the_build_comes_before_a_due_timer() {
        let (mut pump, _signals) = pump(vec![line(1), line(2), end()]);
        let due = due();
        let came = inputs(&mut pump, Outputs::default(), due).await;
        assert_eq!(came, ["line 1", "line 2", "end", "timer"]);
        assert_eq!(inputs(&mut pump, Outputs::default(), due).await, ["timer"], "it stays due");
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_batch_delays_updates_unless_a_timer_is_due() {
        let (mut pump, _signals) = pump(vec![line(1), end()]);
        let stdout = output(A_FULL_BATCH);
        let outputs = Outputs { stdout: Some(&stdout), ..Outputs::default() };
        assert_eq!(inputs(&mut pump, outputs, None).await, ["stdout"]);
        let due = due();
        assert_eq!(inputs(&mut pump, outputs, due).await, ["line 1", "end", "timer"]);

        // Independent of the amount that waits for `build.log`.
        pump.follow = Some(Hub::scripted([line(2)]));
        let outputs = Outputs { log: Some(&stdout), ..Outputs::default() };
        assert_eq!(inputs(&mut pump, outputs, None).await, ["line 2", "log"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_timer_comes_when_it_is_due_and_delays_nothing_before() {
        let (mut pump, _signals) = pump(vec![line(1)]);
        let later = Some(Instant::now() + Duration::from_secs(3600));
        assert_eq!(inputs(&mut pump, Outputs::default(), later).await, ["line 1"]);
        let soon = Some(Instant::now() + Duration::from_millis(5));
        assert_eq!(inputs(&mut pump, Outputs::default(), soon).await, ["timer"]);
        assert_eq!(inputs(&mut pump, Outputs::default(), None).await, [""; 0]);
    }

    #[tokio::test(start_paused = true)]
    async fn in_a_hurry_a_due_timer_waits_for_no_update() {
        let (mut pump, _signals) = pump(vec![line(1), line(2)]);
        let outputs = Outputs { in_hurry: true, ..Outputs::default() };
        assert_eq!(word(&pump.next(Outputs::default(), due()).await), "line 1");
        assert_eq!(inputs(&mut pump, outputs, due()).await, ["timer"]);
    }

    #[tokio::test(start_paused = true)]
    async fn an_endless_log_delays_a_timer_only_for_the_longest_catch_up() {
        let (mut pump, _signals) = pump((0..4 * UPDATES_AT_ONCE).map(line).collect());
        let due = due();
        assert_eq!(word(&pump.next(Outputs::default(), due).await), "line 0");
        let since = Instant::now().checked_sub(LONGEST_CATCH_UP).unwrap();
        pump.catching_up = Some(CatchingUp { since, updates: 1 });
        let came = inputs(&mut pump, Outputs::default(), due).await;
        assert_eq!(came.last().map(String::as_str), Some("timer"));
        assert_eq!(came.len(), UPDATES_AT_ONCE, "the clock is read now and then only");
    }

    #[tokio::test(start_paused = true)]
    async fn other_tasks_run_despite_many_waiting_updates_so_that_a_signal_arrives() {
        // The runtime's own limit may change, but not to more than this.
        for (timer, most) in [(None, 4 * UPDATES_AT_ONCE), (due(), UPDATES_AT_ONCE)] {
            let (mut pump, signals) = pump((0..10 * UPDATES_AT_ONCE).map(line).collect());
            tokio::spawn(async move { signals.send(Signal::Term).await });
            let mut updates = 0;
            while word(&pump.next(Outputs::default(), timer).await) != "Term" {
                updates += 1;
                assert!(updates <= most, "{timer:?}");
            }
        }
    }
}
