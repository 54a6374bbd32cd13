//! Takes what is learnt, makes it safe, counts it and shows it. Behind this no text is foreign.

use std::path::Path;

use crate::checkout::Checkout;
use crate::checkout::placing::Placing;
use crate::model::{Event, Facts, Id, LogLine, Notice, Progress, Status};
use crate::reader::Pipeline;
use crate::render::Renderer;
use crate::report::{BuildReport, Outcome, Verdict};
use crate::text::Cleaner;
use crate::writer::Output;

/// Stands in `build.log` before a line that came too late for its place. On stdout a notice says so.
const LATE_MARK: &str = "(late) ";

/// The facts of the build, and the views that show them.
pub(crate) struct Reporter {
    cleaner: Cleaner,
    pipeline: Pipeline,
    /// Findings may wait here for the checkout; nothing more is to be learnt meanwhile.
    pub(crate) placing: Placing,
    report: BuildReport,
    renderer: Renderer,
    /// The view that shows everything.
    pub(crate) stdout: Output,
    /// The file with all of the log, if there is one.
    pub(crate) log: Option<Output>,
}

impl Reporter {
    pub(crate) fn new(
        cleaner: Cleaner,
        source_root: Option<&str>,
        checkout: Checkout,
        report: BuildReport,
        renderer: Renderer,
        stdout: Output,
        log: Option<Output>,
    ) -> Self {
        let pipeline = Pipeline::new(cleaner.clone(), source_root);
        let placing = Placing::new(checkout, source_root, cleaner.clone());
        Self { cleaner, pipeline, placing, report, renderer, stdout, log }
    }

    /// The report that counts everything.
    pub(crate) fn report(&self) -> &BuildReport {
        &self.report
    }

    /// How far the build is within its phase, as far as its log has shown.
    pub(crate) fn progress(&self) -> Option<Progress> {
        self.pipeline.progress()
    }

    pub(crate) fn begin(&mut self, secrets: &[&str], warnings: &[String]) {
        self.renderer.begin(secrets, self.stdout.batch());
        for warning in warnings {
            self.notice(Notice::warn(warning));
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

    pub(crate) fn build_is_known(&mut self, is_ours: bool) {
        if let Some(build) = &self.report.build {
            let did = if is_ours { "triggered" } else { "following" };
            self.notice(Notice::info(format!("{did} build {build}")));
        }
    }

    /// The next line of the build log.
    pub(crate) fn line(&mut self, line: &LogLine) {
        self.read(line, false);
    }

    /// A line of the build log that came too late for its place. It counts like the others.
    pub(crate) fn late_line(&mut self, line: &LogLine) {
        self.read(line, true);
    }

    fn read(&mut self, line: &LogLine, is_late: bool) {
        let (pipeline, placing, mut screen) = self.split();
        screen.is_late = is_late;
        let mut pass = |event| placing.pass(event, &mut |event| screen.show(event));
        match is_late {
            false => pipeline.feed(line, &mut pass),
            true => pipeline.feed_late(line, &mut pass),
        }
        if pipeline.has_findings() {
            placing.begin(&mut |event| screen.show(event));
        }
    }

    /// Shows what has waited for the checkout.
    pub(crate) fn release(&mut self) {
        let (_, placing, mut screen) = self.split();
        placing.release(&mut |event| screen.show(event));
    }

    /// True if the CI has a status line.
    pub(crate) fn has_status_line(&self) -> bool {
        self.renderer.has_status_line()
    }

    /// Shows this status line until the next one.
    pub(crate) fn status_line(&mut self, text: &str) {
        self.renderer.status_line(text, self.stdout.batch());
    }

    /// True if something waits to be written to stdout.
    pub(crate) fn is_waiting(&self) -> bool {
        !self.stdout.is_empty()
    }

    /// Hands over to stdout what is rendered, if there is room, with the status line below it. Whether
    /// there was room.
    pub(crate) fn write_to_stdout(&mut self) -> bool {
        let has_room = self.stdout.has_room();
        if has_room {
            self.renderer.redraw_status_line(self.stdout.batch());
            self.stdout.hand_over();
        }
        has_room
    }

    pub(crate) fn status(&mut self, status: Status) {
        let status = self.safe(status);
        self.show(Event::Status(status));
    }

    pub(crate) fn notice(&mut self, Notice { level, text }: Notice) {
        let text = self.sentence(&text);
        self.show(Event::Notice(Notice { level, text }));
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
            deploy_status: safe(facts.deploy_status),
            ..facts
        };
        self.report.add_facts(facts);
    }

    /// Sets the outputs, where the CI reads them from the log.
    pub(crate) fn outputs(&mut self, outputs: &[(&str, String)]) {
        self.renderer.outputs(outputs, self.stdout.batch());
    }

    /// Nothing more will be learnt: shows the events that are still held. It may wait for the checkout, unless a
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
        self.renderer.conclude(&self.report, &verdict, self.stdout.batch());
        verdict
    }

    /// Names the file with the summary, on a CI that has a command for it.
    pub(crate) fn summary_file(&mut self, path: &Path) {
        self.renderer.summary_file(&path.display().to_string(), self.stdout.batch());
    }

    fn show(&mut self, event: Event) {
        let (_, placing, mut screen) = self.split();
        placing.pass(event, &mut |event| screen.show(event));
    }

    fn split(&mut self) -> (&mut Pipeline, &mut Placing, Screen<'_>) {
        let Self { pipeline, placing, report, renderer, stdout, log, .. } = self;
        (pipeline, placing, Screen { report, renderer, stdout, log, is_late: false })
    }

    /// A whole sentence of ours with foreign words in it, on one line.
    fn sentence(&self, text: &str) -> String {
        self.cleaner.message(text).replace('\n', " ")
    }

    fn safe(&self, status: Status) -> Status {
        match status {
            Status::Other(word) => Status::Other(self.cleaner.title(&word)),
            Status::OtherEnd(word) => Status::OtherEnd(self.cleaner.title(&word)),
            known => known,
        }
    }
}

/// Counts and shows events.
struct Screen<'r> {
    report: &'r mut BuildReport,
    renderer: &'r mut Renderer,
    stdout: &'r mut Output,
    log: &'r mut Option<Output>,
    /// True if the line came too late for its place.
    is_late: bool,
}

impl Screen<'_> {
    fn show(&mut self, event: Event) {
        if let (Event::Line { text, .. }, Some(log)) = (&event, self.log.as_mut()) {
            match self.is_late {
                false => log.push_line(text),
                true => log.push_line(&format!("{LATE_MARK}{text}")),
            }
        }
        self.report.observe(&event);
        self.renderer.event(&event, self.report, self.stdout.batch());
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::time::SystemTime;

    use super::*;
    use crate::ci::tests::named;
    use crate::config::Env;
    use crate::model::Level;
    use crate::render::RenderOptions;
    use crate::text::Style;
    use crate::writer::Overflow;

    fn reporter() -> Reporter {
        let cleaner = Cleaner::new(&[], Style::default());
        let dialect = named("plain")
            .open(&Env::default(), false, &Checkout::none(), || SystemTime::UNIX_EPOCH);
        let options = RenderOptions { log_level: Some(Level::Info), ..RenderOptions::default() };
        let output = || Output::start(io::sink(), Overflow::Wait);
        let (renderer, report) = (Renderer::new(dialect, options), BuildReport::default());
        Reporter::new(cleaner, None, Checkout::none(), report, renderer, output(), Some(output()))
    }

    fn line(text: &str) -> LogLine {
        LogLine { timestamp: None, level: Level::Info, message: text.to_owned() }
    }

    #[test]
    fn a_late_line_is_marked_in_build_log_and_counts_in_the_outputs() {
        let mut reporter = reporter();
        reporter.line(&line("in its place"));
        reporter.late_line(&line("Drill.cpp(42): error C2065: 'Bit': undeclared identifier"));
        let late = "Drill.cpp(42): error C2065: 'Bit': undeclared identifier\n";
        let shown = format!("in its place\n{late}");
        assert_eq!(String::from_utf8_lossy(reporter.stdout.batch()), shown);
        let kept = format!("in its place\n(late) {late}");
        assert_eq!(String::from_utf8_lossy(reporter.log.as_mut().unwrap().batch()), kept);
        reporter.settle(&Outcome::Failure);
        assert_eq!((reporter.report().lines, reporter.report().errors), (2, 1));
        let outputs = reporter.report().outputs(None);
        assert!(outputs.contains(&("error-count", "1".to_owned())), "{outputs:?}");
        let first = outputs.iter().find(|(name, _)| *name == "first-error").unwrap();
        assert_eq!(first.1, "Drill.cpp:42: C2065: 'Bit': undeclared identifier");
    }
}
