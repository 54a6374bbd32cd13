//! Takes what is learnt, makes it safe, counts it and shows it. Behind this no text is foreign.

use std::path::Path;

use crate::causes::one_line;
use crate::checkout::{Checkout, Placing};
use crate::event::{Event, Facts, Id, Level, LogLine, Status};
use crate::log::Pipeline;
use crate::log::progress::Progress;
use crate::log::text::Cleaner;
use crate::outcome::{Outcome, Report, Verdict};
use crate::platform::PublishProblem;
use crate::render::Renderer;

/// What is known of the build, and where it is shown.
pub(crate) struct Reporter {
    cleaner: Cleaner,
    pipeline: Pipeline,
    /// Findings may wait here for the checkout; nothing more is to be learnt meanwhile.
    pub(crate) placing: Placing,
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
        checkout: Checkout,
        report: Report,
        renderer: Renderer,
        keeps_log: bool,
    ) -> Self {
        let pipeline = Pipeline::new(cleaner.clone(), source_root);
        let placing = Placing::new(checkout, source_root, cleaner.clone());
        let log = keeps_log.then(Vec::new);
        Self { cleaner, pipeline, placing, report, renderer, out: Vec::new(), log }
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
        let (pipeline, placing, mut screen) = self.split();
        pipeline.feed(line, &mut |event| placing.pass(event, &mut |event| screen.show(event)));
        if pipeline.has_findings() {
            placing.begin(&mut |event| screen.show(event));
        }
    }

    /// Shows what has waited for the checkout.
    pub(crate) fn release(&mut self) {
        let (_, placing, mut screen) = self.split();
        placing.release(&mut |event| screen.show(event));
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
        self.show(Event::Status(status));
    }

    pub(crate) fn notice(&mut self, level: Level, text: &str) {
        let text = self.sentence(text);
        self.show(Event::Notice { level, text });
    }

    pub(crate) fn learn(&mut self, facts: Facts) {
        // An older status may be among what waits.
        self.release();
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

    /// Nothing more will be learnt: tells what is still held. It may wait for the checkout, unless a
    /// signal ended the step.
    pub(crate) fn settle(&mut self, outcome: &Outcome) {
        let has_ended = self.report.has_ended();
        let (pipeline, placing, mut screen) = self.split();
        if matches!(outcome, Outcome::Interrupted(_)) {
            placing.hurry(&mut |event| screen.show(event));
        }
        let mut pass = |event| placing.pass(event, &mut |event| screen.show(event));
        pipeline.settle(&mut pass);
        // A build that runs on is still in its phase.
        if has_ended {
            pipeline.finish(&mut pass);
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

    fn show(&mut self, event: Event) {
        let (_, placing, mut screen) = self.split();
        placing.pass(event, &mut |event| screen.show(event));
    }

    fn split(&mut self) -> (&mut Pipeline, &mut Placing, Screen<'_>) {
        let Self { pipeline, placing, report, renderer, out, log, .. } = self;
        (pipeline, placing, Screen { report, renderer, out, log })
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

/// Where events are counted and shown.
struct Screen<'r> {
    report: &'r mut Report,
    renderer: &'r mut Renderer,
    out: &'r mut Vec<u8>,
    log: &'r mut Option<Vec<u8>>,
}

impl Screen<'_> {
    fn show(&mut self, event: Event) {
        if let (Event::Line { text, .. }, Some(log)) = (&event, self.log.as_mut()) {
            log.extend_from_slice(text.as_bytes());
            log.push(b'\n');
        }
        self.report.observe(&event);
        self.renderer.event(&event, self.report, self.out);
    }
}
