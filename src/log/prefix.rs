//! Strips what other programs put before a line: clocks, callers, machines, steps.

use regex::Regex;

use super::pattern;

/// More than any real log stacks, and a bound for a hostile one.
const MAX_PREFIXES: usize = 8;

#[cfg_attr(not(test), expect(dead_code, reason = "the test of the table reads its examples"))]
struct Prefix {
    pattern: &'static str,
    example: &'static str,
}

const TABLE: &[Prefix] = &[
    Prefix { pattern: "\u{feff}", example: "\u{feff}" },
    // The engine's time and frame.
    Prefix {
        pattern: r"\[[0-9]{4}\.[0-9]{2}\.[0-9]{2}-[0-9]{2}\.[0-9]{2}\.[0-9]{2}:[0-9]{3}\]\[ *[0-9]+\]",
        example: "[2026.05.10-14.23.45:123][ 51]",
    },
    // The editor that runs UAT; the label is in the machine's language and may hold colons.
    Prefix {
        pattern: r"(?:UATHelper|MainFrameActions): (?:(?:Error|Warning): )?(?:[^:()]|\((?:[^()]|\([^()]*\))*\))+: ?",
        example: "UATHelper: Packaging (Android (Multi:ASTC,ETC2)): ",
    },
    // "Launch on". It marks every line of a failing child as an error.
    Prefix {
        pattern: r"LogPlayLevel: (?:(?:Error|Warning): )?(?:UAT: )?",
        example: "LogPlayLevel: Error: UAT: ",
    },
    // The method of UAT that wrote the line, in its own log files and on the console up to 4.25.
    Prefix {
        pattern: r"(?:Automation|AutomationTool|BuildCommand|BuildCookRun|CommandUtils|CommandletUtils|DeploymentContext|InternalUtils|Log|ProcessResult|Program|Project|ProjectParams|ScriptCompiler|TurnkeyUtils|UE4Build|UEBuild\w*|UnrealBuildTool|Utils|\w+Platform)\.\.?[A-Za-z]+: (?:Run: )?",
        example: "CommandUtils.Run: Run: ",
    },
    Prefix {
        pattern: r"(?:Cook|UnrealBuildTool|UnrealHeaderTool|UE4Editor-Cmd|UnrealEditor-Cmd): ",
        example: "UnrealBuildTool: ",
    },
    // MSBuild's node.
    Prefix { pattern: r"[0-9]+>", example: "2>" },
    // Docker's build step and seconds.
    Prefix { pattern: r"#[0-9]+ [0-9]+\.[0-9]+ ", example: "#17 19085.2 " },
    // TeamCity.
    Prefix {
        pattern: r"\[[0-9]{2}:[0-9]{2}:[0-9]{2}\](?:\[[^\]]*\])? ?",
        example: "[11:10:16][Step 5/6] ",
    },
    // Jenkins.
    Prefix {
        pattern: r"\[[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?Z\] ",
        example: "[2026-05-10T14:23:45.123Z] ",
    },
    // The editor's compiler log window.
    Prefix {
        pattern: r"CompilerResultsLog:\s?(?:Info |Error: (?:Error )?)?",
        example: "CompilerResultsLog:Error: Error ",
    },
];

/// All the prefixes as one pattern, since every line of a log is tried.
#[derive(Debug, Clone)]
pub(super) struct Prefixes(Regex);

impl Prefixes {
    pub(super) fn new() -> Self {
        let rows: Vec<_> = TABLE.iter().map(|row| row.pattern).collect();
        Self(pattern::compile(&format!("^ {{0,16}}(?:{})", rows.join("|"))))
    }

    /// The line from where its own text begins. Indentation after a prefix is kept: it tells what
    /// belongs together.
    pub(super) fn strip<'l>(&self, line: &'l str) -> &'l str {
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

    #[test]
    fn each_prefix_is_stripped_alone_and_before_others() {
        let prefixes = Prefixes::new();
        for Prefix { example, .. } in TABLE {
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
    fn what_only_resembles_a_prefix_stays() {
        let prefixes = Prefixes::new();
        for line in
            ["LogCook: Error: x", "[1/3] Compile A.cpp", "12 > 3", "# 1 2", "std::vector: x"]
        {
            assert_eq!(prefixes.strip(line), line);
        }
    }
}
