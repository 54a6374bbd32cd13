//! A build against a model of the service that knows the true log. Lines, snapshots, lost and
//! recovered sessions, repeats and clock changes come in random order.

mod recurring;
mod scenarios;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, SystemTime};

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::*;
use crate::follow::window::View;
use crate::model::{Level, Notice};
use crate::service::ApiError;

/// Something that happens.
#[derive(Debug, Clone, Copy)]
enum Action {
    /// So many lines are logged.
    Log(u8),
    /// The stream brings up to so many lines that it holds.
    Deliver(u8),
    /// So many milliseconds pass.
    Pass(u16),
    /// The session is lost, with what it holds.
    Lose,
    /// A session is connected again. It may claim to bring what was missed, and may leave some of it out.
    Connect(Recovery),
    /// The service drops the lines of the stream from now on, or stops to do so.
    Drop(bool),
    /// The stream brings the last so many lines once more.
    Repeat(u8),
    /// The service ignores so many requests to join.
    Ignore(u8),
    /// The way REST answers from now on.
    Rest(Rest),
    /// The clock of the build machine is moved by so many seconds.
    Clock(i16),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Recovery {
    None,
    Whole,
    WithHole,
    WithoutEnd,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rest {
    Ok,
    /// It answers late, with the log as it was at the time of the request.
    Slow,
    Fails,
}

/// A generated test case.
#[derive(Debug, Clone)]
struct Case {
    actions: Vec<Action>,
    /// How many lines REST shows.
    window: usize,
    /// The times of lines are rounded to so many milliseconds.
    clock_ms: u64,
    has_times: bool,
    is_ours: bool,
}

/// One shown item.
#[derive(Debug, Clone, PartialEq)]
enum Shown {
    Line(usize),
    Late(usize),
    Notice(String),
    Status(Status),
    End,
}

struct Session {
    is_in_room: bool,
    holds: VecDeque<usize>,
    drops: bool,
    /// The lines that it has brought.
    brought: BTreeSet<usize>,
}

struct SnapshotRequest {
    answered: Instant,
    /// How many lines had been logged at the time of the request, if that is the state REST shows.
    logged: Option<usize>,
}

struct World {
    case: Case,
    began: Instant,
    now: Instant,
    log: Vec<LogLine>,
    numbers: BTreeMap<String, usize>,
    clock_s: i64,
    session: Option<Session>,
    /// The last line that each session has brought, for recovery.
    brought: Option<usize>,
    ignored: u8,
    rest: Rest,
    requests: Vec<SnapshotRequest>,
    status: Status,
    build: Build,
    shown: Vec<Shown>,
    /// The lines that reached us from either side.
    seen: BTreeSet<usize>,
    /// Lines that were logged while no transport could bring them.
    unreachable: BTreeSet<usize>,
    /// Lines that the stream repeated within their moment while REST could not show that.
    undecidable: BTreeSet<usize>,
    polls: usize,
    /// True if the stream was behind REST at any time.
    has_lagged: bool,
    clock_was_set: bool,
    has_dropped: bool,
}

/// A window that shows the whole log of every case.
const LONGEST_WINDOW: usize = 100_000;

const MS: Duration = Duration::from_millis(1);

impl World {
    fn new(case: Case) -> Self {
        let now = Instant::now();
        let options = FollowOptions {
            transport: Transport::Auto,
            is_ours: case.is_ours,
            delays: FollowDelays::default(),
        };
        Self {
            case,
            began: now,
            now,
            log: Vec::new(),
            numbers: BTreeMap::new(),
            clock_s: 1_000_000,
            session: None,
            brought: None,
            ignored: 0,
            rest: Rest::Ok,
            requests: Vec::new(),
            status: Status::Running,
            build: Build::new(now, Id::new("build").unwrap(), options),
            shown: Vec::new(),
            seen: BTreeSet::new(),
            unreachable: BTreeSet::new(),
            undecidable: BTreeSet::new(),
            polls: 0,
            has_lagged: false,
            clock_was_set: false,
            has_dropped: false,
        }
    }

    fn run(case: &Case) -> Self {
        let mut world = Self::new(case.clone());
        for action in &case.actions {
            world.act(*action);
            // A service that stays silent for too long is abandoned.
            if world.build.is_over() {
                return world;
            }
        }
        world.end();
        world
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Log(count) => {
                (0..count).for_each(|_| self.log_line());
                // Without times, a lagging stream cannot be distinguished from one that drops
                // lines.
                if !self.case.has_times {
                    self.deliver(u8::MAX);
                }
            }
            Action::Deliver(count) => self.deliver(count),
            Action::Pass(millis) => self.pass(MS * u32::from(millis)),
            Action::Lose => self.lose(),
            Action::Connect(recovery) => self.connect(recovery),
            // Nor can one that drops lines be distinguished from one that lags behind REST.
            Action::Drop(_) if !self.case.has_times => {}
            Action::Drop(drops) => {
                if let Some(session) = &mut self.session {
                    session.drops = drops;
                    self.has_dropped = true;
                }
            }
            Action::Repeat(count) => self.repeat(usize::from(count)),
            Action::Ignore(count) => self.ignored = count,
            Action::Rest(rest) => self.rest = rest,
            Action::Clock(seconds) => {
                self.clock_s += i64::from(seconds);
                self.clock_was_set = true;
            }
        }
    }

    fn log_line(&mut self) {
        let number = self.log.len();
        let elapsed = self.now - self.began;
        let millis = u64::try_from(elapsed.as_millis()).unwrap() + number as u64;
        let millis = millis / self.case.clock_ms * self.case.clock_ms;
        let clock = Duration::from_secs(u64::try_from(self.clock_s).unwrap());
        let time = SystemTime::UNIX_EPOCH + clock + Duration::from_millis(millis);
        let timestamp = self.case.has_times.then_some(time);
        let message = format!("line {number}");
        self.numbers.insert(message.clone(), number);
        self.log.push(LogLine { timestamp, level: Level::Info, message });
        match &mut self.session {
            Some(session) if session.is_in_room => {
                if !session.drops {
                    session.holds.push_back(number);
                }
            }
            Some(_) | None => {
                self.unreachable.insert(number);
            }
        }
    }

    fn deliver(&mut self, count: u8) {
        for _ in 0..count {
            let Some(number) = self.session.as_mut().and_then(|s| s.holds.pop_front()) else {
                return;
            };
            if self.build.is_over() {
                return;
            }
            self.seen.insert(number);
            if let Some(session) = &mut self.session {
                session.brought.insert(number);
            }
            self.brought = Some(number);
            let line = self.log[number].clone();
            self.apply(|build, now, out| build.on_line(now, line, out));
        }
    }

    fn lose(&mut self) {
        if self.session.take().is_some() {
            let poll_from = self.now + self.build.options.delays.grace;
            self.apply(|build, _, out| build.on_lost(poll_from, out));
        }
    }

    fn connect(&mut self, recovery: Recovery) {
        if self.session.is_some() {
            return;
        }
        let after = self.brought.filter(|_| recovery != Recovery::None);
        let mut missed: Vec<_> =
            after.map_or(vec![], |after| (after + 1..self.log.len()).collect());
        let hole = missed.len() / 3..missed.len() * 2 / 3;
        match recovery {
            Recovery::None | Recovery::Whole => {}
            Recovery::WithHole => drop(missed.drain(hole)),
            Recovery::WithoutEnd => missed.truncate(hole.end),
        }
        // A service that recovers a session rejoins its rooms and claims that nothing is missing.
        // Only REST can show otherwise.
        let is_in_room = after.is_some();
        self.unreachable.retain(|number| after.is_none_or(|after| *number <= after));
        self.session = Some(Session {
            is_in_room,
            holds: missed.into(),
            drops: false,
            brought: BTreeSet::new(),
        });
        self.apply(|build, now, _| build.on_joined(now, after.is_some()));
        self.join();
        if !self.case.has_times {
            self.deliver(u8::MAX);
        }
    }

    fn join(&mut self) {
        match self.ignored.checked_sub(1) {
            Some(left) => self.ignored = left,
            None => self.session.iter_mut().for_each(|session| session.is_in_room = true),
        }
    }

    /// Repeats the last lines of the stream in one burst.
    fn repeat(&mut self, count: usize) {
        let brought = self.session.as_ref().map(|session| session.brought.clone());
        // A repeat of lines without a certain place has no certain place either.
        let is_certain = self.case.has_times && !self.has_lagged;
        let brought = brought.filter(|_| is_certain).unwrap_or_default();
        let Some(last) = brought.last().copied() else {
            return;
        };
        let first = (last + 1).saturating_sub(count);
        if last - first + 1 < 3 || (first..=last).any(|number| !brought.contains(&number)) {
            return;
        }
        let newest = self.log[last].timestamp;
        for number in first..=last {
            if self.build.is_over() {
                return;
            }
            if self.log[number].timestamp == newest && self.case.window < LONGEST_WINDOW {
                self.undecidable.insert(number);
            }
            let line = self.log[number].clone();
            self.apply(|build, now, out| build.on_line(now, line, out));
        }
    }

    /// Lets time pass, and runs everything that becomes due.
    fn pass(&mut self, time: Duration) {
        let until = self.now + time;
        let holds = self.session.as_ref().is_some_and(|session| !session.holds.is_empty());
        self.has_lagged |= holds;
        loop {
            let answered = self.requests.iter().map(|request| request.answered).min();
            let next = [answered, self.build.deadline()].into_iter().flatten().min();
            let Some(at) = next.filter(|at| *at <= until) else {
                break;
            };
            self.now = self.now.max(at);
            if answered.is_some_and(|answered| answered <= self.now) {
                self.answer();
            }
            self.apply(Build::on_tick);
        }
        self.now = until;
    }

    fn answer(&mut self) {
        let at = self.requests.iter().position(|request| request.answered <= self.now).unwrap();
        let request = self.requests.remove(at);
        if self.rest == Rest::Fails {
            let error = trouble();
            self.apply(|build, now, out| build.on_snapshot(now, Err(error), out));
            return;
        }
        let end = request.logged.unwrap_or(self.log.len());
        let shown = end.saturating_sub(self.case.window)..end;
        if self.build.is_over() {
            return;
        }
        self.seen.extend(shown.clone());
        let view = View::new(self.log[shown].to_vec());
        let facts = Facts { status: Some(self.status.clone()), ..Facts::default() };
        self.apply(|build, now, out| build.on_snapshot(now, Ok((facts, view)), out));
    }

    fn apply(&mut self, what: impl FnOnce(&mut Build, Instant, &mut Effects)) {
        let mut out = Effects::new();
        if self.build.is_over() {
            return;
        }
        what(&mut self.build, self.now, &mut out);
        if self.build.deadline().is_some_and(|at| at <= self.now) {
            self.build.on_tick(self.now, &mut out);
        }
        for effect in out {
            let shown = match effect {
                Effect::Line(line) => Shown::Line(self.numbers[&line.message]),
                Effect::LateLine(line) => Shown::Late(self.numbers[&line.message]),
                Effect::Status(status) => Shown::Status(status),
                Effect::Notice(Notice { text, .. }) => Shown::Notice(text),
                Effect::End(_) => Shown::End,
                Effect::Join => {
                    self.join();
                    continue;
                }
                Effect::Leave => {
                    self.session.iter_mut().for_each(|session| session.is_in_room = false);
                    continue;
                }
                Effect::Poll => {
                    self.polls += 1;
                    let is_slow = self.rest == Rest::Slow;
                    let logged = is_slow.then_some(self.log.len());
                    let answered = self.now + MS * if is_slow { 700 } else { 30 };
                    self.requests.push(SnapshotRequest { answered, logged });
                    continue;
                }
            };
            self.shown.push(shown);
        }
    }

    /// The build ends, and REST answers at last.
    fn end(&mut self) {
        self.rest = Rest::Ok;
        self.status = Status::Complete;
        let is_in_room = self.session.as_ref().is_some_and(|session| session.is_in_room);
        if is_in_room {
            self.deliver(u8::MAX);
            self.apply(|build, now, out| build.on_status(now, Status::Complete, out));
        }
        self.pass(Duration::from_secs(200));
        assert_eq!(self.shown.last(), Some(&Shown::End), "{:?}", self.shown);
    }

    fn printed(&self) -> Vec<usize> {
        let number = |shown: &Shown| match shown {
            Shown::Line(number) | Shown::Late(number) => Some(*number),
            Shown::Notice(_) | Shown::Status(_) | Shown::End => None,
        };
        self.shown.iter().filter_map(number).collect()
    }

    fn reported(&self, word: &str) -> bool {
        self.shown.iter().any(|shown| matches!(shown, Shown::Notice(text) if text.contains(word)))
    }

    /// Every line that reached us is printed once, and in order unless it is reported as late.
    fn check_lines(&self) {
        let mut printed = self.printed();
        let mut last: Option<usize> = None;
        // Times show the place of a line, unless the clock was set. A line with an earlier time that is
        // printed behind one with a later time makes the place of all later ones uncertain.
        let mut is_certain = true;
        for shown in &self.shown {
            if !is_certain {
                break;
            }
            match shown {
                Shown::Line(number) => {
                    let is_next =
                        last.is_none_or(|last| last < *number || self.is_tie(last, *number));
                    is_certain =
                        last.is_none_or(|last| last < *number || self.has_same_time(last, *number));
                    assert!(is_next, "{number} is out of order: {:?}", self.shown);
                    last = last.max(Some(*number));
                }
                Shown::Late(number) => {
                    let is_late =
                        last.is_some_and(|last| last > *number || self.is_tie(last, *number));
                    assert!(is_late, "{number} is not late: {:?}", self.shown);
                }
                Shown::Notice(_) | Shown::Status(_) | Shown::End => {}
            }
        }
        printed.sort_unstable();
        // The service may have repeated these lines, or logged them twice within one moment. They
        // are rather repeated, but only late.
        let is_repeated_late = |number: &usize| {
            self.undecidable.contains(number) && self.shown.contains(&Shown::Late(*number))
        };
        printed.dedup_by(|a, b| a == b && is_repeated_late(a));
        let seen: Vec<_> = self.seen.iter().copied().collect();
        assert_eq!(printed, seen, "{:?}", self.shown);
    }

    /// True if the order of two lines from different transports is unknown. This is so if they have
    /// the same time. It is also so if the clock was set while the stream lagged, dropped lines, or
    /// REST showed almost none.
    fn is_tie(&self, a: usize, b: usize) -> bool {
        let is_blind = self.has_lagged || self.has_dropped || self.case.window < 8;
        self.has_same_time(a, b) || self.clock_was_set && is_blind
    }

    fn has_same_time(&self, a: usize, b: usize) -> bool {
        self.log[a].timestamp == self.log[b].timestamp
    }

    /// Lines that no transport could bring are reported at their place.
    fn check_gaps(&self) {
        let mut last: Option<usize> = None;
        let mut is_reported = false;
        for shown in &self.shown {
            match shown {
                Shown::Notice(text) => is_reported |= text.contains("missing"),
                Shown::Line(number) => {
                    let from = last.map(|last| last + 1).filter(|from| from <= number);
                    let missing = from.map(|from| self.unreachable.range(from..*number));
                    let lost: Vec<_> = missing.into_iter().flatten().collect();
                    let lost = lost.iter().any(|lost| !self.seen.contains(lost));
                    assert!(!lost || is_reported, "before {number}: {:?}", self.shown);
                    last = last.max(Some(*number));
                    is_reported = false;
                }
                Shown::Late(_) | Shown::Status(_) | Shown::End => {}
            }
        }
    }
}

fn trouble() -> ApiError {
    use crate::service::{ApiErrorKind, ForeignAnswer, Request};
    let answer = ForeignAnswer { status: 500, sender: None, words: None, retry_after: None };
    let url = url::Url::parse("http://127.0.0.1/").unwrap();
    ApiError { request: Request { method: "GET", url }, kind: ApiErrorKind::Foreign(answer) }
}

fn action() -> impl Strategy<Value = Action> {
    let recovery = prop_oneof![
        3 => Just(Recovery::None),
        2 => Just(Recovery::Whole),
        1 => Just(Recovery::WithHole),
        1 => Just(Recovery::WithoutEnd),
    ];
    let rest = prop_oneof![3 => Just(Rest::Ok), 1 => Just(Rest::Slow), 1 => Just(Rest::Fails)];
    prop_oneof![
        6 => (1..30_u8).prop_map(Action::Log),
        6 => (1..60_u8).prop_map(Action::Deliver),
        6 => prop_oneof![1..100_u16, 100..2_000_u16, 2_000..65_000_u16].prop_map(Action::Pass),
        2 => Just(Action::Lose),
        3 => recovery.prop_map(Action::Connect),
        1 => any::<bool>().prop_map(Action::Drop),
        1 => (3..20_u8).prop_map(Action::Repeat),
        1 => (0..3_u8).prop_map(Action::Ignore),
        1 => rest.prop_map(Action::Rest),
        1 => prop_oneof![Just(-3_600_i16), Just(3_600_i16), Just(120)].prop_map(Action::Clock),
    ]
}

fn case() -> impl Strategy<Value = Case> {
    let window = prop_oneof![Just(0_usize), 1..8_usize, 8..60_usize, Just(LONGEST_WINDOW)];
    let clock = prop_oneof![Just(1_u64), Just(50), Just(60_000)];
    let actions = prop::collection::vec(action(), 1..40);
    (actions, window, clock, prop::bool::weighted(0.85), any::<bool>()).prop_map(
        |(actions, window, clock_ms, has_times, is_ours)| Case {
            actions,
            window,
            clock_ms,
            has_times,
            is_ours,
        },
    )
}

proptest! {
    // The same cases in every run; `PROPTEST_RNG_SEED` selects others.
    #![proptest_config(ProptestConfig {
        cases: 1_000,
        rng_seed: RngSeed::Fixed(11),
        ..ProptestConfig::default()
    })]

    /// For any behaviour of stream and REST, no line that reached us is lost, repeated or out of
    /// order. Lines that nobody could bring are reported.
    #[test]
    fn every_line_that_reaches_us_is_printed_once(case in case()) {
        let world = World::run(&case);
        world.check_lines();
        world.check_gaps();
    }

    /// If REST shows the whole log, no line is lost and none is reported as missing.
    #[test]
    fn nothing_is_missing_if_rest_shows_the_whole_log(mut case in case()) {
        case.window = usize::MAX;
        case.actions.retain(|action| !matches!(action, Action::Rest(_)));
        let world = World::run(&case);
        let mut printed = world.printed();
        printed.sort_unstable();
        prop_assert_eq!(printed, (0..world.log.len()).collect::<Vec<_>>());
        prop_assert!(!world.reported("missing"), "{:?}", world.shown);
    }
}
