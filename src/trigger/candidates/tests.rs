//! The selection of our build: matching builds, other builds, and ambiguous lists.

use std::time::UNIX_EPOCH;

use proptest::prelude::*;

use super::*;

const HOUR: Duration = Duration::from_secs(3600);
type Change = fn(&mut Listed);

const HASH: &str = "9f3c2b7a1e5d4860b2c7f19e3a6d5084c1b2e7f3";

/// The time from our request to the list.
const AGO: Duration = Duration::from_secs(10);

/// The time on our clock and on the service's when the list arrives.
fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_800_000_000)
}

fn id(text: &str) -> Id {
    Id::new(text).unwrap()
}

/// A build of ours: triggered by an API token, and created so many seconds before the list arrived.
fn build(name: &str, seconds: u64) -> Listed {
    Listed {
        id: Some(id(name)),
        project: Some(id("p")),
        build_setting: Some(id("s")),
        branch: Some("main".to_owned()),
        commit: Some(HASH.to_owned()),
        triggered_by: Some("api_token:t".to_owned()),
        created_at: Some(now() - Duration::from_secs(seconds)),
        ..Listed::default()
    }
}

fn page(builds: Vec<Listed>) -> Page {
    Page { builds, more: More::End, date: Some(now()), came: Instant::now() }
}

fn sent(page: &Page) -> Sent {
    Sent { instant: page.came - AGO, clock: now() - AGO }
}

fn overrides(branch: &str, commit: &str, changelist: &str) -> TriggerOverrides {
    let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    TriggerOverrides { branch: given(branch), commit: given(commit), changelist: given(changelist) }
}

fn judged(pages: Vec<Page>, overrides: &TriggerOverrides, own_branch: &OwnBranch) -> String {
    let (project, build_setting) = (id("p"), id("s"));
    let wanted = Wanted { project: &project, build_setting: &build_setting, overrides };
    let mut candidates = Candidates::new(wanted);
    for page in pages {
        let sent = sent(&page);
        candidates.add(page, sent);
    }
    match candidates.ours(own_branch) {
        Ok(Some(ours)) => ours.build.to_string(),
        Ok(None) => "none".to_owned(),
        Err(ambiguity) => ambiguity.to_string(),
    }
}

/// The result of one complete page without overrides.
fn of(builds: Vec<Listed>) -> String {
    judged(vec![page(builds)], &TriggerOverrides::default(), &OwnBranch::Is("main".to_owned()))
}

#[test]
fn the_only_matching_build_since_the_request_is_ours() {
    assert_eq!(of(vec![]), "none");
    assert_eq!(of(vec![build("b1", 5)]), "b1");
    assert_eq!(of(vec![build("b1", 3600), build("b2", 5), build("b0", 86_400)]), "b2");
}

#[test]
fn any_differing_field_makes_it_another_build() {
    let changes: [(&str, Change); 9] = [
        ("project", |build| build.project = Some(id("other"))),
        ("setting", |build| build.build_setting = Some(id("other"))),
        ("user", |build| build.triggered_by = Some("user:u".to_owned())),
        ("push", |build| build.triggered_by = Some(format!("push:{HASH}"))),
        ("cron", |build| build.triggered_by = Some("cron".to_owned())),
        ("branch", |build| build.branch = Some("next".to_owned())),
        ("commit", |build| build.commit = Some(HASH.replace('9', "8"))),
        ("just older", |build| {
            build.created_at = Some(now() - AGO - DRIFT - Duration::from_millis(1));
        }),
        ("older", |build| build.created_at = Some(now() - HOUR)),
    ];
    let overrides = overrides("main", HASH, "");
    for (name, change) in changes {
        let mut other = build("b1", 5);
        change(&mut other);
        let alone = judged(vec![page(vec![other.clone()])], &overrides, &OwnBranch::Unknown);
        assert_eq!(alone, "none", "{name}");
        let both = vec![page(vec![other, build("b2", 5)])];
        assert_eq!(judged(both, &overrides, &OwnBranch::Unknown), "b2", "{name}");
    }
}

#[test]
fn a_missing_field_is_ambiguous_unless_another_field_differs() {
    let changes: [(Change, &str); 5] = [
        (|build| build.id = None, "a build may belong to this trigger: it has no id"),
        (
            |build| build.created_at = None,
            "build b1 may belong to this trigger: its creation time is unknown",
        ),
        (
            |build| build.triggered_by = None,
            "build b1 may belong to this trigger: it is unknown who triggered it",
        ),
        (
            |build| build.triggered_by = Some("webhook:7".to_owned()),
            "build b1 may belong to this trigger: it is unknown who triggered it",
        ),
        (
            |build| *build = Listed::default(),
            "a build may belong to this trigger: its creation time is unknown",
        ),
    ];
    for (change, open) in changes {
        let mut odd = build("b1", 5);
        change(&mut odd);
        assert_eq!(of(vec![odd.clone()]), open);
        assert_eq!(of(vec![odd.clone(), build("b2", 5)]), open, "there may be two");
        odd.branch = Some("next".to_owned());
        assert_eq!(of(vec![odd.clone()]), "none");
        assert_eq!(of(vec![odd, build("b2", 5)]), "b2");
    }
    let mut bare = build("b1", 5);
    (bare.project, bare.build_setting) = (None, None);
    assert_eq!(of(vec![bare]), "b1");
}

#[test]
fn a_build_without_branch_or_commit_is_not_selected() {
    let branch = "build b1 may belong to this trigger: its branch is not known yet";
    let commit = "build b1 may belong to this trigger: its commit is not known yet";
    let unread =
        "build b1 may belong to this trigger: the branch of the build setting could not be read";
    let main = || OwnBranch::Is("main".to_owned());
    for (overrides, own_branch, without_branch, without_commit) in [
        (overrides("main", "", ""), OwnBranch::Unknown, branch, "b1"),
        (overrides("", HASH, ""), main(), branch, commit),
        (overrides("", "", "7"), OwnBranch::None, "b1", commit),
        (overrides("", "", ""), OwnBranch::None, "b1", "b1"),
        (overrides("", "", ""), main(), branch, "b1"),
        (overrides("", "", ""), OwnBranch::Unknown, unread, unread),
    ] {
        let judged = |build| judged(vec![page(vec![build])], &overrides, &own_branch);
        let bare = Listed { branch: None, ..build("b1", 5) };
        assert_eq!(judged(bare), without_branch, "{overrides:?} {own_branch:?}");
        let bare = Listed { commit: None, ..build("b1", 5) };
        assert_eq!(judged(bare), without_commit, "{overrides:?} {own_branch:?}");
    }
}

#[test]
fn two_matching_builds_are_both_named_and_duplicates_count_once() {
    let two = of(vec![build("b1", 5), build("b2", 3)]);
    assert_eq!(two, "2 matching builds have been queued since: b1, b2");
    assert_eq!(of(vec![build("b1", 5), build("b1", 5)]), "b1");
}

#[test]
fn of_many_matching_builds_some_are_named_and_all_are_counted_quickly() {
    let builds = || (0..1000).map(|n| build(&format!("{n:0128}"), 5)).collect();
    let pages = (0..20).map(|_| page(builds())).collect();
    let text = judged(pages, &TriggerOverrides::default(), &OwnBranch::None);
    assert!(text.starts_with("1000 matching builds have been queued since: 000"), "{text}");
    assert!(text.ends_with("0004 and 995 more"), "{text}");
}

#[test]
fn overrides_are_compared_as_far_as_they_can_be() {
    for (branch, commit, changelist, built, fits) in [
        ("", "", "", "anything", true),
        ("main", "", "", HASH, true),
        ("refs/heads/main", "", "", HASH, true),
        ("next", "", "", HASH, false),
        ("", "9f3c2b7", "", HASH, true),
        ("", &HASH.to_uppercase(), "", HASH, true),
        ("", HASH, "", "9f3c2b7a1", true),
        ("", HASH, "", "9f3c2b", true),
        ("", "9f3c2b8", "", HASH, false),
        ("", HASH, "", "1e5d486", false),
        ("", "v1.2", "", HASH, true),
        ("", "", "12345", "12345", true),
        ("", "", "12345", "12346", false),
        ("", "", "12345", HASH, true),
        ("", HASH, "12345", HASH, true),
        ("", "9f3c2b8", "12345", HASH, false),
    ] {
        let listed = Listed { commit: Some(built.to_owned()), ..build("b1", 5) };
        let overrides = overrides(branch, commit, changelist);
        let own_branch = OwnBranch::Is("main".to_owned());
        let judged = judged(vec![page(vec![listed])], &overrides, &own_branch);
        assert_eq!(judged, if fits { "b1" } else { "none" }, "{overrides:?} {built}");
    }
}

#[test]
fn without_an_override_the_build_settings_own_branch_counts() {
    for (own_branch, expected) in [
        (OwnBranch::Is("main".to_owned()), "b1"),
        (OwnBranch::Is("next".to_owned()), "none"),
        (OwnBranch::None, "b1"),
        (
            OwnBranch::Unknown,
            "build b1 may belong to this trigger: the branch of the build setting could not be read",
        ),
    ] {
        let pages = vec![page(vec![build("b1", 5)])];
        assert_eq!(judged(pages, &TriggerOverrides::default(), &own_branch), expected);
    }
}

const CLOSE: &str = "build b1 may belong to this trigger: the clocks do not show whether it is older than the trigger";

/// The result for a build created so many milliseconds before the list arrived. `created` and
/// `date` are the errors of the two clocks of the service.
fn by_clocks(created: SystemTime, date: Option<SystemTime>, millis: u64) -> String {
    let created_at = Some(created - Duration::from_millis(millis));
    let builds = vec![Listed { created_at, ..build("b1", 0) }];
    let pages = vec![Page { date, ..page(builds) }];
    judged(pages, &TriggerOverrides::default(), &OwnBranch::Is("main".to_owned()))
}

#[test]
fn the_clock_of_the_service_may_be_wrong_as_long_as_it_is_one_clock() {
    for wrong in [now() - HOUR, now(), now() + HOUR] {
        for (millis, expected) in [
            (5000, "b1"),
            (10_000, "b1"),
            (10_001, CLOSE),
            (14_000, CLOSE),
            (70_000, CLOSE),
            (70_001, "none"),
            (4_000_000, "none"),
        ] {
            assert_eq!(by_clocks(wrong, Some(wrong), millis), expected, "{millis}");
        }
    }
}

#[test]
fn a_date_in_whole_seconds_never_makes_our_build_seem_older_than_the_trigger() {
    for within in [0, 1, 500, 999] {
        // Created a millisecond after the request.
        let clock = now() + Duration::from_millis(within);
        assert_eq!(by_clocks(clock, Some(now()), 9999), "b1", "{within}");
        // A build that existed a second before the request is never ours.
        assert_eq!(by_clocks(clock, Some(now()), 11_000), CLOSE, "{within}");
    }
}

#[test]
fn drifting_clocks_of_the_service_are_ambiguous() {
    for behind in [1, 5, 30, 59] {
        let clock = now() - Duration::from_secs(behind);
        assert_eq!(by_clocks(clock, Some(now()), 9900), CLOSE, "{behind}");
    }
}

#[test]
fn without_a_service_clock_only_large_time_differences_count() {
    for (millis, expected) in
        [(5000, CLOSE), (14_000, CLOSE), (300_000, CLOSE), (310_000, CLOSE), (310_001, "none")]
    {
        assert_eq!(by_clocks(now(), None, millis), expected, "{millis}");
    }
    let ahead = now() + SKEW;
    assert_eq!(by_clocks(ahead, None, 10_000), "b1");
    assert_eq!(by_clocks(ahead, None, 10_001), CLOSE);
}

#[test]
fn ids_decide_if_the_clocks_do_not() {
    assert_eq!(of(vec![build("b1", 30), build("b2", 3600)]), "none");
    assert_eq!(of(vec![build("b1", 30), build("b2", 3600), build("b3", 5)]), "b3");
    assert_eq!(of(vec![build("b1", 30), build("b0", 3600)]), CLOSE);
}

#[test]
fn ids_date_builds_without_a_date() {
    let undated = |name| Listed { created_at: None, ..build(name, 5) };
    assert_eq!(of(vec![undated("b1"), build("b2", 3600)]), "none");
    assert_eq!(of(vec![undated("b1"), build("b2", 3600), build("b3", 5)]), "b3");
    assert!(of(vec![undated("b3"), build("b2", 3600)]).starts_with("build b3 may be"));
    assert!(of(vec![undated("b"), build("b2", 3600)]).starts_with("build b may be"));
}

#[test]
fn only_a_list_that_reaches_back_before_the_request_proves_that_there_is_none() {
    let open = "the list of builds does not show all builds queued since";
    let falling = |count: u64| (0..count).map(|n| build(&format!("b{n}"), 3600 + n)).collect();
    let rising = |count: u64| (0..count).map(|n| build(&format!("b{n}"), 7200 - n)).collect();
    let cursor = || More::Cursor("next".to_owned());
    for (builds, more, expected) in [
        (falling(3), More::End, "none"),
        (falling(3), cursor(), open),
        (falling(100), cursor(), "none"),
        (rising(100), cursor(), open),
        (rising(100), More::End, "none"),
        (falling(24), More::Unknown, "none"),
        (rising(24), More::Unknown, "none"),
        (falling(100), More::Unknown, "none"),
        (rising(25), More::Unknown, open),
        (vec![], More::Unknown, "none"),
        (vec![], cursor(), open),
    ] {
        let judged = |builds: Vec<Listed>| {
            let pages = vec![Page { more: more.clone(), ..page(builds) }];
            judged(pages, &TriggerOverrides::default(), &OwnBranch::Is("main".to_owned()))
        };
        assert_eq!(judged(builds.clone()), expected, "{} {more:?}", builds.len());
        let mut undated: Vec<Listed> = builds;
        if more != More::End && expected == "none" && undated.len() > 24 {
            undated[7].created_at = None;
            undated[7].branch = Some("next".to_owned());
            assert_eq!(judged(undated), open);
        }
    }
}

#[test]
fn pages_are_read_until_the_rest_cannot_matter() {
    let (project, build_setting) = (id("p"), id("s"));
    let overrides = TriggerOverrides::default();
    let wanted = Wanted { project: &project, build_setting: &build_setting, overrides: &overrides };
    let mut candidates = Candidates::new(wanted);
    let mut next = |seconds: std::ops::Range<u64>| {
        let builds = seconds.map(|n| build(&format!("b{n:04}"), n)).collect();
        let page = Page { more: More::Cursor("c".to_owned()), ..page(builds) };
        let sent = sent(&page);
        candidates.add(page, sent)
    };
    assert_eq!(next(0..12).as_deref(), Some("c"), "all of them are ours so far");
    assert_eq!(next(12..70).as_deref(), Some("c"), "none of them is clearly older");
    assert_eq!(next(70..72), None);
}

proptest! {
    /// For any list: our build is never overlooked, and a build that is certainly not ours is never
    /// selected.
    #[test]
    fn no_list_leads_to_a_wrong_build(
        ours in 0_usize..3,
        place in 0_usize..40,
        others in proptest::collection::vec((0_u8..6, 0_u64..100_000), 0..40),
        more in prop_oneof![Just(More::End), Just(More::Unknown), Just(More::Cursor("c".to_owned()))],
        dated: bool,
    ) {
        let mut builds: Vec<_> = others.iter().enumerate().map(|(n, (kind, seconds))| {
            let mut other = build(&format!("x{n}"), *seconds);
            match kind {
                0 => other.branch = Some("next".to_owned()),
                1 => other.triggered_by = Some("cron".to_owned()),
                2 => other.created_at = Some(now() - HOUR * 2),
                3 => other = Listed { triggered_by: Some("user:u".to_owned()), ..Listed::default() },
                4 => other.created_at = None,
                _ => other = Listed::default(),
            }
            other
        }).collect();
        let certain = others.iter().all(|(kind, _)| *kind < 4);
        for n in 0..ours {
            builds.insert(place.min(builds.len()), build(&format!("ours{n}"), 5));
        }
        let pages = vec![Page { more, date: Some(now()).filter(|_| dated), ..page(builds) }];
        let judged = judged(pages, &TriggerOverrides::default(), &OwnBranch::Is("main".to_owned()));
        match (ours, judged.as_str()) {
            (0, "none") | (1, "ours0") => {}
            (_, "none") => prop_assert!(false, "overlooked"),
            (_, name) if name.starts_with('x') || name.starts_with("ours") => {
                prop_assert!(false, "{} taken for ours", name);
            }
            (_, open) => {
                let clocks = !dated && open.contains("the clocks do not show");
                let short = open.contains("does not show all");
                prop_assert!(ours > 1 || !certain || clocks || short);
            }
        }
    }
}

#[test]
fn a_build_with_a_very_long_branch_is_another_one_unless_that_branch_is_wanted() {
    let long = "x".repeat(LONGEST_BRANCH_BYTES + 1);
    let listed = Listed { branch: Some(long.clone()), ..build("b1", 5) };
    assert_eq!(of(vec![listed.clone()]), "none");
    let judged = judged(vec![page(vec![listed])], &overrides(&long, "", ""), &OwnBranch::Unknown);
    assert_eq!(judged, "b1");
}
