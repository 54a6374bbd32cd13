//! Reads our output as the page of a CI does: which lines are folded, hidden or red.

/// One row of a page.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) depth: usize,
    pub(super) looks: Looks,
    /// May hold SGR sequences.
    pub(super) text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Looks {
    Text,
    Folded,
    Unfolded,
    Error,
    Warning,
    Notice,
}

/// What a line means to the CI.
enum Meaning {
    Open {
        title: String,
        is_folded: bool,
    },
    Close,
    /// Buildkite unfolds what was folded.
    Unfold,
    Shown(Looks, String),
    Hidden,
}

/// The rows of the page.
pub(super) fn rows(ci: &str, output: &str) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    // For each open group where its title is, and whether its lines are seen.
    let mut open: Vec<(usize, bool)> = Vec::new();
    let mut hidden: Vec<Row> = Vec::new();
    for line in output.lines() {
        let depth = open.len();
        match understand(ci, line) {
            Meaning::Hidden => {}
            Meaning::Open { title, is_folded } => {
                let is_heading = ci == "buildkite";
                if is_heading {
                    open.clear();
                    hidden.clear();
                }
                open.push((rows.len(), is_folded));
                let looks = if is_folded { Looks::Folded } else { Looks::Unfolded };
                rows.push(Row { depth: open.len() - 1, looks, text: title });
            }
            Meaning::Close => {
                open.pop();
                hidden.clear();
            }
            Meaning::Unfold => {
                if let Some((title, is_folded)) = open.last_mut() {
                    *is_folded = false;
                    rows[*title].looks = Looks::Unfolded;
                    rows.append(&mut hidden);
                }
            }
            Meaning::Shown(looks, text) => {
                let is_hidden = open.iter().any(|(_, is_folded)| *is_folded);
                let shown = text.lines().map(|text| Row { depth, looks, text: text.to_owned() });
                if is_hidden { hidden.extend(shown) } else { rows.extend(shown) }
            }
        }
    }
    rows
}

/// Reads what a line means to a CI, if it is no mere text.
type Reader = fn(&str) -> Option<Meaning>;

const READERS: [(&str, Reader); 7] = [
    ("github", github),
    ("forgejo", github),
    ("gitlab", gitlab),
    ("azure", azure),
    ("buildkite", buildkite),
    ("teamcity", teamcity),
    ("travis", travis),
];

/// CIs to which a line is always text.
const TEXT_ONLY: [&str; 5] = ["circleci", "bitbucket", "jenkins", "plain", "terminal"];

fn understand(ci: &str, line: &str) -> Meaning {
    let reader = READERS.iter().find(|(name, _)| *name == ci);
    assert!(reader.is_some() || TEXT_ONLY.contains(&ci), "add {ci} to READERS or to TEXT_ONLY");
    let meaning = reader.and_then(|(_, read)| read(line));
    meaning.unwrap_or_else(|| Meaning::Shown(Looks::Text, line.to_owned()))
}

fn folded(title: &str) -> Meaning {
    Meaning::Open { title: title.to_owned(), is_folded: true }
}

fn unfolded(title: &str) -> Meaning {
    Meaning::Open { title: title.to_owned(), is_folded: false }
}

fn github(line: &str) -> Option<Meaning> {
    let (head, data) = line.strip_prefix("::")?.split_once("::")?;
    let (name, _) = head.split_once(' ').unwrap_or((head, ""));
    let text = data.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%");
    Some(match name {
        "group" => folded(&text),
        "endgroup" => Meaning::Close,
        "error" => Meaning::Shown(Looks::Error, format!("Error: {text}")),
        "warning" => Meaning::Shown(Looks::Warning, format!("Warning: {text}")),
        "notice" => Meaning::Shown(Looks::Notice, format!("Notice: {text}")),
        _ => Meaning::Hidden,
    })
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
    let Some(properties) = command.strip_prefix("task.logissue ") else {
        return Some(Meaning::Hidden);
    };
    let undone = |text: &str| {
        let text = text.replace("%0A", "\n").replace("%0D", "\r").replace("%3B", ";");
        text.replace("%5D", "]").replace("%AZP25", "%")
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
    Some(Meaning::Shown(looks, text))
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
            Meaning::Shown(Looks::Error, attribute("text")?)
        }
        "message" => Meaning::Shown(Looks::Warning, attribute("text")?),
        "buildProblem" => Meaning::Shown(Looks::Error, attribute("description")?),
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
