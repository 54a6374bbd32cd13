//! Takes what is learnt, makes it safe, counts it and shows it. Behind this no text is foreign.

use std::path::Path;

use crate::causes::one_line;
use crate::event::{Event, Facts, Id, Level, LogLine, Status};
use crate::log::Pipeline;
use crate::log::progress::Progress;
use crate::log::text::Cleaner;
use crate::outcome::{Outcome, Report, Verdict};
use crate::platform::PublishProblem;
use crate::render::Renderer;
use crate::worktree::Worktree;

/// What is known of the build, and where it is shown.
pub(crate) struct Reporter {
    cleaner: Cleaner,
    pipeline: Pipeline,
    report: Report,
    renderer: Renderer,
    /// Rendered, and waiting to be written.
    pub(crate) out: Vec<u8>,
    /// The same for the file that holds all of the log, where one is kept.
    pub(crate) log: Option<Vec<u8>>,
}

impl Reporter {
    pub(crate) fn new(
        cleaner: Cleaner,
        source_root: Option<&str>,
        worktree: Worktree,
        report: Report,
        renderer: Renderer,
        keeps_log: bool,
    ) -> Self {
        let pipeline = Pipeline::new(cleaner.clone(), source_root, worktree);
        let log = keeps_log.then(Vec::new);
        Self { cleaner, pipeline, report, renderer, out: Vec::new(), log }
    }

    /// What everything counts into.
    pub(crate) fn report(&self) -> &Report {
        &self.report
    }

    /// How far the build is within its phase, as far as it has told.
    pub(crate) fn progress(&self) -> Option<Progress> {
        self.pipeline.progress()
    }

    pub(crate) fn begin(&mut self, secrets: &[&str], warnings: &[String]) {
        self.renderer.begin(secrets, &mut self.out);
        for warning in warnings {
            self.notice(Level::Warn, warning);
        }
    }

    /// A build was triggered. Its status is not shown: following the build will.
    pub(crate) fn triggered(&mut self, build: Id, status: Status) {
        self.report.build = Some(build);
        let status = self.safe(status);
        self.report.observe(&Event::Status(status));
    }

    /// It is certain that there is no build.
    pub(crate) fn nothing_was_triggered(&mut self) {
        self.report.untriggered = true;
    }

    pub(crate) fn build_is_known(&mut self) {
        if let Some(build) = &self.report.build {
            self.notice(Level::Info, &format!("this is build {build}"));
        }
    }

    pub(crate) fn line(&mut self, line: &LogLine) {
        self.pipeline.feed(line, &mut |event| {
            if let (Event::Line { text, .. }, Some(log)) = (&event, &mut self.log) {
                log.extend_from_slice(text.as_bytes());
                log.push(b'\n');
            }
            self.report.observe(&event);
            self.renderer.event(&event, &self.report, &mut self.out);
        });
    }

    /// Whether a last line may change after it was shown.
    pub(crate) fn is_live(&self) -> bool {
        self.renderer.is_live()
    }

    /// Shows a last line that gives way to whatever comes next.
    pub(crate) fn live(&mut self, text: &str) {
        self.renderer.live(text, &mut self.out);
    }

    /// Shows the last line again below what has come meanwhile.
    pub(crate) fn redraw(&mut self) {
        self.renderer.redraw(&mut self.out);
    }

    pub(crate) fn status(&mut self, status: Status) {
        let status = self.safe(status);
        self.show(&Event::Status(status));
    }

    pub(crate) fn notice(&mut self, level: Level, text: &str) {
        let text = self.sentence(text);
        self.show(&Event::Notice { level, text });
    }

    pub(crate) fn learn(&mut self, facts: Facts) {
        let safe = |text: Option<String>| text.map(|text| self.sentence(&text));
        let facts = Facts {
            status: facts.status.map(|status| self.safe(status)),
            platform: safe(facts.platform),
            build_type: safe(facts.build_type),
            branch: safe(facts.branch),
            commit: safe(facts.commit),
            ue_version: safe(facts.ue_version),
            ..facts
        };
        self.report.learn(facts);
    }

    /// Hands outputs over that platforms take from what is printed.
    pub(crate) fn outputs(&mut self, outputs: &[(&str, String)]) {
        self.renderer.outputs(outputs, &mut self.out);
    }

    /// Nothing more will be learnt: tells what is still held.
    pub(crate) fn settle(&mut self, outcome: &Outcome) {
        let has_ended = self.report.has_ended();
        if matches!(outcome, Outcome::Interrupted(_)) {
            self.pipeline.hurry();
        }
        let mut show = |event| {
            self.report.observe(&event);
            self.renderer.event(&event, &self.report, &mut self.out);
        };
        self.pipeline.settle(&mut show);
        // A build that runs on is still in its phase.
        if has_ended {
            self.pipeline.finish(&mut show);
        }
    }

    /// Shows the end, and returns how it was put.
    pub(crate) fn conclude(&mut self, outcome: &Outcome) -> Verdict {
        let verdict = Verdict::new(&self.report, outcome).cleaned(|text| self.sentence(text));
        self.renderer.conclude(&self.report, &verdict, &mut self.out);
        verdict
    }

    /// Tells the platform where the summary is, if it must be told.
    pub(crate) fn summary_file(&mut self, path: &Path) {
        self.renderer.summary_file(&path.display().to_string(), &mut self.out);
    }

    /// Tells what could not be published.
    pub(crate) fn problems(&mut self, problems: &[PublishProblem]) {
        for problem in problems {
            let level = if problem.is_failure() { Level::Error } else { Level::Warn };
            self.notice(level, &one_line(problem));
        }
    }

    fn show(&mut self, event: &Event) {
        self.report.observe(event);
        self.renderer.event(event, &self.report, &mut self.out);
    }

    /// A whole sentence of ours with foreign words in it, on one line.
    fn sentence(&self, text: &str) -> String {
        self.cleaner.message(text).replace('\n', " ")
    }

    fn safe(&self, status: Status) -> Status {
        match status {
            Status::Other(word) => Status::Other(self.cleaner.title(&word)),
            known => known,
        }
    }
}
