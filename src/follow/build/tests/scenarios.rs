//! The ways in which real services failed, one test each.

use super::*;

/// The result of each of these actions, with a window of so many lines.
fn run(window: usize, actions: &[Action]) -> World {
    World::run(&case_of(window, actions.to_vec()))
}

fn case_of(window: usize, actions: Vec<Action>) -> Case {
    Case { actions, window, clock_ms: 1, has_times: true, is_ours: true }
}

const CONNECT: Action = Action::Connect(Recovery::None);

/// The printed numbers, and how often a word appeared in notices.
fn printed_and_reported(world: &World, word: &str) -> (Vec<usize>, usize) {
    let reported = |shown: &&Shown| matches!(shown, Shown::Notice(text) if text.contains(word));
    (world.printed(), world.shown.iter().filter(reported).count())
}

fn numbers(to: usize) -> Vec<usize> {
    (0..to).collect()
}

#[test]
fn an_ignored_join_is_repeated_after_three_seconds_and_reported_once() {
    let mut world = World::new(case_of(200, vec![]));
    for action in [Action::Ignore(1), CONNECT, Action::Pass(500), Action::Log(20)] {
        world.act(action);
    }
    world.act(Action::Pass(1_600));
    assert!(!world.session.as_ref().unwrap().is_in_room, "REST has shown the lines only now");
    world.act(Action::Pass(1_400));
    assert!(world.session.as_ref().unwrap().is_in_room, "3.5 s after the join");
    assert_eq!(world.printed(), numbers(20), "what REST has shown waits no longer");
    for action in [Action::Log(20), Action::Deliver(20), Action::Pass(100)] {
        world.act(action);
    }
    world.end();
    assert_eq!(printed_and_reported(&world, "joining it again"), (numbers(40), 1));
    assert!(!world.reported("missing") && !world.reported("late"), "{:?}", world.shown);
}

#[test]
fn a_silent_session_keeps_rejoining_its_room() {
    let mut world = World::new(case_of(200, vec![]));
    let actions = [Action::Ignore(3), CONNECT, Action::Pass(100), Action::Log(20)];
    actions.into_iter().for_each(|action| world.act(action));
    world.act(Action::Pass(13_000));
    assert_eq!(world.ignored, 0, "joined at about 0, 3, 6 and 12 s");
    assert!(world.session.as_ref().unwrap().is_in_room);
    assert_eq!(printed_and_reported(&world, "joining it again"), (numbers(20), 1));
}

#[test]
fn unplaced_lines_are_printed_before_every_end() {
    let mut world = World::new(case_of(200, vec![]));
    let actions = [Action::Rest(Rest::Fails), CONNECT, Action::Log(5), Action::Deliver(5)];
    actions.into_iter().for_each(|action| world.act(action));
    assert_eq!(world.printed(), [0_usize; 0]);
    world.apply(|build, now, out| build.give_up(now, Error::Internal, out));
    assert_eq!((world.printed(), world.shown.last()), (numbers(5), Some(&Shown::End)));
}

#[test]
fn lines_dropped_by_a_connected_session_are_printed_late_within_a_minute() {
    let actions =
        [CONNECT, Action::Log(5), Action::Deliver(5), Action::Pass(100), Action::Drop(true)];
    let more = [Action::Log(5), Action::Drop(false), Action::Log(5), Action::Deliver(5)];
    let mut world = World::new(case_of(200, vec![]));
    actions.into_iter().chain(more).for_each(|action| world.act(action));
    world.act(Action::Pass(61_000));
    let late: Vec<_> = world.shown.iter().filter(|shown| matches!(shown, Shown::Late(_))).collect();
    assert_eq!(late, (5..10).map(Shown::Late).collect::<Vec<_>>().iter().collect::<Vec<_>>());
    assert!(world.reported("late") && !world.reported("missing"), "{:?}", world.shown);
}

#[test]
fn a_view_with_only_the_end_of_dropped_lines_reports_that_more_may_be_missing() {
    let world = run(
        10,
        &[
            CONNECT,
            Action::Log(5),
            Action::Deliver(5),
            Action::Pass(100),
            Action::Drop(true),
            Action::Log(29),
            Action::Drop(false),
            Action::Log(3),
            Action::Deliver(3),
            Action::Pass(61_000),
        ],
    );
    world.check_lines();
    assert!(world.reported("missing") && world.reported("late"), "{:?}", world.shown);
}

#[test]
fn a_view_ahead_of_a_lagging_stream_waits_for_the_lines_before_it() {
    let world = run(
        10,
        &[
            CONNECT,
            Action::Log(20),
            Action::Deliver(20),
            Action::Pass(59_990),
            Action::Log(100),
            // A snapshot is requested now, and shows the last ten of them.
            Action::Pass(300),
            Action::Deliver(50),
            Action::Pass(300),
            Action::Deliver(50),
            Action::Pass(300),
        ],
    );
    assert_eq!(printed_and_reported(&world, "missing"), (numbers(120), 0), "{:?}", world.shown);
    assert!(!world.reported("late"), "{:?}", world.shown);
}

#[test]
fn a_recovered_session_is_trusted_only_as_far_as_rest_agrees() {
    for (recovery, window, lost) in [
        (Recovery::Whole, 200, 0),
        (Recovery::Whole, 5, 0),
        (Recovery::WithHole, 200, 0),
        (Recovery::WithoutEnd, 200, 0),
        (Recovery::WithoutEnd, 5, 5),
    ] {
        let world = run(
            window,
            &[
                CONNECT,
                Action::Log(10),
                Action::Deliver(10),
                Action::Pass(100),
                Action::Lose,
                Action::Log(30),
                Action::Connect(recovery),
                Action::Deliver(30),
                Action::Pass(100),
            ],
        );
        world.check_lines();
        let (printed, missing) = printed_and_reported(&world, "missing");
        assert_eq!(printed.len(), 40 - lost, "{recovery:?} {window}: {:?}", world.shown);
        assert_eq!(missing > 0, lost > 0, "{recovery:?} {window}: {:?}", world.shown);
        assert!(printed.is_sorted(), "{recovery:?} {window}: {:?}", world.shown);
    }
}

#[test]
fn a_repeated_run_is_not_printed_again() {
    for run_length in [3, 7] {
        let world = run(
            200,
            &[
                CONNECT,
                Action::Log(10),
                Action::Deliver(10),
                Action::Pass(100),
                Action::Repeat(run_length),
                Action::Log(5),
                Action::Deliver(5),
            ],
        );
        assert_eq!(world.printed(), numbers(15));
    }
}

/// Lines that repeat each other, as they come from the stream.
fn deliver(texts: &[(&str, u64)]) -> Vec<String> {
    let mut world = World::new(case_of(0, vec![]));
    world.act(CONNECT);
    let line = |text: &str, millis| LogLine {
        timestamp: Some(SystemTime::UNIX_EPOCH + Duration::from_millis(millis)),
        level: Level::Info,
        message: text.to_owned(),
    };
    let mut out = Effects::new();
    for (text, millis) in texts {
        world.build.on_line(world.now, line(text, *millis), &mut out);
    }
    world.build.release(world.now, &mut out);
    let text = |effect| match effect {
        Effect::Line(line) | Effect::LateLine(line) => Some(line.message),
        _ => None,
    };
    out.into_iter().filter_map(text).collect()
}

#[test]
fn short_or_uniform_or_differently_timed_runs_are_not_repeats() {
    let first = [("a", 1), ("b", 2), ("c", 3), ("x", 4), ("x", 4), ("x", 4)];
    for (again, is_repeat) in [
        (&[("a", 1), ("b", 2)][..], false),
        (&[("x", 4), ("x", 4), ("x", 4)], false),
        (&[("a", 7), ("b", 8), ("c", 9)], false),
        (&[("a", 1), ("b", 2), ("c", 3)], true),
        (&[("c", 3), ("x", 4), ("x", 4)], true),
    ] {
        let all = [&first[..], again].concat();
        let printed = deliver(&all).len();
        let expected = if is_repeat { first.len() } else { all.len() };
        assert_eq!(printed, expected, "{again:?}");
    }
}

#[test]
fn a_clock_change_or_an_outlier_hides_no_line() {
    for steps in [&[-3_600][..], &[3_600, -3_600], &[3_600]] {
        let mut actions = vec![CONNECT, Action::Log(10), Action::Deliver(10), Action::Pass(100)];
        for step in steps {
            actions.extend([Action::Clock(*step), Action::Log(1), Action::Deliver(1)]);
        }
        actions.extend([Action::Lose, Action::Log(20), Action::Pass(5_000), CONNECT]);
        actions.extend([Action::Log(5), Action::Deliver(5), Action::Pass(100)]);
        let world = run(200, &actions);
        let expected = (numbers(35 + steps.len()), 0);
        assert_eq!(printed_and_reported(&world, "missing"), expected, "{:?}", world.shown);
    }
}

#[test]
fn lines_appear_within_two_seconds_while_rest_fails_and_the_stream_reconnects() {
    let mut actions = vec![Action::Rest(Rest::Fails)];
    for _ in 0..10 {
        actions.extend([CONNECT, Action::Log(5), Action::Deliver(5), Action::Pass(500)]);
        actions.extend([Action::Lose, Action::Pass(300)]);
    }
    let mut world = World::new(case_of(200, vec![]));
    for (number, action) in actions.into_iter().enumerate() {
        world.act(action);
        let came = world.seen.len();
        // From the sessions that began two seconds ago.
        assert!(world.printed().len() + 15 >= came, "after {number}: {:?}", world.shown);
    }
    world.apply(|build, now, out| build.release(now, out));
    assert_eq!(world.printed().len(), world.seen.len(), "{:?}", world.shown);
    world.end();
    world.check_lines();
}

#[test]
fn a_log_followed_from_its_beginning_is_not_reported_as_cut() {
    for (is_pending, is_reported) in [(true, false), (false, true)] {
        let mut world = World::new(case_of(200, vec![]));
        world.status = if is_pending { Status::Pending } else { Status::Running };
        if !is_pending {
            world.act(Action::Log(15));
        }
        world.act(CONNECT);
        world.act(Action::Pass(100));
        world.status = Status::Running;
        if is_pending {
            world.act(Action::Log(15));
        }
        // REST shows all lines before the stream brings one.
        world.act(Action::Pass(4_000));
        world.act(Action::Deliver(15));
        world.end();
        assert_eq!(world.printed(), numbers(15));
        assert_eq!(world.reported("may have begun earlier"), is_reported, "{:?}", world.shown);
    }
}

#[test]
fn a_healthy_stream_costs_one_request_a_minute() {
    let mut actions = vec![CONNECT, Action::Pass(1_000)];
    for _ in 0..600 {
        actions.extend([Action::Log(3), Action::Deliver(3), Action::Pass(1_000)]);
    }
    let world = run(200, &actions);
    // When the room is joined, for the first line, and at the end.
    assert!(world.polls <= 10 + 3, "{} in 10 minutes", world.polls);
    assert_eq!(world.printed(), numbers(1_800));
}

#[test]
fn a_session_that_drops_lines_is_compared_with_rest_every_few_seconds() {
    let mut world = World::new(case_of(200, vec![]));
    let first = [CONNECT, Action::Log(5), Action::Deliver(5), Action::Pass(100)];
    let drop = [Action::Drop(true), Action::Log(5), Action::Drop(false)];
    let next = [Action::Log(5), Action::Deliver(5), Action::Pass(61_000)];
    first.into_iter().chain(drop).chain(next).for_each(|action| world.act(action));
    let polls = world.polls;
    world.act(Action::Pass(7_000));
    assert!((2..=3).contains(&(world.polls - polls)), "{}", world.polls - polls);
}

#[test]
fn a_view_with_a_hole_after_its_first_printed_line_reports_that_more_may_be_missing() {
    let dropped = |count| [Action::Drop(true), Action::Log(count), Action::Drop(false)];
    let mut actions = vec![CONNECT, Action::Log(5), Action::Deliver(5), Action::Pass(100)];
    actions.extend(dropped(10));
    actions.extend([Action::Log(2), Action::Deliver(2)]);
    actions.extend(dropped(1));
    // The last six lines: two that were printed, the hole, and three that were printed.
    actions.extend([Action::Log(3), Action::Deliver(3), Action::Pass(61_000)]);
    let world = run(6, &actions);
    world.check_lines();
    assert!(world.reported("more may be missing"), "{:?}", world.shown);
}

/// A line of the stream, now.
fn bring(world: &mut World, number: usize) {
    let line = world.log[number].clone();
    world.seen.insert(number);
    world.apply(|build, now, out| build.on_line(now, line, out));
}

#[test]
fn a_repeated_run_that_rest_showed_first_is_not_printed_again() {
    let mut world = World::new(case_of(200, vec![]));
    let actions = [Action::Log(2), CONNECT, Action::Pass(100), Action::Log(1), Action::Deliver(1)];
    actions.into_iter().for_each(|action| world.act(action));
    world.act(Action::Pass(100));
    (0..3).for_each(|number| bring(&mut world, number));
    world.end();
    assert_eq!(world.printed(), numbers(3));
}

#[test]
fn resuming_a_session_without_a_known_place_hides_no_gap() {
    let mut world = World::new(case_of(3, vec![]));
    let first = [CONNECT, Action::Log(5), Action::Deliver(5), Action::Pass(100), Action::Lose];
    let empty = [Action::Log(10), CONNECT, Action::Pass(100), Action::Lose];
    first.into_iter().chain(empty).for_each(|action| world.act(action));
    // The next session recovers the empty one.
    world.brought = Some(14);
    world.act(Action::Connect(Recovery::Whole));
    world.act(Action::Log(10));
    world.act(Action::Deliver(10));
    world.act(Action::Pass(2_000));
    assert!(world.reported("missing"), "{:?}", world.shown);
}

#[test]
fn a_new_session_after_a_resumed_one_whose_lines_still_wait_hides_no_gap() {
    for window in [0, 3] {
        let mut case = case_of(window, vec![]);
        case.has_times = false;
        let mut world = World::new(case);
        let first = [CONNECT, Action::Log(1), Action::Lose, Action::Pass(300)];
        let resumed = [Action::Connect(Recovery::Whole), Action::Log(11), Action::Lose];
        let new = [Action::Log(6), CONNECT, Action::Pass(30_000), Action::Log(3)];
        for action in first.into_iter().chain(resumed).chain(new) {
            world.act(action);
        }
        world.end();
        world.check_lines();
        world.check_gaps();
        assert!(world.reported("missing"), "{:?}", world.shown);
    }
}

#[test]
fn a_view_from_before_a_session_does_not_place_its_lines() {
    // The log is `tick tick end`; the second line equals the first.
    let at = |millis| Some(SystemTime::UNIX_EPOCH + Duration::from_millis(millis));
    let line = |text: &str, millis| LogLine {
        timestamp: at(millis),
        level: Level::Info,
        message: text.to_owned(),
    };
    let (tick, end) = (line("tick", 1), line("end", 2));
    let mut world = World::new(case_of(200, vec![]));
    let facts = || Facts { status: Some(Status::Running), ..Facts::default() };
    let mut out = Effects::new();
    let view = |lines: &[&LogLine]| View::new(lines.iter().map(|line| (*line).clone()).collect());
    let (now, build) = (world.now, &mut world.build);
    build.on_joined(now, false);
    build.on_tick(now, &mut out);
    build.on_snapshot(now, Ok((facts(), view(&[&tick]))), &mut out);
    build.on_joined(now, false);
    build.on_tick(now, &mut out);
    // This snapshot was requested before the next line came.
    build.on_line(now, tick.clone(), &mut out);
    build.on_snapshot(now, Ok((facts(), view(&[&tick]))), &mut out);
    build.on_line(now, end.clone(), &mut out);
    build.on_tick(now, &mut out);
    build.on_snapshot(now, Ok((facts(), view(&[&tick, &tick, &end]))), &mut out);
    build.release(now, &mut out);
    let lines = out.iter().filter(|effect| matches!(effect, Effect::Line(_))).count();
    assert_eq!(lines, 3, "{out:?}");
}
