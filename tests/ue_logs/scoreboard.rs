//! The score of the reader: annotations that were found, that are missing, and errors that nobody expects.

use buildpixel_ci::model::Finding;

use crate::annotations::Annotation;
use crate::reading::{is_root, roots};

/// The score of one log, or the sum of several.
#[derive(Debug, Default)]
pub(crate) struct Score {
    pub(crate) expected: usize,
    /// Found with place, code, severity and essence.
    pub(crate) wholly: usize,
    /// Found, but for one of these.
    pub(crate) nearly: usize,
    /// The number of hints that are missing.
    unhinted: usize,
    /// The differences and the missing annotations, in words.
    missing: Vec<String>,
    /// Errors inside the sessions of RunUAT that nobody asks for.
    pub(crate) unexpected: Vec<String>,
    /// The same, outside of them: what the editor says before and after.
    pub(crate) around: Vec<String>,
}

impl Score {
    /// `inside`: what is found in the sessions that were cut out of the log; a log without any is all inside.
    pub(crate) fn of(annotations: &[Annotation], findings: &[Finding], inside: &[Finding]) -> Self {
        let mut score = Self { expected: annotations.len(), ..Self::default() };
        let has_root = !roots(findings).is_empty();
        let mut taken = vec![false; findings.len()];
        for annotation in annotations {
            let candidates = findings.iter().enumerate().filter(|(index, _)| !taken[*index]);
            let nearest = candidates
                .map(|(index, finding)| {
                    let mut differences = annotation.differences(finding);
                    // Nobody sees a follow-up where there is a root.
                    differences.extend((has_root && finding.is_follow_up()).then_some("hidden"));
                    let unhinted = differences.contains(&"hint");
                    differences.retain(|what| *what != "hint");
                    (differences, unhinted, index)
                })
                .min_by_key(|(differences, ..)| differences.len());
            if let Some(index) = score.count(annotation, findings, nearest) {
                taken[index] = true;
            }
        }
        let is_inside = |finding: &Finding| {
            inside.is_empty()
                || roots(inside)
                    .iter()
                    .any(|other| (&other.code, &other.message) == (&finding.code, &finding.message))
        };
        for (finding, _) in
            findings.iter().zip(&taken).filter(|(finding, taken)| is_root(finding) && !**taken)
        {
            let list = if is_inside(finding) { &mut score.unexpected } else { &mut score.around };
            list.push(describe(finding));
        }
        score
    }

    /// The index of the finding that is the annotation, if the nearest is near enough.
    fn count(
        &mut self,
        annotation: &Annotation,
        findings: &[Finding],
        nearest: Option<(Vec<&str>, bool, usize)>,
    ) -> Option<usize> {
        let row = &annotation.row;
        let Some((differences, unhinted, index)) = nearest else {
            self.missing.push(format!("MISSING   {row}"));
            return None;
        };
        let nearest = describe(&findings[index]);
        match differences.as_slice() {
            [] => self.wholly += 1,
            [one] if *one != "message" => {
                self.nearly += 1;
                self.missing.push(format!("DIFFERENT {row}\n      {one} of {nearest}"));
            }
            several => {
                self.missing.push(format!("MISSING   {row}\n      {several:?} of {nearest}"));
                return None;
            }
        }
        if unhinted {
            self.unhinted += 1;
            self.missing.push(format!("NO HINT   {row}"));
        }
        Some(index)
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.expected += other.expected;
        self.wholly += other.wholly;
        self.nearly += other.nearly;
        self.unhinted += other.unhinted;
        self.unexpected.extend_from_slice(&other.unexpected);
        self.around.extend_from_slice(&other.around);
    }

    pub(crate) fn print(&self, name: &str) {
        let Self { expected, wholly, nearly, unhinted, missing, unexpected, around } = self;
        let (unexpected_count, around_count) = (unexpected.len(), around.len());
        let mut lines = vec![format!(
            "{name}: {wholly} of {expected} found, {nearly} nearly, {unhinted} without their hint; \
             {unexpected_count} unexpected errors, {around_count} around the builds"
        )];
        lines.extend_from_slice(missing);
        // The sum has the lines of all logs, which were printed with them.
        if !name.starts_with("==") {
            lines.extend(unexpected.iter().map(|error| format!("TOO MUCH  {error}")));
            lines.extend(around.iter().map(|error| format!("AROUND    {error}")));
        }
        println!("{}", lines.join("\n    "));
    }
}

/// One line: phase, place, code, the first of the message, hint, owner.
pub(crate) fn describe(finding: &Finding) -> String {
    let phase = finding.phase.map_or("-", |phase| phase.as_str());
    let place = finding.location.as_ref().map_or("-".to_owned(), |location| {
        let outside = if location.in_repository { "" } else { " (outside)" };
        format!("{location}{outside}")
    });
    let code = finding.code.as_deref().unwrap_or("-");
    let message: String =
        finding.message.lines().next().unwrap_or_default().chars().take(160).collect();
    let hint = finding.hint.as_deref().unwrap_or("-");
    let owner = finding.owner.map_or("-", |owner| owner.as_str());
    let repeats =
        if finding.repeats > 0 { format!(" (+{})", finding.repeats) } else { String::new() };
    format!("{phase} | {place} | {code} | {message}{repeats} | hint: {hint} | owner: {owner}")
}
