//! The documents agree with the code: the pages in `docs/`, `action.yml`, `--help` and the files for GitLab and Jenkins.
//! Their links, paths and limits hold too.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "docs/links.rs"]
mod links;
mod sources;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use assert_cmd::Command;
use buildpixel_ci::config::inputs::INPUTS;
use buildpixel_ci::error::ExitCode;
use buildpixel_ci::report::OUTPUTS;
use sources::{product_code, rust_files};

#[test]
fn the_page_of_inputs_has_every_input() {
    let rows = INPUTS.iter().map(|input| {
        let default = match input.default {
            "–" => "–".to_owned(),
            default => code(default),
        };
        vec![code(input.name), default, input.meaning.to_owned()]
    });
    assert_eq!(table("docs/inputs.md", "| input |"), rows.collect::<Vec<_>>());
}

#[test]
fn the_page_of_outputs_has_every_output() {
    let rows = OUTPUTS.iter().map(|output| vec![code(output.name), output.value.to_owned()]);
    assert_eq!(table("docs/outputs.md", "| output |"), rows.collect::<Vec<_>>());
}

#[test]
fn the_page_of_exit_codes_has_every_code() {
    let rows = ExitCode::ALL.into_iter().map(|code| {
        vec![code.number().to_string(), code.name().to_owned(), code.meaning().to_owned()]
    });
    assert_eq!(table("docs/exit-codes.md", "| code |"), rows.collect::<Vec<_>>());
}

#[test]
fn the_page_of_report_files_has_every_file() {
    // There is a snapshot of each file that is written.
    let snapshots = fs::read_dir(root().join("src/publish/snapshots")).unwrap();
    let written = snapshots.map(|file| {
        let name = file.unwrap().file_name().into_string().unwrap();
        let name = name.strip_prefix("buildpixel_ci__publish__tests__").unwrap();
        name.strip_suffix(".snap").unwrap().to_owned()
    });
    let rows = table("docs/reports.md", "| file in `reports-dir` |");
    let shown = rows.iter().flat_map(|row| spans(&row[0]));
    assert_eq!(shown.collect::<BTreeSet<_>>(), written.collect());
}

#[test]
fn the_page_of_inputs_has_every_ci() {
    let mut program = Command::cargo_bin("buildpixel-ci").unwrap();
    let output = program.env_clear().env("BUILDPIXEL_CI", "nonsense").output().unwrap();
    let output = String::from_utf8(output.stdout).unwrap();
    let accepted = output.split("accepted are auto, ").nth(1).unwrap().lines().next().unwrap();
    let names = accepted.split(", ").map(code).collect::<Vec<_>>().join(", ");
    let page = read("docs/inputs.md").split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(page.contains(&names), "{names}");
}

#[test]
fn the_documents_name_inputs_and_outputs_that_exist() {
    let variable =
        |name: &str| format!("BUILDPIXEL_{}", name.to_ascii_uppercase().replace('-', "_"));
    let names = INPUTS.iter().map(|input| input.name);
    let names = names.chain(OUTPUTS.iter().map(|output| output.name));
    let mut known: BTreeSet<_> = names.map(variable).collect();
    known.extend(["BUILDPIXEL_CI_BINARY", "BUILDPIXEL_DEBUG"].map(str::to_owned));
    for document in documents() {
        let text = read(&document);
        for word in text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_') {
            if word.strip_prefix("BUILDPIXEL_").is_some_and(|name| !name.is_empty()) {
                assert!(known.contains(word), "{document}: {word}");
            }
        }
        for after in text.split("steps.game.outputs.").skip(1) {
            let name = after.split(|c: char| !c.is_ascii_lowercase() && c != '-').next().unwrap();
            assert!(OUTPUTS.iter().any(|output| output.name == name), "{document}: {name}");
        }
    }
}

#[test]
fn the_page_of_jenkins_has_the_jenkinsfile_that_is_tested() {
    let example = read("jenkins/Jenkinsfile");
    assert!(read("docs/jenkins.md").contains(&format!("```groovy\n{example}```\n")));
}

/// `.ci/run templates` and `.ci/validators/gather.mjs` look for examples in these places.
#[test]
fn the_checks_of_the_examples_find_them() {
    let below = |document: &str, heading: &str| {
        let text = read(document);
        let section = text.split(&format!("\n{heading}\n")).nth(1).unwrap().to_owned();
        yaml_blocks(section.split("\n##").next().unwrap())
    };
    let run = read(".ci/run");
    for place in ["README.md", "docs/gitlab.md", "### GitLab CI"] {
        assert!(run.contains(place), "{place}");
    }
    assert!(below("README.md", "### GitLab CI")[0].starts_with("include:\n"));
    assert_eq!(yaml_blocks(&read("docs/gitlab.md")).len(), 3);
    assert!(below("README.md", "### GitHub Actions")[0].contains("\njobs:\n"));
    for workflow in yaml_blocks(&read("docs/github.md")) {
        assert!(workflow.contains("\njobs:\n"), "{workflow}");
    }
}

#[test]
fn the_help_of_the_program_has_all_three_tables() {
    let output = Command::cargo_bin("buildpixel-ci").unwrap().arg("--help").output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    let inputs = INPUTS.iter().map(|input| match input.default {
        "–" => (input.name.to_owned(), input.meaning),
        default => (format!("{} ({default})", input.name), input.meaning),
    });
    let outputs = OUTPUTS.iter().map(|output| (output.name.to_owned(), output.value));
    let codes = ExitCode::ALL
        .into_iter()
        .map(|code| (format!("{} {}", code.number(), code.name()), code.meaning()));
    for (name, meaning) in inputs.chain(outputs).chain(codes) {
        let is_row = |line: &str| line.trim().strip_prefix(&name).map(str::trim) == Some(meaning);
        assert!(help.lines().any(is_row), "{name}  {meaning}");
    }
}

#[test]
fn the_action_takes_every_input_and_describes_its_default() {
    let mut expected = Vec::new();
    for input in INPUTS {
        let default = match input.default {
            "–" => String::new(),
            default => format!(" Default: {}.", code(default)),
        };
        expected.push(format!("  {}:", input.name));
        expected.push(format!("    description: \"{}{default}\"", input.meaning));
    }
    assert_eq!(action("inputs:"), expected);
}

#[test]
fn the_action_hands_every_input_to_the_program() {
    let mut expected = vec!["PROGRAM: ${{ steps.program.outputs.path }}".to_owned()];
    expected.extend(INPUTS.iter().map(|input| {
        let variable = input.name.to_ascii_uppercase().replace('-', "_");
        format!("INPUT_{variable}: ${{{{ inputs.{} }}}}", input.name)
    }));
    let runs = action("runs:");
    let env = runs.iter().skip_while(|line| line.trim() != "env:").skip(1);
    assert_eq!(env.map(|line| line.trim()).collect::<Vec<_>>(), expected);
}

#[test]
fn the_action_has_every_output() {
    let expected = OUTPUTS.iter().flat_map(|output| {
        [
            format!("  {}:", output.name),
            format!("    description: \"{}\"", output.value),
            format!("    value: ${{{{ steps.build.outputs.{} }}}}", output.name),
        ]
    });
    assert_eq!(action("outputs:"), expected.collect::<Vec<_>>());
}

/// The token would be readable by everybody, its file is a variable of the type File, and the others change nothing on
/// GitLab.
const NOT_IN_THE_COMPONENT: [&str; 5] = ["token", "token-file", "annotations", "summary", "ci"];

#[test]
fn the_component_takes_every_input_that_matters_on_gitlab_and_hands_it_to_the_program() {
    let component = read("templates/build/template.yml");
    let (header, job) = component.split_once("\n---\n").unwrap();
    let given: Vec<_> = header.lines().skip_while(|line| *line != "    project:").collect();
    let mut described = Vec::new();
    let mut handed_over = Vec::new();
    for input in INPUTS.iter().filter(|input| !NOT_IN_THE_COMPONENT.contains(&input.name)) {
        let default = match input.default {
            "–" => String::new(),
            default => format!(" Default: {}.", code(default)),
        };
        described.push(format!("    {}:", input.name));
        described.push(format!("      description: \"{}{default}\"", input.meaning));
        let variable = input.name.to_ascii_uppercase().replace('-', "_");
        handed_over.push(format!("INPUT_{variable}: \"$[[ inputs.{} ]]\"", input.name));
    }
    let is_detail = |line: &str| {
        ["default:", "options:", "type:"].contains(&line.split_whitespace().next().unwrap())
    };
    let shown = given.into_iter().filter(|line| !is_detail(line));
    assert_eq!(shown.collect::<Vec<_>>(), described);
    let variables = job.lines().filter(|line| line.trim().starts_with("INPUT_"));
    assert_eq!(variables.map(str::trim).collect::<Vec<_>>(), handed_over);
    for name in NOT_IN_THE_COMPONENT {
        assert!(INPUTS.iter().any(|input| input.name == name), "{name}");
    }
}

#[test]
fn each_way_onto_gitlab_declares_the_same_reports() {
    let reports = |file: &str, folder: &str| {
        let text = read(file);
        let lines = text.lines().skip_while(|line| line.trim() != "reports:").skip(1);
        let lines = lines.map_while(|line| line.trim().split_once(": "));
        let lines = lines.map(|(kind, path)| format!("{kind}: {}", path.trim_matches('"')));
        lines.map(|line| line.replace(folder, "reports-dir")).collect::<Vec<_>>()
    };
    let component = reports("templates/build/template.yml", "$[[ inputs.reports-dir ]]");
    let names = ["dotenv: reports-dir/outputs.env", "codequality: reports-dir/codequality.json"];
    assert_eq!(component[..2], names);
    assert_eq!(component.len(), 4, "{component:?}");
    assert_eq!(reports("gitlab/build.yml", "buildpixel-reports"), component);
    assert_eq!(reports("docs/gitlab.md", "buildpixel-reports"), component);
}

#[test]
fn every_source_file_begins_with_what_it_owns() {
    for file in product_files() {
        assert!(read(&file).starts_with("//! "), "{file} has no line for the map");
    }
}

#[test]
fn the_design_puts_every_module_into_one_component() {
    let layers = read("tests/layers.rs");
    let list = layers.split("const LAYERS").nth(1).unwrap().split("];").next().unwrap();
    // The reader is a library of its own.
    let layers = list.split('"').skip(1).step_by(2).filter(|layer| *layer != "lib");
    let layers = layers.chain(["unreal-log"]);
    let rows = table("DESIGN.md", "| component |");
    let mut named: Vec<_> = rows.iter().flat_map(|row| spans(&row[1])).collect();
    let design = read("DESIGN.md");
    let shared = design.lines().find(|line| line.contains("serve all of them")).unwrap();
    named.extend(spans(shared.split("serve all of them").next().unwrap()));
    named.sort_unstable();
    let mut expected: Vec<_> = layers.map(str::to_owned).collect();
    expected.sort_unstable();
    assert_eq!(named, expected);
}

#[test]
fn the_page_of_dependencies_has_every_dependency() {
    let shown: BTreeSet<_> = dependencies().into_iter().map(|(name, _)| name).collect();
    let mut expected = BTreeSet::new();
    for source in SOURCES {
        let Ok(manifest) = fs::read_to_string(root().join(source).join("../Cargo.toml")) else {
            continue;
        };
        // Some are for one operating system only.
        let is_section = |part: &&str| {
            let name = part.lines().next().unwrap_or_default();
            name == "dependencies]"
                || name.starts_with("target.") && name.ends_with(".dependencies]")
        };
        let sections = manifest.split("\n[").filter(is_section);
        let lines = sections.flat_map(|section| section.lines().skip(1));
        let lines = lines.filter(|line| !line.is_empty());
        expected.extend(lines.map(|line| line.split(['.', ' ']).next().unwrap().to_owned()));
    }
    // A member of the workspace.
    expected.remove("unreal-log");
    assert_eq!(shown, expected);
}

#[test]
fn a_dependency_is_used_only_where_the_page_says() {
    for (name, places) in dependencies() {
        let path = format!("{}::", name.replace('-', "_"));
        let files = product_files()
            .into_iter()
            .filter(|file| names_path(&product_code(&read(file)), &path));
        let modules: BTreeSet<_> = files.map(|file| module_of(&file)).collect();
        assert!(!modules.is_empty(), "{name} is used nowhere");
        assert!(places.is_empty() || places == modules, "{name} is used in {modules:?}");
    }
}

#[test]
fn each_fault_of_the_page_on_reliability_names_a_test_that_exists() {
    let tests: String = rust_files(&root().join("tests"))
        .iter()
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    let page = read("docs/reliability.md");
    let rows = page.lines().filter(|line| line.starts_with("| ") && line.contains('`'));
    let mut proofs = 0;
    for row in rows {
        let proof = spans(row).pop().unwrap();
        assert!(tests.contains(&format!("fn {proof}(")), "{proof}");
        proofs += 1;
    }
    assert!(proofs > 30, "{proofs}");
}

/// The dependencies of the page: name, and the modules that it is confined to, none for all.
fn dependencies() -> Vec<(String, BTreeSet<String>)> {
    let rows = table("docs/dependencies.md", "| crate |");
    let row = |row: Vec<String>| match row.as_slice() {
        [name, _, places] => (spans(name).remove(0), spans(places).into_iter().collect()),
        _ => panic!("{row:?}"),
    };
    rows.into_iter().map(row).collect()
}

/// True if a Rust source names a path that begins like this.
fn names_path(source: &str, path: &str) -> bool {
    source.match_indices(path).any(|(at, _)| {
        let before = source.get(..at).and_then(|text| text.chars().next_back());
        before.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != ':')
    })
}

/// The rows of the table that begins with this header, without header and rule.
fn table(document: &str, header: &str) -> Vec<Vec<String>> {
    let text = read(document);
    let lines = text.lines().skip_while(|line| !line.starts_with(header)).skip(2);
    let rows = lines.take_while(|line| line.starts_with('|'));
    let cells = |row: &str| {
        let inside = row.strip_prefix('|').and_then(|row| row.strip_suffix('|')).unwrap();
        inside.split('|').map(|cell| cell.trim().to_owned()).collect()
    };
    rows.map(cells).collect()
}

/// The lines below a top-level key of `action.yml`.
fn action(key: &str) -> Vec<String> {
    let text = read("action.yml");
    let lines = text.lines().skip_while(|line| *line != key).skip(1);
    let section = lines.take_while(|line| line.is_empty() || line.starts_with(' '));
    section.filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// The documents for people, as paths from the top of the repository.
fn documents() -> Vec<String> {
    let names = |folder: &str| {
        let files = fs::read_dir(root().join(folder)).unwrap();
        let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.ends_with(".md")).collect::<Vec<_>>()
    };
    let pages = names("docs").into_iter().map(|name| format!("docs/{name}"));
    names("").into_iter().chain(pages).collect()
}

/// The text of each block of YAML.
fn yaml_blocks(text: &str) -> Vec<String> {
    let blocks = text.split("```yaml\n").skip(1);
    blocks.map(|block| block.split("```").next().unwrap().to_owned()).collect()
}

/// The texts in backticks.
fn spans(markdown: &str) -> Vec<String> {
    markdown.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

fn code(text: &str) -> String {
    format!("`{text}`")
}

fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The sources of the program: its own, and those of the libraries that are members of the workspace.
const SOURCES: [&str; 2] = ["src", "unreal-log/src"];

/// The module of `src` that a file belongs to, or the library.
fn module_of(file: &str) -> String {
    let module = file.strip_prefix("src/").unwrap_or(file);
    module.split(['/', '.']).next().unwrap().to_owned()
}

/// The files that are compiled into the program: every module without a `#[cfg(test)]`.
fn product_files() -> BTreeSet<String> {
    let mut files = BTreeSet::from(["src/main.rs".to_owned()]);
    let roots = SOURCES.map(|source| format!("{source}/lib.rs"));
    let mut unread: Vec<_> = roots.into_iter().filter(|file| root().join(file).is_file()).collect();
    while let Some(file) = unread.pop() {
        unread.extend(submodules(&file));
        files.insert(file);
    }
    files
}

fn submodules(file: &str) -> Vec<String> {
    let source = product_code(&read(file));
    let folder = file.strip_suffix("lib.rs").or_else(|| file.strip_suffix("mod.rs"));
    let folder = match folder {
        Some(folder) => folder.to_owned(),
        None => format!("{}/", file.strip_suffix(".rs").unwrap()),
    };
    let declared = source.lines().filter_map(|line| {
        let line = line.strip_prefix("pub ").or(line.strip_prefix("pub(crate) ")).unwrap_or(line);
        line.strip_prefix("mod ")?.strip_suffix(';')
    });
    let existing = |name: &str| {
        let paths = [format!("{folder}{name}.rs"), format!("{folder}{name}/mod.rs")];
        paths.into_iter().find(|path| root().join(path).is_file()).unwrap()
    };
    declared.map(existing).collect()
}
