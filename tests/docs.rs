//! The documents say what the code does: README, `action.yml`, `--help` and the map in CONTRIBUTING.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use assert_cmd::Command;
use buildpixel_ci::config::inputs::INPUTS;
use buildpixel_ci::error::ExitCode;
use buildpixel_ci::report::OUTPUTS;

#[test]
fn the_readme_has_the_table_of_inputs() {
    let rows = INPUTS.iter().map(|input| {
        let default = match input.default {
            "–" => "–".to_owned(),
            default => code(default),
        };
        vec![code(input.name), default, input.meaning.to_owned()]
    });
    assert_eq!(table("README.md", "| input |"), rows.collect::<Vec<_>>());
}

#[test]
fn the_readme_has_the_table_of_outputs() {
    let rows = OUTPUTS.iter().map(|output| vec![code(output.name), output.value.to_owned()]);
    assert_eq!(table("README.md", "| output |"), rows.collect::<Vec<_>>());
}

#[test]
fn the_readme_has_the_table_of_exit_codes() {
    let rows = ExitCode::ALL.into_iter().map(|code| {
        vec![code.number().to_string(), code.name().to_owned(), code.meaning().to_owned()]
    });
    assert_eq!(table("README.md", "| code |"), rows.collect::<Vec<_>>());
}

#[test]
fn the_readme_has_the_table_of_report_files() {
    // There is a snapshot of each file that is written.
    let snapshots = fs::read_dir(root().join("src/publish/snapshots")).unwrap();
    let written = snapshots.map(|file| {
        let name = file.unwrap().file_name().into_string().unwrap();
        let name = name.strip_prefix("buildpixel_ci__publish__tests__").unwrap();
        name.strip_suffix(".snap").unwrap().to_owned()
    });
    let rows = table("README.md", "| file in `reports-dir` |");
    let shown = rows.iter().flat_map(|row| spans(&row[0]));
    assert_eq!(shown.collect::<BTreeSet<_>>(), written.collect());
}

#[test]
fn the_examples_of_the_readme_name_inputs_and_outputs_that_exist() {
    let variable =
        |name: &str| format!("BUILDPIXEL_{}", name.to_ascii_uppercase().replace('-', "_"));
    let names = INPUTS.iter().map(|input| input.name);
    let names = names.chain(OUTPUTS.iter().map(|output| output.name));
    let mut known: BTreeSet<_> = names.map(variable).collect();
    known.extend(["BUILDPIXEL_CI_BINARY", "BUILDPIXEL_DEBUG"].map(str::to_owned));
    let readme = read("README.md");
    for word in readme.split(|c: char| !c.is_ascii_alphanumeric() && c != '_') {
        if word.strip_prefix("BUILDPIXEL_").is_some_and(|name| !name.is_empty()) {
            assert!(known.contains(word), "{word}");
        }
    }
    for after in readme.split("steps.game.outputs.").skip(1) {
        let name = after.split(|c: char| !c.is_ascii_lowercase() && c != '-').next().unwrap();
        assert!(OUTPUTS.iter().any(|output| output.name == name), "{name}");
    }
}

#[test]
fn the_readme_has_the_jenkinsfile_that_is_tested() {
    let example = read("jenkins/Jenkinsfile");
    assert!(read("README.md").contains(&format!("```groovy\n{example}```\n")));
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
fn the_action_takes_every_input_and_tells_its_default() {
    let mut expected = Vec::new();
    for input in INPUTS {
        let default = match input.default {
            "–" => String::new(),
            default => format!(" Default: {}.", code(default)),
        };
        expected.push(format!("  {}:", input.name));
        expected.push(format!("    description: \"{}{default}\"", input.meaning));
        if input.name == "token" {
            expected.push("    required: true".to_owned());
        }
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

/// The token would be readable by everybody, and the others change nothing on GitLab.
const NOT_IN_THE_COMPONENT: [&str; 4] = ["token", "annotations", "summary", "ci"];

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
    assert_eq!(reports("README.md", "buildpixel-reports"), component);
}

#[test]
fn every_source_file_begins_with_what_it_owns() {
    for file in product_files() {
        let source = read(&format!("src/{file}"));
        assert!(source.starts_with("//! "), "src/{file} has no line for the map");
    }
}

#[test]
fn the_map_has_the_layers_in_their_order() {
    let layers = read("tests/layers.rs");
    let list = layers.split("const LAYERS").nth(1).unwrap().split("];").next().unwrap();
    let mut expected: Vec<_> = list.split('"').skip(1).step_by(2).collect();
    expected.push("main");
    let map = read("CONTRIBUTING.md");
    let paragraph = map.split("\n\n").find(|paragraph| paragraph.starts_with("`model`")).unwrap();
    assert_eq!(spans(paragraph), expected);
}

#[test]
fn the_map_has_every_dependency() {
    let shown: Vec<_> = dependencies().into_iter().map(|(name, _)| name).collect();
    let manifest = read("Cargo.toml");
    let section = manifest.split("\n[").find(|part| part.starts_with("dependencies]")).unwrap();
    let lines = section.lines().skip(1).filter(|line| !line.is_empty());
    let names = lines.map(|line| line.split(['.', ' ']).next().unwrap().to_owned());
    assert_eq!(
        shown.iter().collect::<BTreeSet<_>>(),
        names.collect::<Vec<_>>().iter().collect::<BTreeSet<_>>()
    );
}

#[test]
fn a_dependency_is_used_just_where_the_map_says() {
    for (name, places) in dependencies() {
        let path = format!("{}::", name.replace('-', "_"));
        let files = product_files()
            .into_iter()
            .filter(|file| names_path(&product_code(&read(&format!("src/{file}"))), &path));
        let modules: BTreeSet<_> =
            files.map(|file| file.split(['/', '.']).next().unwrap().to_owned()).collect();
        assert!(!modules.is_empty(), "{name} is used nowhere");
        assert!(places.is_empty() || places == modules, "{name} is used in {modules:?}");
    }
}

#[test]
fn each_fault_of_the_page_on_reliability_names_a_test_that_exists() {
    let tests = ["tests/it/run", "tests/it/cli"].into_iter().flat_map(|folder| {
        fs::read_dir(root().join(folder)).unwrap().map(|file| file.unwrap().path())
    });
    let tests: String = tests.map(|file| fs::read_to_string(file).unwrap()).collect();
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

/// The dependencies of the map: name, and the modules that it is confined to, none for all.
fn dependencies() -> Vec<(String, BTreeSet<String>)> {
    let rows = table("CONTRIBUTING.md", "| crate |");
    let row = |row: Vec<String>| match row.as_slice() {
        [name, _, places] => (spans(name).remove(0), spans(places).into_iter().collect()),
        _ => panic!("{row:?}"),
    };
    rows.into_iter().map(row).collect()
}

/// Whether a Rust source names a path that begins like this.
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

/// What stands in backticks.
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

/// What is compiled into the program, as the map writes it: each Rust file below `src` that no
/// `#[cfg(test)]` stands before.
fn product_files() -> BTreeSet<String> {
    let mut files = BTreeSet::from(["main.rs".to_owned()]);
    let mut unread = vec!["lib.rs".to_owned()];
    while let Some(file) = unread.pop() {
        unread.extend(submodules(&file));
        files.insert(file);
    }
    files
}

fn submodules(file: &str) -> Vec<String> {
    let source = product_code(&read(&format!("src/{file}")));
    let folder = match file.strip_suffix("mod.rs") {
        Some(folder) => folder.to_owned(),
        None if file == "lib.rs" => String::new(),
        None => format!("{}/", file.strip_suffix(".rs").unwrap()),
    };
    let declared = source.lines().filter_map(|line| {
        let line = line.strip_prefix("pub ").or(line.strip_prefix("pub(crate) ")).unwrap_or(line);
        line.strip_prefix("mod ")?.strip_suffix(';')
    });
    let existing = |name: &str| {
        let paths = [format!("{folder}{name}.rs"), format!("{folder}{name}/mod.rs")];
        paths.into_iter().find(|path| root().join("src").join(path).is_file()).unwrap()
    };
    declared.map(existing).collect()
}

/// A source without its tests: modules in files of their own, or one module at the end.
fn product_code(source: &str) -> String {
    let mut code = String::new();
    let mut lines = source.lines();
    while let Some(line) = lines.next() {
        if !["#[cfg(test)]", "#[cfg(any(test, fuzzing))]"].contains(&line) {
            code.extend([line, "\n"]);
        } else if !lines.next().unwrap().ends_with(';') {
            break;
        }
    }
    code
}
