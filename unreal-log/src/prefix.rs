//! Strips the prefixes that other programs put before a line: clocks, callers, machines, steps.

use regex::Regex;

use crate::pattern;

/// Lines of real logs have fewer prefixes. The limit bounds the work on a hostile line.
const MAX_PREFIXES: usize = 8;

/// The patterns of prefixes. The first that fits is stripped.
const PATTERNS: &[&str] = &[
    "\u{feff}",
    // The engine's time and frame.
    r"\[[0-9]{4}\.[0-9]{2}\.[0-9]{2}-[0-9]{2}\.[0-9]{2}\.[0-9]{2}:[0-9]{3}\]\[ *[0-9]+\]",
    // The editor that runs UAT. The label is in the machine's language and may hold colons.
    r"(?:UATHelper|MainFrameActions): (?:(?:Error|Warning): )?(?:[^:()]|\((?:[^()]|\([^()]*\))*\))+: ?",
    // The editor's "Launch on" marks every line of a failing child process as an error.
    r"LogPlayLevel: (?:(?:Error|Warning): )?(?:UAT: )?",
    // The method of UAT that wrote the line: in its own log files, and on the console up to 4.25.
    r"(?:Automation|AutomationTool|BuildCommand|BuildCookRun|CommandUtils|CommandletUtils|DeploymentContext|InternalUtils|Log|ProcessResult|Program|Project|ProjectParams|ScriptCompiler|TurnkeyUtils|UE4Build|UEBuild\w*|UnrealBuildTool|Utils|\w+Platform)\.\.?[A-Za-z]+: (?:Run: )?",
    r"(?:Cook|UnrealBuildTool|UnrealHeaderTool|UE4Editor-Cmd|UnrealEditor-Cmd): ",
    // MSBuild's node.
    r"[0-9]+>",
    // Docker's build step and seconds.
    r"#[0-9]+ [0-9]+\.[0-9]+ ",
    // TeamCity.
    r"\[[0-9]{2}:[0-9]{2}:[0-9]{2}\](?:\[[^\]]*\])? ?",
    // Jenkins.
    r"\[[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?Z\] ",
    // The editor's compiler log window.
    r"CompilerResultsLog:\s?(?:Info |Error: (?:Error )?)?",
];

/// All the prefixes as one pattern, since every line of a log is tried.
#[derive(Debug, Clone)]
pub(crate) struct Prefixes(Regex);

impl Prefixes {
    pub(crate) fn new() -> Self {
        Self(pattern::compile(&format!("^ {{0,16}}(?:{})", PATTERNS.join("|"))))
    }

    /// The line from where its own text begins. Indentation after a prefix is kept, because it shows which lines
    /// belong together.
    pub(crate) fn strip<'l>(&self, line: &'l str) -> &'l str {
        let mut rest = line;
        for _ in 0..MAX_PREFIXES {
            let Some(found) = self.0.find(rest) else { break };
            rest = rest.get(found.end()..).unwrap_or_default();
        }
        rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One for each pattern.
    const EXAMPLES: [&str; PATTERNS.len()] = [
        "\u{feff}",
        "[2026.05.10-14.23.45:123][ 51]",
        "UATHelper: Packaging (Android (Multi:ASTC,ETC2)): ",
        "LogPlayLevel: Error: UAT: ",
        "CommandUtils.Run: Run: ",
        "UnrealBuildTool: ",
        "2>",
        "#17 19085.2 ",
        "[11:10:16][Step 5/6] ",
        "[2026-05-10T14:23:45.123Z] ",
        "CompilerResultsLog:Error: Error ",
    ];

    #[test]
    fn each_prefix_is_stripped_alone_and_before_others() {
        let prefixes = Prefixes::new();
        for (pattern, example) in PATTERNS.iter().zip(EXAMPLES) {
            assert!(pattern::compile(&format!("^(?:{pattern})")).is_match(example), "{example:?}");
            for rest in ["  ERROR: x", "LogCook: Error: x", "a.cpp(3): error: x"] {
                assert_eq!(prefixes.strip(&format!("{example}{rest}")), rest, "{example:?}");
            }
            let indented = format!("  {example}x");
            assert_eq!(prefixes.strip(&indented), "x", "{example:?}");
            let after_time = format!("[2026.05.10-14.23.45:123][  0]{example}x");
            assert_eq!(prefixes.strip(&after_time), "x");
        }
    }

    #[test]
    fn labels_in_other_languages_and_launch_errors_are_prefixes_too() {
        let prefixes = Prefixes::new();
        for line in [
            "UATHelper: Error: 打包 (Windows): x",
            "UATHelper: Embalando (Android (ASTC)): x",
            "MainFrameActions: Packaging (Windows (64-bit)): x",
            "LogPlayLevel: [2026.05.10-14.23.45:123][633]x",
            "LogPlayLevel: Error: x",
        ] {
            assert_eq!(prefixes.strip(line), "x", "{line:?}");
        }
    }

    #[test]
    fn text_that_only_resembles_a_prefix_stays() {
        let prefixes = Prefixes::new();
        for line in
            ["LogCook: Error: x", "[1/3] Compile A.cpp", "12 > 3", "# 1 2", "std::vector: x"]
        {
            assert_eq!(prefixes.strip(line), line);
        }
    }
}
