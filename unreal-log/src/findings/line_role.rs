//! Decides which of the lines after its first one belong to a problem, and as what.

use crate::rules::block_kind::BlockKind;
use crate::rules::rule::Match;
use crate::tool::Tool;

/// The role of a line in the problem before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LineRole {
    /// It does not belong to the problem.
    None,
    /// It is a part of the message.
    Detail,
    /// It belongs to the problem, and is left out.
    Filler,
    /// It announces that the next lines report a crash.
    Announcement,
    /// It belongs to the problem if the next line does.
    Undecided,
    /// It says what is wrong, which the first line did not.
    Essence,
    /// It is the last line of the problem, and is left out.
    Last,
}

/// The state of the problem when the next line comes.
#[derive(Debug, Clone, Copy)]
pub(super) struct BlockState<'e> {
    pub(super) kind: BlockKind,
    /// Blanks before its first line.
    pub(super) indent: usize,
    pub(super) tool: Option<Tool>,
    /// The last detail, or the message if there is none.
    pub(super) last: &'e str,
    /// True if a line has said what is wrong.
    pub(super) has_essence: bool,
    /// True if the line before this one is undecided.
    pub(super) is_undecided: bool,
    /// True if a crash was announced.
    pub(super) is_announced: bool,
    /// The number of lines after the first.
    pub(super) lines: usize,
}

/// The role of a line, stripped of its prefixes. `own` is the message that the line has if it stands alone.
pub(super) fn role(state: &BlockState<'_>, line: &str, own: Option<&Match<'_>>) -> LineRole {
    let text = line.trim();
    let deeper = !text.is_empty() && indent(line) > state.indent;
    let deep = if deeper && own.is_none() { LineRole::Detail } else { LineRole::None };
    match state.kind {
        BlockKind::Line | BlockKind::Echo => LineRole::None,
        BlockKind::Indented => deep,
        BlockKind::ShaderMessages
            if deeper && (own.is_none_or(is_of_shader) || is_of_glslang(text)) =>
        {
            LineRole::Detail
        }
        BlockKind::ShaderMessages => LineRole::None,
        BlockKind::Asset if own.is_none() && is_source(text) && !is_source(state.last) => {
            LineRole::Detail
        }
        BlockKind::Asset => deep,
        BlockKind::Compiler => compiler(state, text, deeper, own.is_some()),
        BlockKind::Linker if text.starts_with(">>> ") => LineRole::Detail,
        BlockKind::Linker | BlockKind::AppleSymbol => deep,
        BlockKind::DotNetStack | BlockKind::BareDotNetStack => {
            // The exception below a message has no `ERROR: ` in front.
            let is_inner = deeper && tool(own) == Some(Tool::Uat) && !has_uat_word(text);
            dot_net(text, if is_inner { LineRole::Detail } else { deep })
        }
        BlockKind::JavaStack => java(line, text),
        BlockKind::Python => python(state, text, own.is_some()),
        BlockKind::Gradle => gradle(state, text, own),
        BlockKind::Crash => crash(state, line, text, own),
    }
}

/// Blanks before the text. A tab counts as eight.
pub(super) fn indent(line: &str) -> usize {
    line.bytes().take_while(u8::is_ascii_whitespace).map(|b| if b == b'\t' { 8 } else { 1 }).sum()
}

fn is_source(text: &str) -> bool {
    text.contains(" from Source: /")
}

/// `ERROR: 0:12: 'Hinge' : undeclared identifier`.
fn is_of_glslang(text: &str) -> bool {
    let reported = text.strip_prefix("ERROR: ").or_else(|| text.strip_prefix("WARNING: "));
    let mut place = reported.unwrap_or_default().splitn(3, ':');
    let mut is_number = || place.next().is_some_and(|part| part.parse::<u32>().is_ok());
    is_number() && is_number()
}

fn is_of_shader(own: &Match<'_>) -> bool {
    own.is_of_shader() || own.tool == Some(Tool::ShaderCompiler)
}

/// The tool that reports the line if it stands alone.
fn tool(own: Option<&Match<'_>>) -> Option<Tool> {
    own.and_then(|own| if own.is_of_shader() { Some(Tool::ShaderCompiler) } else { own.tool })
}

fn compiler(state: &BlockState<'_>, text: &str, deeper: bool, stands_alone: bool) -> LineRole {
    if !stands_alone && (text.contains(": note: ") || is_mark(text)) {
        return LineRole::Detail;
    }
    // Gradle prints its progress between a message of javac and the line of source.
    if text.starts_with("> Task ") {
        return LineRole::Filler;
    }
    let is_other = text.starts_with(['[', '*']) || text.starts_with("(see ") || is_prelude(text);
    if stands_alone || text.is_empty() || is_other {
        return LineRole::None;
    }
    if deeper {
        return LineRole::Detail;
    }
    if state.is_undecided || is_mark(state.last) { LineRole::None } else { LineRole::Undecided }
}

/// True if the line leads to the diagnostic after it: how a header came to be included, in which function it is.
pub(super) fn is_prelude(text: &str) -> bool {
    let is_chain = text.starts_with("from ") && text.ends_with([':', ',']);
    is_chain
        || text.starts_with("In file included from ")
        || text.starts_with("In file included by ")
        || text.contains(": In function ")
        || text.contains(": In member function ")
}

/// `        ^~~~~`, or the same behind a line number and a bar.
fn is_mark(text: &str) -> bool {
    let mark = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '|' || c == ' ');
    mark.starts_with(['^', '~']) && mark.chars().all(|c| matches!(c, '^' | '~' | ' ' | '-' | '+'))
}

fn has_uat_word(text: &str) -> bool {
    text.starts_with("ERROR: ") || text.starts_with("WARNING: ")
}

fn dot_net(text: &str, deep: LineRole) -> LineRole {
    if text.is_empty() {
        return LineRole::Filler;
    }
    if is_frame(text) || text.starts_with("---> ") || text.starts_with("--- ") {
        return LineRole::Detail;
    }
    // `(see …\Log.txt for full exception trace)`, in English on every machine.
    if text.starts_with("(see ") { LineRole::Last } else { deep }
}

fn java(line: &str, text: &str) -> LineRole {
    let is_frame = is_frame(text) && indent(line) > 0;
    let goes_on = text.starts_with("... ") || text.starts_with("Caused by: ");
    if is_frame || goes_on { LineRole::Detail } else { LineRole::None }
}

/// Python indents the frames, but not the exception that follows them.
fn python(state: &BlockState<'_>, text: &str, stands_alone: bool) -> LineRole {
    let reported =
        text.strip_prefix("LogPython: Error:").or_else(|| text.strip_prefix("LogPython: Warning:"));
    match reported.map(|reported| reported.strip_prefix(' ').unwrap_or(reported)) {
        None if stands_alone || state.has_essence => LineRole::None,
        // Other threads log between the lines.
        None => LineRole::Filler,
        Some(_) if state.has_essence => LineRole::None,
        Some(reported) if reported.trim().is_empty() => LineRole::Filler,
        Some(reported) if reported.starts_with(' ') => LineRole::Detail,
        Some(_) => LineRole::Essence,
    }
}

pub(super) fn is_frame(text: &str) -> bool {
    text.strip_prefix("at ").is_some_and(|frame| frame.contains('('))
}

fn gradle(state: &BlockState<'_>, text: &str, own: Option<&Match<'_>>) -> LineRole {
    let ends = text.starts_with("* Try") || text.starts_with("* Get more help");
    if ends || text.starts_with("BUILD FAILED in ") || text.starts_with("* Exception is:") {
        return LineRole::Last;
    }
    if let Some((number, "Task failed with an exception.")) = text.split_once(": ")
        && number.bytes().all(|b| b.is_ascii_digit())
    {
        return if state.has_essence { LineRole::None } else { LineRole::Filler };
    }
    // Compilers, whose messages may come late, and the parent process of Gradle report problems of their own.
    let is_other = tool(own).is_some_and(|tool| !matches!(tool, Tool::Gradle | Tool::Aapt));
    if is_other || text.starts_with("***") {
        return LineRole::None;
    }
    let is_rule = text.starts_with("-----") || text.starts_with("=====");
    let is_chatter = text.is_empty() || is_rule || text.contains(" actionable task");
    if is_chatter || text.starts_with("* What went wrong:") || text.starts_with("* Where:") {
        return LineRole::Filler;
    }
    if state.has_essence { LineRole::Detail } else { LineRole::Essence }
}

/// How many lines a crash may have that was not announced.
const UNANNOUNCED: usize = 20;

/// The number of lines is not limited here. [`Block`](super::block::Block) limits how many it keeps.
fn crash(state: &BlockState<'_>, line: &str, text: &str, own: Option<&Match<'_>>) -> LineRole {
    if text.contains("end: stack for UAT") {
        return LineRole::Last;
    }
    let reported = without_crash_category(text);
    let is_frame = reported.starts_with("[Callstack]");
    let is_ensure = state.tool == Some(Tool::Ensure);
    let own_tool = tool(own);
    if own_tool == Some(Tool::Ensure) && !is_ensure {
        return LineRole::None;
    }
    let was_framed = state.last.starts_with("[Callstack]");
    // The engine names the thread after the frames.
    if reported.is_empty() || reported.starts_with("Crash in runnable thread ") {
        return LineRole::Filler;
    }
    if is_banner(reported) || text.ends_with(": Fatal error!") {
        // The banner after an ensure begins another problem.
        return if is_ensure && state.has_essence {
            LineRole::None
        } else {
            LineRole::Announcement
        };
    }
    let is_ending =
        matches!(own_tool, Some(Tool::Crash | Tool::Ensure)) && !text.starts_with("Took ");
    if is_ending && (is_ensure || was_framed) && state.has_essence {
        return LineRole::None;
    }
    let is_error = reported.len() < text.len();
    // A log line that has nothing to do with the crash stands before its announcement or after its frames.
    let is_message = is_error && state.is_announced && !was_framed;
    let is_plain = own.is_none() && !has_category(text) && is_of_crash(line) && !was_framed;
    let is_near = state.is_announced || state.lines < UNANNOUNCED;
    if is_frame || is_ending || is_message || (is_plain && is_near) {
        let is_essence = !state.has_essence && !is_frame;
        return if is_essence { LineRole::Essence } else { LineRole::Detail };
    }
    LineRole::None
}

/// True if the line only announces a crash, as `=== Critical error: ===` does.
pub(super) fn is_banner(reported: &str) -> bool {
    (reported.starts_with("=== ") && reported.ends_with(" ==="))
        || reported.starts_with("Traceback (")
        || reported.starts_with("begin: stack for UAT")
        || reported == "Fatal error!"
}

/// The text without the log category of a crash: `LogWindows: Error: …`.
pub(super) fn without_crash_category(text: &str) -> &str {
    let reported = text.split_once(": ").filter(|(category, _)| is_crash_category(category));
    let reported = reported.and_then(|(_, reported)| {
        let reported =
            reported.strip_prefix("Error:").or_else(|| reported.strip_prefix("Critical:"));
        reported.or_else(|| text.split_once(": ")?.1.strip_prefix("Fatal:"))
    });
    reported.map_or(text, str::trim)
}

fn is_crash_category(name: &str) -> bool {
    const CATEGORIES: [&str; 9] = [
        "LogWindows",
        "LogLinux",
        "LogMac",
        "LogCore",
        "LogOutputDevice",
        "LogUnix",
        "LogAndroid",
        "LogIOS",
        "LogExit",
    ];
    CATEGORIES.contains(&name)
}

/// True if the line has a log category of the engine.
pub(super) fn has_category(text: &str) -> bool {
    let word = text.split(':').next().unwrap_or_default();
    word.len() < text.len()
        && word.starts_with("Log")
        && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// True if a line without a log category may be a part of a crash: the assertion, its place, its message.
fn is_of_crash(line: &str) -> bool {
    const OTHERS: [&str; 6] = ["Took ", "AutomationTool ", "ERROR: ", "Running: ", "***", "BUILD "];
    !OTHERS.iter().any(|other| line.trim_start().starts_with(other))
}
