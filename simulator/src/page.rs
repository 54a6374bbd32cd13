//! The page on which a CI shows the output of a step: which lines are folded, hidden or red.

use crate::ci::Ci;

/// One row of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// How many groups it is in.
    pub depth: usize,
    /// Its look.
    pub looks: Looks,
    /// May have SGR sequences.
    pub text: String,
}

/// The look of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Looks {
    /// Text.
    Text,
    /// The title of a group whose lines cannot be seen.
    Folded,
    /// The title of a group whose lines can be seen.
    Unfolded,
    /// An error, usually red.
    Error,
    /// A warning, usually yellow.
    Warning,
    /// A notice, usually blue.
    Notice,
}

/// The meaning of one line of output to a CI.
enum Meaning {
    Open {
        title: String,
        is_folded: bool,
    },
    Close,
    /// Buildkite unfolds the group that it is in.
    Unfold,
    Mask(String),
    Shown(Vec<(Looks, String)>),
    Hidden,
}

/// A group that has begun.
#[derive(Debug)]
struct Group {
    /// The row of its title.
    title: usize,
    is_folded: bool,
}

/// A page that is filled line by line.
#[derive(Debug)]
pub struct Page {
    ci: Ci,
    rows: Vec<Row>,
    open: Vec<Group>,
    hidden: Vec<Row>,
    masks: Vec<String>,
}

impl Page {
    /// An empty page.
    pub fn new(ci: Ci) -> Self {
        Self { ci, rows: Vec::new(), open: Vec::new(), hidden: Vec::new(), masks: Vec::new() }
    }

    /// Adds a line of output, given without its line feed.
    pub fn line(&mut self, line: &str) {
        match understand(self.ci, line.trim_end_matches('\r')) {
            Meaning::Hidden => {}
            Meaning::Mask(secret) => self.masks.push(secret),
            Meaning::Open { title, is_folded } => {
                // Buildkite has headings: each ends the section before it.
                if self.ci == Ci::Buildkite {
                    self.end();
                }
                let looks = if is_folded { Looks::Folded } else { Looks::Unfolded };
                let title = self.row(looks, &title);
                self.open.push(Group { title: self.rows.len(), is_folded });
                self.rows.push(title);
            }
            Meaning::Close => {
                self.open.pop();
                self.hidden.clear();
            }
            Meaning::Unfold => {
                if let Some(group) = self.open.last_mut()
                    && let Some(title) = self.rows.get_mut(group.title)
                {
                    group.is_folded = false;
                    title.looks = Looks::Unfolded;
                    self.rows.append(&mut self.hidden);
                }
            }
            Meaning::Shown(lines) => {
                let rows =
                    lines.iter().map(|(looks, text)| self.row(*looks, text)).collect::<Vec<_>>();
                if self.open.iter().any(|group| group.is_folded) {
                    self.hidden.extend(rows);
                } else {
                    self.rows.extend(rows);
                }
            }
        }
    }

    /// Ends the output: no group is open any more.
    pub fn end(&mut self) {
        self.open.clear();
        self.hidden.clear();
    }

    /// All rows that can be seen.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// How many of the rows stay as they are, whatever comes: those above the first folded group that is open.
    pub fn settled(&self) -> usize {
        let folded = self.open.iter().find(|group| group.is_folded);
        folded.map_or(self.rows.len(), |group| group.title)
    }

    /// The rows of the folded group that is open.
    pub fn hidden(&self) -> &[Row] {
        &self.hidden
    }

    fn row(&self, looks: Looks, text: &str) -> Row {
        let mask = |text: String, secret: &String| text.replace(secret, "***");
        let text = self.masks.iter().fold(text.to_owned(), mask);
        Row { depth: self.open.len(), looks, text }
    }
}

fn understand(ci: Ci, line: &str) -> Meaning {
    let meaning = match ci {
        Ci::GitHub | Ci::Gitea | Ci::Forgejo => github(line),
        Ci::Act => act(line),
        Ci::GitLab => gitlab(line),
        Ci::Azure => azure(line),
        Ci::Buildkite => buildkite(line),
        Ci::TeamCity => teamcity(line),
        Ci::Travis => travis(line),
        Ci::CircleCi | Ci::Bitbucket | Ci::Jenkins | Ci::Plain | Ci::Terminal => None,
    };
    meaning.unwrap_or_else(|| Meaning::Shown(vec![(Looks::Text, line.to_owned())]))
}

fn folded(title: &str) -> Meaning {
    Meaning::Open { title: title.to_owned(), is_folded: true }
}

fn unfolded(title: &str) -> Meaning {
    Meaning::Open { title: title.to_owned(), is_folded: false }
}

/// All lines look the same.
fn shown(looks: Looks, text: &str) -> Meaning {
    Meaning::Shown(text.lines().map(|line| (looks, line.to_owned())).collect())
}

/// Only the first line is marked. The runners of GitHub and Azure write the mark once in front of the whole message,
/// and the page shows the other lines as those of the log.
fn marked(looks: Looks, text: &str) -> Meaning {
    let looks = std::iter::once(looks).chain(std::iter::repeat(Looks::Text));
    Meaning::Shown(looks.zip(text.lines().map(str::to_owned)).collect())
}

fn github(line: &str) -> Option<Meaning> {
    let (head, data) = line.strip_prefix("::")?.split_once("::")?;
    let (name, _) = head.split_once(' ').unwrap_or((head, ""));
    let text = data.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%");
    Some(match name {
        "group" => folded(&text),
        "endgroup" => Meaning::Close,
        "error" => marked(Looks::Error, &format!("Error: {text}")),
        "warning" => marked(Looks::Warning, &format!("Warning: {text}")),
        "notice" => marked(Looks::Notice, &format!("Notice: {text}")),
        "add-mask" if !text.trim().is_empty() => Meaning::Mask(text.trim().to_owned()),
        _ => Meaning::Hidden,
    })
}

/// Act shows commands as they are.
fn act(line: &str) -> Option<Meaning> {
    github(line).filter(|meaning| matches!(meaning, Meaning::Mask(_)))
}

fn gitlab(line: &str) -> Option<Meaning> {
    const ERASE: &str = "\r\x1b[0K";
    if line.contains("section_end:") {
        return Some(Meaning::Close);
    }
    let (_, section) = line.split_once("section_start:")?;
    let (name, title) = section.split_once(ERASE)?;
    Some(if name.contains("[collapsed=true]") { folded(title) } else { unfolded(title) })
}

fn azure(line: &str) -> Option<Meaning> {
    if let Some(title) = line.strip_prefix("##[group]") {
        return Some(folded(title));
    }
    if line == "##[endgroup]" {
        return Some(Meaning::Close);
    }
    let (command, message) = line.strip_prefix("##vso[")?.split_once(']')?;
    let undone = |text: &str| {
        let text = text.replace("%0A", "\n").replace("%0D", "\r").replace("%3B", ";");
        text.replace("%5D", "]").replace("%AZP25", "%")
    };
    if command == "task.setsecret" {
        return Some(Meaning::Mask(undone(message)));
    }
    let Some(properties) = command.strip_prefix("task.logissue ") else {
        return Some(Meaning::Hidden);
    };
    let property = |name: &str| {
        let mut all = properties.split(';').filter_map(|property| property.split_once('='));
        all.find(|(key, _)| *key == name).map(|(_, value)| undone(value))
    };
    let kind = property("type").unwrap_or_default();
    let place = property("sourcepath").map(|path| {
        let numbers = [property("linenumber"), property("columnnumber")];
        let numbers = numbers.into_iter().flatten().collect::<Vec<_>>().join(",");
        format!("{path}({numbers}): {kind} {}: ", property("code").unwrap_or_default())
    });
    let text = place.unwrap_or_default() + &undone(message);
    let looks = if kind == "error" { Looks::Error } else { Looks::Warning };
    Some(marked(looks, &text))
}

fn buildkite(line: &str) -> Option<Meaning> {
    if line == "^^^ +++" {
        return Some(Meaning::Unfold);
    }
    let (mark, title) = line.split_once(' ')?;
    match mark {
        "---" => Some(folded(title)),
        "+++" => Some(unfolded(title)),
        _ => None,
    }
}

fn teamcity(line: &str) -> Option<Meaning> {
    let (name, attributes) = line.strip_prefix("##teamcity[")?.split_once(' ')?;
    let attribute = |name: &str| {
        let (_, rest) = attributes.split_once(&format!("{name}='"))?;
        // A quote that is part of the value has a bar before it.
        let end = rest.replace("||", "\0\0").replace("|'", "\0\0").find('\'')?;
        let value = rest.get(..end)?.replace("|n", "\n").replace("|'", "'");
        Some(value.replace("|[", "[").replace("|]", "]").replace("||", "|"))
    };
    Some(match name {
        "blockOpened" => unfolded(&attribute("name")?),
        "blockClosed" => Meaning::Close,
        "message" if attributes.contains("status='ERROR'") => {
            shown(Looks::Error, &attribute("text")?)
        }
        "message" => shown(Looks::Warning, &attribute("text")?),
        "buildProblem" => shown(Looks::Error, &attribute("description")?),
        _ => Meaning::Hidden,
    })
}

fn travis(line: &str) -> Option<Meaning> {
    const ERASE: &str = "\r\x1b[0K";
    if line.contains("travis_fold:end:") {
        return Some(Meaning::Close);
    }
    let (_, title) = line.strip_prefix("travis_fold:start:")?.split_once(ERASE)?;
    Some(folded(title))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(ci: Ci, lines: &[&str]) -> Page {
        let mut page = Page::new(ci);
        lines.iter().for_each(|line| page.line(line));
        page
    }

    /// Each row as a mark for its looks, its indentation and its text.
    fn drawn(rows: &[Row]) -> Vec<String> {
        let row = |row: &Row| {
            let mark = match row.looks {
                Looks::Text => "",
                Looks::Folded => "▶ ",
                Looks::Unfolded => "▼ ",
                Looks::Error => "E ",
                Looks::Warning => "W ",
                Looks::Notice => "N ",
            };
            format!("{:1$}{mark}{2}", "", 2 * row.depth, row.text)
        };
        rows.iter().map(row).collect()
    }

    #[test]
    fn the_lines_of_a_folded_group_are_hidden_and_those_of_an_open_one_are_indented() {
        let github = page(Ci::GitHub, &["::group::Compile", "[1/2] a.cpp", "::endgroup::", "done"]);
        assert_eq!(drawn(github.rows()), ["▶ Compile", "done"]);
        let gitlab = page(
            Ci::GitLab,
            &[
                "\x1b[0Ksection_start:1700000000:ci-1-compile\r\x1b[0KCompile",
                "[1/2] a.cpp",
                "\x1b[0Ksection_end:1700000001:ci-1-compile\r\x1b[0K",
                "\x1b[0Ksection_start:1700000002:ci-2-cook[collapsed=true]\r\x1b[0KCook",
                "cooking",
                "\x1b[0Ksection_end:1700000003:ci-2-cook\r\x1b[0K",
            ],
        );
        assert_eq!(drawn(gitlab.rows()), ["▼ Compile", "  [1/2] a.cpp", "▶ Cook"]);
    }

    #[test]
    fn rows_above_an_open_folded_group_stay_as_they_are() {
        let open = page(Ci::GitHub, &["before", "::group::Cook", "a", "b"]);
        assert_eq!(drawn(&open.rows()[..open.settled()]), ["before"]);
        assert_eq!(drawn(open.hidden()), ["  a", "  b"]);
        let mut ended = open;
        ended.end();
        assert_eq!(drawn(&ended.rows()[..ended.settled()]), ["before", "▶ Cook"]);
        assert!(ended.hidden().is_empty());
    }

    #[test]
    fn github_marks_the_first_line_of_an_annotation_and_shows_none_of_its_properties() {
        let command = "::error title=C2065,file=A.cpp,line=4::A.cpp:4: C2065: 100%25%0A  note";
        let rows = page(Ci::GitHub, &[command, "::warning::w", "::notice::n"]);
        let expected = ["E Error: A.cpp:4: C2065: 100%", "  note", "W Warning: w", "N Notice: n"];
        assert_eq!(drawn(rows.rows()), expected);
    }

    #[test]
    fn azure_shows_place_and_code_of_an_issue() {
        let issue =
            "##vso[task.logissue type=error;sourcepath=A.cpp;linenumber=4;code=C2065;]x%0A  y";
        assert_eq!(drawn(page(Ci::Azure, &[issue]).rows()), ["E A.cpp(4): error C2065: x", "  y"]);
    }

    #[test]
    fn buildkite_unfolds_the_section_that_failed() {
        let lines = ["--- Sync", "a", "--- Cook", "b", "^^^ +++", "c", "+++ Build failed", "d"];
        let rows = ["▶ Sync", "▼ Cook", "  b", "  c", "▼ Build failed", "  d"];
        assert_eq!(drawn(page(Ci::Buildkite, &lines).rows()), rows);
    }

    #[test]
    fn act_shows_commands_as_they_are() {
        let lines = ["::group::Cook", "::error::x", "::endgroup::"];
        assert_eq!(drawn(page(Ci::Act, &lines).rows()), lines);
    }

    #[test]
    fn a_masked_value_is_not_shown() {
        for (ci, command) in [
            (Ci::GitHub, "::add-mask::bp_x"),
            (Ci::Act, "::add-mask::bp_x"),
            (Ci::Azure, "##vso[task.setsecret]bp_x"),
        ] {
            assert_eq!(drawn(page(ci, &[command, "token bp_x"]).rows()), ["token ***"]);
        }
    }
}
