//! The documents themselves: their length, and whether their links and paths lead somewhere.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::{documents, read, root, spans};

#[test]
fn the_documents_keep_their_limits() {
    for (document, limit) in [("README.md", 150), ("DESIGN.md", 150), ("CONTRIBUTING.md", 120)] {
        let lines = read(document).lines().count();
        assert!(lines <= limit, "{document} has {lines} lines");
    }
}

#[test]
fn every_link_of_the_documents_leads_to_a_file_and_a_heading_that_exist() {
    let mut links = 0;
    for document in documents() {
        for target in link_targets(&read(&document)) {
            if target.starts_with("https://") {
                continue;
            }
            let (path, anchor) = target.split_once('#').unwrap_or((&target, ""));
            let folder = Path::new(&document).parent().unwrap();
            let file = match path {
                "" => root().join(&document),
                path => root().join(folder).join(path),
            };
            assert!(file.exists(), "{document}: {target}");
            if !anchor.is_empty() {
                let headings = headings(&fs::read_to_string(file).unwrap());
                assert!(headings.contains(anchor), "{document}: {target}: {headings:?}");
            }
            links += 1;
        }
    }
    assert!(links > 50, "{links}");
}

#[test]
fn the_readme_links_to_every_page() {
    let linked: BTreeSet<_> = link_targets(&read("README.md")).into_iter().collect();
    // These are for contributors: DESIGN.md and CONTRIBUTING.md link to them.
    let others = ["README.md", "docs/dependencies.md"];
    for document in documents() {
        assert!(linked.contains(&document) || others.contains(&document.as_str()), "{document}");
    }
}

/// Not there yet: CONTRIBUTING says where they will go.
const PLANNED: [&str; 1] = ["src/transfer/"];

#[test]
fn every_path_of_the_documents_exists() {
    const FOLDERS: [&str; 13] = [
        ".ci/",
        "bench/",
        "docs/",
        "e2e/",
        "fuzz/",
        "gitlab/",
        "jenkins/",
        "scripts/",
        "simulator/",
        "src/",
        "templates/",
        "tests/",
        "unreal-log/",
    ];
    for document in documents() {
        for span in spans(&without_code_blocks(&read(&document))) {
            let path = span.split(' ').next().unwrap();
            let is_path = FOLDERS.iter().any(|folder| path.starts_with(folder));
            // `<family>` stands for a name.
            let path = path.split('<').next().unwrap();
            if is_path && !PLANNED.contains(&path) {
                assert!(root().join(path).exists(), "{document}: {span}");
            }
        }
    }
}

fn without_code_blocks(text: &str) -> String {
    let mut is_code = false;
    let mut prose = String::new();
    for line in text.lines() {
        if line.starts_with("```") {
            is_code = !is_code;
        } else if !is_code {
            prose.extend([line, "\n"]);
        }
    }
    prose
}

/// The targets of the links and pictures of a document.
fn link_targets(text: &str) -> Vec<String> {
    let prose = without_code_blocks(text);
    let targets = prose.split("](").skip(1);
    targets.map(|rest| rest.split(')').next().unwrap().to_owned()).collect()
}

/// The headings of a document as the anchors that GitHub makes of them.
fn headings(text: &str) -> BTreeSet<String> {
    let prose = without_code_blocks(text);
    let titles = prose.lines().filter(|line| line.starts_with('#'));
    let anchor = |line: &str| {
        let title = line.trim_start_matches('#').trim().to_lowercase().replace(' ', "-");
        title.chars().filter(|c| c.is_alphanumeric() || ['-', '_'].contains(c)).collect()
    };
    titles.map(anchor).collect()
}
