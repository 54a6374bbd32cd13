//! Logs whose lines recur: the same texts, often within one moment or without times. Each line is
//! logged, brought by the stream and shown by REST as a test says.

use super::*;

/// A build, the service, and what was printed.
struct Service {
    build: Build,
    now: Instant,
    log: Vec<LogLine>,
    /// How many lines REST shows, how far it lags behind the log, and how long it takes to answer.
    window: usize,
    lag: usize,
    latency: Duration,
    /// True if an answer shows the log as it was at the time of the request.
    is_slow: bool,
    fails: bool,
    requests: Vec<(Instant, usize)>,
    polls: usize,
    status: Status,
    lines: Vec<String>,
    late: Vec<String>,
    notices: Vec<String>,
}

fn log_line(text: &str, millis: Option<u64>) -> LogLine {
    let time = |millis| SystemTime::UNIX_EPOCH + Duration::from_millis(1_000_000_000 + millis);
    LogLine { timestamp: millis.map(time), level: Level::Info, message: text.to_owned() }
}

impl Service {
    /// The room is joined, and the place of the stream is known.
    fn new(window: usize, has_times: bool) -> Self {
        let now = Instant::now();
        let options = FollowOptions {
            transport: Transport::Auto,
            is_ours: true,
            delays: FollowDelays::default(),
        };
        let mut service = Self {
            build: Build::new(now, Id::new("build").unwrap(), options),
            now,
            log: Vec::new(),
            window,
            lag: 0,
            latency: MS * 30,
            is_slow: false,
            fails: false,
            requests: Vec::new(),
            polls: 0,
            status: Status::Running,
            lines: Vec::new(),
            late: Vec::new(),
            notices: Vec::new(),
        };
        service.join(false);
        service.pass(100);
        let time = has_times.then_some(0);
        service.line("first", time);
        service.pass(2_500);
        service.line("second", time);
        service.pass(500);
        service.polls = 0;
        service
    }

    fn join(&mut self, recovered: bool) {
        self.apply(|build, now, _| build.on_joined(now, recovered));
    }

    fn lose(&mut self) {
        let poll_from = self.now + MS * 2_000;
        self.apply(|build, _, out| build.on_lost(poll_from, out));
    }

    fn log(&mut self, text: &str, millis: Option<u64>) {
        self.log.push(log_line(text, millis));
    }

    fn bring(&mut self, text: &str, millis: Option<u64>) {
        let line = log_line(text, millis);
        self.apply(|build, now, out| build.on_line(now, line, out));
    }

    /// A line is logged, and the stream brings it.
    fn line(&mut self, text: &str, millis: Option<u64>) {
        self.log(text, millis);
        self.bring(text, millis);
    }

    fn moment(&mut self, texts: &str, millis: u64) {
        texts.split_whitespace().for_each(|text| self.line(text, Some(millis)));
    }

    fn apply(&mut self, what: impl FnOnce(&mut Build, Instant, &mut Effects)) {
        let mut out = Effects::new();
        what(&mut self.build, self.now, &mut out);
        if self.build.deadline().is_some_and(|at| at <= self.now) {
            self.build.on_tick(self.now, &mut out);
        }
        for effect in out {
            match effect {
                Effect::Line(line) => self.lines.push(line.message),
                Effect::LateLine(line) => self.late.push(line.message),
                Effect::Notice(notice) => self.notices.push(notice.text),
                Effect::Poll => {
                    self.polls += 1;
                    self.requests.push((self.now + self.latency, self.log.len()));
                }
                Effect::Status(_) | Effect::Join | Effect::Leave | Effect::End(_) => {}
            }
        }
    }

    fn pass(&mut self, millis: u64) {
        let until = self.now + Duration::from_millis(millis);
        while !self.build.is_over() {
            let answered = self.requests.first().map(|(at, _)| *at);
            let next = [answered, self.build.deadline()].into_iter().flatten().min();
            let Some(at) = next.filter(|at| *at <= until) else { break };
            self.now = self.now.max(at);
            if answered.is_some_and(|at| at <= self.now) {
                self.answer();
            }
            if !self.build.is_over() {
                self.apply(Build::on_tick);
            }
        }
        self.now = until;
    }

    fn answer(&mut self) {
        let (_, logged) = self.requests.remove(0);
        if self.fails {
            self.apply(|build, now, out| build.on_snapshot(now, Err(trouble()), out));
            return;
        }
        let end = if self.is_slow { logged } else { self.log.len() };
        let end = end.saturating_sub(self.lag);
        let view = View::new(self.log[end.saturating_sub(self.window)..end].to_vec());
        let facts = Facts { status: Some(self.status.clone()), ..Facts::default() };
        self.apply(|build, now, out| build.on_snapshot(now, Ok((facts, view)), out));
    }

    fn end(&mut self) {
        self.status = Status::Complete;
        if !self.build.is_over() {
            self.apply(|build, now, out| build.on_status(now, Status::Complete, out));
        }
        self.pass(60_000);
        assert!(self.build.is_over());
    }

    /// The build ends, and every line was printed as often as it was logged.
    fn ends_whole(&mut self) {
        self.end();
        let mut printed: Vec<_> = self.lines.iter().chain(&self.late).cloned().collect();
        let mut logged: Vec<_> = self.log.iter().map(|line| line.message.clone()).collect();
        printed.sort_unstable();
        logged.sort_unstable();
        assert!(printed == logged, "late: {:?}, notices: {:?}", self.late, self.notices);
    }

    fn reports_missing(&self) -> bool {
        self.notices.iter().any(|text| text.contains("missing"))
    }
}

#[test]
fn a_healthy_log_of_recurring_lines_and_coarse_times_needs_no_more_requests() {
    // A warning in a header comes once for each file that includes it.
    let warning = ["warning C4996: deprecated", "note: see declaration", "note: or this"];
    for (files, clock) in [(1, 1_000), (10, 100)] {
        let mut service = Service::new(200, true);
        for tenth in 0..600_u64 {
            let time = Some(10_000 + tenth * 100 / clock * clock);
            for file in 0..files {
                service.line(&format!("Module{tenth}-{file}.cpp"), time);
                warning.iter().for_each(|text| service.line(text, time));
            }
            service.pass(100);
        }
        assert!(service.polls <= 2, "{} requests in a minute", service.polls);
        service.ends_whole();
        assert!(service.late.len() < 200 && !service.reports_missing(), "{:?}", service.late.len());
    }
}

#[test]
fn lines_logged_twice_in_one_moment_are_late_and_the_session_still_counts_as_whole() {
    for before in [5, 500] {
        let mut service = Service::new(200, true);
        (0..before).for_each(|n| service.line(&format!("x {n}"), Some(5_000 + n)));
        service.moment("a b c d a b c", 9_000);
        service.moment("y z", 9_001);
        service.pass(1_000);
        assert_eq!(service.late, ["a", "b", "c"]);
        let polls = service.polls;
        for minute in 0..10_u64 {
            service.pass(60_000);
            service.line(&format!("{minute}"), Some(20_000 + minute * 60_000));
        }
        assert!(service.polls - polls <= 10, "{}", service.polls - polls);
        service.ends_whole();
        assert!(!service.reports_missing(), "{:?}", service.notices);
    }
}

#[test]
fn lines_logged_a_third_time_in_one_moment_are_printed_a_third_time() {
    for window in [10, 200] {
        for again in ["a", "a b c", "d", "d a b c d"] {
            let mut service = Service::new(window, true);
            service.moment("a b c d e a b c", 9_000);
            service.pass(400);
            service.moment(again, 9_000);
            service.pass(400);
            (0..30).for_each(|n| service.line(&format!("y {n}"), Some(10_000 + n)));
            service.pass(5_000);
            service.ends_whole();
        }
    }
}

#[test]
fn lines_logged_twice_in_one_moment_are_printed_though_rest_has_moved_on_or_lags_or_fails() {
    let follow = |service: &mut Service, lines: std::ops::Range<u64>, pause: u64| {
        for n in lines {
            service.line(&format!("y {n}"), Some(9_001 + n));
            service.pass(pause);
        }
    };
    for window in [10, 200] {
        let mut service = Service::new(window, true);
        service.moment("a b c d a b c", 9_000);
        follow(&mut service, 0..2_000, 1);
        service.ends_whole();
    }
    for lag in 1..=7 {
        let mut service = Service::new(30, true);
        service.moment("a b c d a b c", 9_000);
        service.lag = lag;
        service.pass(1_000);
        service.lag = 0;
        follow(&mut service, 0..60, 1_000);
        service.ends_whole();
    }

    let mut service = Service::new(30, true);
    service.moment("a b c d a b c", 9_000);
    service.fails = true;
    follow(&mut service, 0..90, 100);
    service.fails = false;
    follow(&mut service, 90..100, 10_000);
    service.ends_whole();
}

#[test]
fn a_line_that_waits_as_a_possible_repeat_is_printed_once_although_rest_shows_it_meanwhile() {
    for has_joined_again in [false, true] {
        for pause in (0..4_000).step_by(100) {
            let mut service = Service::new(30, true);
            (0..90).for_each(|n| service.line(&format!("y {n}"), Some(9_001 + n)));
            // REST is asked every few seconds, because a line was dropped.
            service.log("dropped", Some(9_100));
            (0..5).for_each(|n| service.line(&format!("z {n}"), Some(9_200 + n)));
            service.pass(61_000);
            if has_joined_again {
                service.lose();
                service.pass(500);
                service.join(false);
            }
            service.pass(pause);
            service.line("y 0", Some(9_001));
            service.pass(10_000);
            assert_eq!(service.lines.iter().filter(|line| *line == "y 0").count(), 2, "{pause}");
            assert!(!service.notices.iter().any(|text| text.contains("silent")), "{pause}");
            service.ends_whole();
        }
    }
    // The same while older lines are uncertain, about which REST cannot decide any more.
    for pause in (0..4_000).step_by(100) {
        let mut service = Service::new(30, true);
        service.moment("a b c d a b c", 9_000);
        service.fails = true;
        (0..90).for_each(|n| service.line(&format!("y {n}"), Some(9_001 + n)));
        service.pass(9_000);
        service.fails = false;
        service.pass(pause);
        service.line("y 0", Some(9_001));
        service.pass(10_000);
        service.ends_whole();
    }
}

#[test]
fn a_view_that_begins_with_the_second_of_two_equal_runs_takes_neither_for_a_repeat() {
    for lines in 5..=9 {
        let mut service = Service::new(10, true);
        service.moment("a b c d a b c", 9_000);
        (0..lines).for_each(|n| service.line(&format!("y {n}"), Some(10_000 + n)));
        service.pass(1_000);
        (lines..40).for_each(|n| service.line(&format!("y {n}"), Some(10_000 + n)));
        service.pass(5_000);
        service.ends_whole();
    }
    for lines in [10, 50, 90] {
        let mut service = Service::new(200, true);
        (0..200).for_each(|n| service.line(&format!("block {}", n % 100), Some(9_000)));
        (0..lines).for_each(|n| service.line(&format!("y {n}"), Some(10_000 + n)));
        service.pass(1_000);
        (lines..400).for_each(|n| service.line(&format!("y {n}"), Some(10_000 + n)));
        service.pass(5_000);
        service.ends_whole();
    }
}

#[test]
fn lines_logged_twice_at_the_end_are_printed_although_rest_lags() {
    for lag in [1, 3, 5] {
        let mut service = Service::new(200, true);
        service.moment("a b c d a b c", 9_000);
        service.lag = lag;
        service.status = Status::Complete;
        service.apply(|build, now, out| build.on_status(now, Status::Complete, out));
        service.pass(400);
        service.lag = 0;
        service.ends_whole();
    }
}

#[test]
fn lines_logged_twice_around_a_dropped_one_are_printed_twice() {
    let mut service = Service::new(10, true);
    service.moment("a b c d", 9_000);
    service.log("x", Some(9_000));
    service.moment("a b c", 9_000);
    service.pass(400);
    (0..30).for_each(|n| service.line(&format!("y {n}"), Some(10_000 + n)));
    service.pass(5_000);
    service.ends_whole();
}

#[test]
fn a_service_that_shows_no_lines_is_not_asked_again_and_again_about_a_repeat() {
    let mut service = Service::new(0, true);
    service.moment("a b c d a b c", 9_000);
    service.pass(60_000);
    assert!(service.polls <= 3, "{}", service.polls);
    service.ends_whole();
}

#[test]
fn a_long_view_of_dropped_lines_is_printed_although_older_lines_are_forgotten() {
    let mut service = Service::new(10_000, true);
    (0..9_000).for_each(|n| service.line(&format!("x {n}"), Some(1_000 + n)));
    service.pass(61_000);
    (0..10_000).for_each(|n| service.log(&format!("dropped {n}"), Some(70_000 + n)));
    service.pass(61_000);
    service.ends_whole();
}

#[test]
fn lines_that_arrive_in_another_order_than_rest_shows_are_printed_once() {
    for window in 8..=12 {
        let mut service = Service::new(window, true);
        (0..5).for_each(|n| service.line(&format!("x {n}"), Some(1_000 + n)));
        service.log("a", Some(2_000));
        service.log("b", Some(2_001));
        service.bring("b", Some(2_001));
        service.bring("a", Some(2_000));
        (0..8).for_each(|n| service.line(&format!("q {n}"), Some(3_000 + n)));
        service.pass(61_000);
        service.ends_whole();
        assert_eq!(service.late, [""; 0], "{window}");
    }
}

#[test]
fn lines_that_the_stream_repeats_within_one_moment_stay_unprinted() {
    let mut service = Service::new(200, true);
    service.moment("a b c d", 9_000);
    for text in ["b", "c", "d"] {
        service.bring(text, Some(9_000));
    }
    service.line("e", Some(9_001));
    service.pass(70_000);
    service.ends_whole();
    assert_eq!(service.late, [""; 0]);
}

#[test]
fn a_dropped_line_is_printed_although_an_equal_one_stands_before_what_rest_shows() {
    for time in [None, Some(9_000)] {
        let mut service = Service::new(6, time.is_some());
        service.line("", time);
        service.line("compile a", time);
        service.log("", time);
        for text in ["compile b", "compile c", "compile d", "compile e"] {
            service.line(text, time);
        }
        service.pass(61_000);
        assert_eq!(service.late, [""]);
        service.ends_whole();
    }
    let mut service = Service::new(10, false);
    (0..20).for_each(|n| service.line(&format!("w {n}"), None));
    service.line("error: no space left", None);
    (0..4).for_each(|n| service.line(&format!("x {n}"), None));
    service.log("error: no space left", None);
    service.log("dropped too", None);
    (4..8).for_each(|n| service.line(&format!("x {n}"), None));
    service.pass(61_000);
    assert_eq!(service.late, ["error: no space left", "dropped too"]);
    service.ends_whole();
}

#[test]
fn missed_lines_of_a_recovered_session_have_their_place_although_older_lines_are_forgotten() {
    for has_times in [true, false] {
        for (before, missed) in [(100, 400), (9_000, 100), (9_000, 400)] {
            let time = |millis: u64| has_times.then_some(millis);
            let mut service = Service::new(10, has_times);
            (0..before).for_each(|n| service.line(&format!("x {n}"), time(1_000 + n)));
            service.pass(1_000);
            service.lose();
            (0..missed).for_each(|n| service.log(&format!("m {n}"), time(20_000 + n)));
            service.pass(4_000);
            service.join(true);
            (0..missed).for_each(|n| service.bring(&format!("m {n}"), time(20_000 + n)));
            service.pass(3_000);
            service.ends_whole();
        }
    }
}

#[test]
fn an_answer_that_is_older_than_all_remembered_lines_is_not_printed_again() {
    for has_times in [true, false] {
        let mut service = Service::new(200, has_times);
        (0..100).for_each(|n| service.line(&format!("x {n}"), has_times.then_some(1_000 + n)));
        service.pass(55_000);
        (service.latency, service.is_slow) = (MS * 10_000, true);
        for n in 0..20_000_u64 {
            // The clock is set back by ten minutes meanwhile.
            let time = if n < 9_000 { 700_000 + n } else { 100_000 + n };
            service.line(&format!("y {n}"), has_times.then_some(time));
            service.pass(1);
        }
        service.pass(15_000);
        service.ends_whole();
        assert!(!service.reports_missing(), "{:?}", service.notices);
    }
}

#[test]
fn dropped_lines_without_times_are_printed_late_while_the_stream_goes_on() {
    let mut service = Service::new(10, false);
    (0..200).for_each(|n| service.line(&format!("k {n}"), None));
    service.pass(56_000);
    (0..30).for_each(|n| service.log(&format!("dropped {n}"), None));
    service.pass(1_500);
    for n in 0..60 {
        service.line(&format!("later {n}"), None);
        service.pass(500);
    }
    assert_eq!(service.late.first().map(String::as_str), Some("dropped 20"));
    assert_eq!(service.late.len(), 10);
    assert!(service.reports_missing(), "REST never shows the first twenty");
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 400,
        rng_seed: RngSeed::Fixed(7),
        ..ProptestConfig::default()
    })]

    /// Few texts and a clock of seconds: whatever the stream misses, and whatever part of the log
    /// REST shows at a time.
    #[test]
    fn lines_of_few_texts_are_neither_lost_nor_repeated(
        lines in prop::collection::vec((0..3_u8, 0..4_u8, 0..4_500_u64), 1..60),
        cut in prop::option::of((0..60_usize, 0..60_usize)),
        window in prop_oneof![Just(10_usize), Just(30), Just(LONGEST_WINDOW)],
    ) {
        // A session that is lost needs a window that reaches back over the time without one.
        let cut = cut.filter(|_| window == LONGEST_WINDOW).map(|(from, more)| (from, from + more));
        let mut service = Service::new(window, true);
        let (mut second, mut is_linked) = (0, true);
        for (at, (text, step, pause)) in lines.into_iter().enumerate() {
            if cut.is_some_and(|(from, _)| from == at) {
                service.lose();
                is_linked = false;
            }
            if cut.is_some_and(|(_, to)| to == at) && !is_linked {
                service.join(false);
                is_linked = true;
            }
            second += u64::from(step > 0);
            let time = Some(10_000 + second * 1_000);
            service.log(&format!("text {text}"), time);
            if is_linked {
                service.bring(&format!("text {text}"), time);
            }
            service.pass(pause.saturating_sub(3_000));
        }
        if !is_linked {
            service.join(false);
        }
        service.pass(5_000);
        service.ends_whole();
    }

    /// The same while the stream drops lines, the session is lost and REST fails at times: if REST
    /// shows the whole log in the end, no line is lost, and a line is repeated only late.
    #[test]
    fn lines_of_few_texts_are_not_lost_by_drops_and_failures(
        events in prop::collection::vec((0..4_u8, 0..5_u8, 0..5_000_u64, 0..30_u8), 1..80),
    ) {
        let mut service = Service::new(LONGEST_WINDOW, true);
        let (mut second, mut is_linked, mut drops) = (0, true, false);
        for (text, step, pause, event) in events {
            match event {
                0 => drops = !drops,
                1 => service.fails = !service.fails,
                2 if is_linked => {
                    service.lose();
                    is_linked = false;
                }
                2 => {
                    service.join(false);
                    is_linked = true;
                }
                _ => {}
            }
            second += u64::from(step > 0);
            let time = Some(10_000 + second * 1_000);
            service.log(&format!("text {text}"), time);
            if is_linked && !drops {
                service.bring(&format!("text {text}"), time);
            }
            service.pass(pause.saturating_sub(3_000));
        }
        service.fails = false;
        if !is_linked {
            service.join(false);
        }
        service.pass(61_000);
        service.end();
        let logged = |text: &str| service.log.iter().filter(|line| line.message == text).count();
        let printed = |text: &str| {
            let lines = service.lines.iter().filter(|line| *line == text).count();
            (lines, service.late.iter().filter(|line| *line == text).count())
        };
        for text in ["text 0", "text 1", "text 2", "text 3"] {
            let (lines, late) = printed(text);
            let what = (logged(text), lines, late);
            prop_assert!(lines + late >= logged(text), "{text} lost: {what:?} {:?}", service.notices);
            prop_assert!(lines <= logged(text), "{text} repeated: {what:?} {:?}", service.notices);
        }
    }
}
