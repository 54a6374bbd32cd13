//! How far an event reaches: which of the lines after its first one belong to it.

/// What an event goes on with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// Nothing.
    Line,
    /// Nothing, and it only repeats what was said elsewhere, unless nobody said it.
    Echo,
    /// Lines that are indented deeper than its first.
    Indented,
    /// The same, and what the compiler of a shader reports in them.
    Block,
    /// Lines that are indented deeper, and the last line of a Blueprint's error, which names the asset.
    Asset,
    /// Notes, the line of source, the mark below it, the context of a template.
    Compiler,
    /// Who refers to the symbol.
    Linker,
    /// The same, as Apple's linker has it.
    Symbol,
    /// Frames of .NET, and where the whole log is.
    DotNetStack,
    /// The same; without a frame it is no event.
    BareDotNetStack,
    /// Frames of Java; without one it is no event.
    JavaStack,
    /// Python's frames, and then the exception.
    Python,
    /// Gradle's explanation.
    Gradle,
    /// Whatever the program says until its last word.
    Crash,
}

impl Extent {
    /// Whether it is only an event if anything follows.
    pub(super) fn needs_more(self) -> bool {
        matches!(self, Self::BareDotNetStack | Self::JavaStack)
    }
}

/// What a line is to the event before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Belongs {
    /// Not at all.
    No,
    /// It is worth keeping.
    Yes,
    /// It belongs there and says nothing.
    Silently,
    /// It announces what the next ones say.
    Announced,
    /// If the next one says so.
    Perhaps,
    /// It is what the event is about, for which the first line had no words.
    AsEssence,
    /// It belongs there, and is the last.
    AsLast,
}

/// What is known of the event when the next line comes.
#[derive(Debug, Clone, Copy)]
pub(super) struct SoFar<'e> {
    pub(super) extent: Extent,
    /// Blanks before its first line.
    pub(super) indent: usize,
    pub(super) code: Option<&'e str>,
    /// Its last line that was kept.
    pub(super) last: &'e str,
    /// Whether the essence has been read that the first line had no words for.
    pub(super) has_essence: bool,
    /// Whether the line before this one waits for what this one says.
    pub(super) waits: bool,
    /// Whether it was announced that a crash is told.
    pub(super) is_announced: bool,
    /// How many lines there were after its first.
    pub(super) lines: usize,
}

/// What a line, stripped of its prefixes, is to the event before it. `told`: the code of what the line
/// reports by itself.
pub(super) fn belongs(event: &SoFar<'_>, line: &str, told: Option<Option<&str>>) -> Belongs {
    let text = line.trim();
    let deeper = !text.is_empty() && indent(line) > event.indent;
    let deep = if deeper && told.is_none() { Belongs::Yes } else { Belongs::No };
    match event.extent {
        Extent::Line | Extent::Echo => Belongs::No,
        Extent::Indented => deep,
        Extent::Block if deeper && (told.is_none_or(is_of_shader) || is_of_glslang(text)) => {
            Belongs::Yes
        }
        Extent::Block => Belongs::No,
        Extent::Asset if told.is_none() && is_source(text) && !is_source(event.last) => {
            Belongs::Yes
        }
        Extent::Asset => deep,
        Extent::Compiler => compiler(event, text, deeper, told.is_some()),
        Extent::Linker if text.starts_with(">>> ") => Belongs::Yes,
        Extent::Linker | Extent::Symbol => deep,
        Extent::DotNetStack | Extent::BareDotNetStack => {
            // The exception below a message has no word in front.
            let is_inner = deeper && told == Some(Some("UAT")) && !is_said_by_uat(text);
            dot_net(text, if is_inner { Belongs::Yes } else { deep })
        }
        Extent::JavaStack => java(line, text),
        Extent::Python => python(event, text, told.is_some()),
        Extent::Gradle => gradle(event, text, told),
        Extent::Crash => crash(event, line, text, told),
    }
}

/// Blanks before the text; a tab is as good as any number of them.
pub(super) fn indent(line: &str) -> usize {
    line.bytes().take_while(u8::is_ascii_whitespace).map(|b| if b == b'\t' { 8 } else { 1 }).sum()
}

fn is_source(text: &str) -> bool {
    text.contains(" from Source: /")
}

/// `ERROR: 0:12: 'Hinge' : undeclared identifier`.
fn is_of_glslang(text: &str) -> bool {
    let said = text.strip_prefix("ERROR: ").or_else(|| text.strip_prefix("WARNING: "));
    let mut place = said.unwrap_or_default().splitn(3, ':');
    let mut is_number = || place.next().is_some_and(|part| part.parse::<u32>().is_ok());
    is_number() && is_number()
}

/// `X3004` and the like are the codes of its compiler.
fn is_of_shader(code: Option<&str>) -> bool {
    code.is_some_and(|code| code == "shader" || code.starts_with('X'))
}

fn compiler(event: &SoFar<'_>, text: &str, deeper: bool, told: bool) -> Belongs {
    if !told && (text.contains(": note: ") || is_mark(text)) {
        return Belongs::Yes;
    }
    // Gradle's progress gets between a message of javac and its source.
    if text.starts_with("> Task ") {
        return Belongs::Silently;
    }
    let is_other = text.starts_with(['[', '*']) || text.starts_with("(see ") || is_prelude(text);
    if told || text.is_empty() || is_other {
        return Belongs::No;
    }
    if deeper {
        return Belongs::Yes;
    }
    if event.waits || is_mark(event.last) { Belongs::No } else { Belongs::Perhaps }
}

/// Whether the line leads to the diagnostic behind it.
pub(super) fn is_prelude(text: &str) -> bool {
    let is_chain = text.starts_with("from ") && text.ends_with([':', ',']);
    is_chain
        || text.starts_with("In file included from ")
        || text.starts_with("In file included by ")
        || text.contains(": In function ")
        || text.contains(": In member function ")
}

/// `        ^~~~~`, perhaps with the number of a line and a bar before it.
fn is_mark(text: &str) -> bool {
    let mark = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '|' || c == ' ');
    mark.starts_with(['^', '~']) && mark.chars().all(|c| matches!(c, '^' | '~' | ' ' | '-' | '+'))
}

fn is_said_by_uat(text: &str) -> bool {
    text.starts_with("ERROR: ") || text.starts_with("WARNING: ")
}

fn dot_net(text: &str, deep: Belongs) -> Belongs {
    if text.is_empty() {
        return Belongs::Silently;
    }
    if is_frame(text) || text.starts_with("---> ") || text.starts_with("--- ") {
        return Belongs::Yes;
    }
    // `(see …\Log.txt for full exception trace)`, in UAT's English whatever the machine speaks.
    if text.starts_with("(see ") { Belongs::AsLast } else { deep }
}

fn java(line: &str, text: &str) -> Belongs {
    let is_frame = is_frame(text) && indent(line) > 0;
    let goes_on = text.starts_with("... ") || text.starts_with("Caused by: ");
    if is_frame || goes_on { Belongs::Yes } else { Belongs::No }
}

/// Python indents its frames, and not the exception that they lead to.
fn python(event: &SoFar<'_>, text: &str, told: bool) -> Belongs {
    let said =
        text.strip_prefix("LogPython: Error:").or_else(|| text.strip_prefix("LogPython: Warning:"));
    match said.map(|said| said.strip_prefix(' ').unwrap_or(said)) {
        None if told || event.has_essence => Belongs::No,
        // Others go on talking meanwhile.
        None => Belongs::Silently,
        Some(_) if event.has_essence => Belongs::No,
        Some(said) if said.trim().is_empty() => Belongs::Silently,
        Some(said) if said.starts_with(' ') => Belongs::Yes,
        Some(_) => Belongs::AsEssence,
    }
}

pub(super) fn is_frame(text: &str) -> bool {
    text.strip_prefix("at ").is_some_and(|frame| frame.contains('('))
}

fn gradle(event: &SoFar<'_>, text: &str, told: Option<Option<&str>>) -> Belongs {
    let ends = text.starts_with("* Try") || text.starts_with("* Get more help");
    if ends || text.starts_with("BUILD FAILED in ") || text.starts_with("* Exception is:") {
        return Belongs::AsLast;
    }
    if let Some((number, "Task failed with an exception.")) = text.split_once(": ")
        && number.bytes().all(|b| b.is_ascii_digit())
    {
        return if event.has_essence { Belongs::No } else { Belongs::Silently };
    }
    // Compilers, whose words may come late, and whoever started Gradle speak for themselves.
    let speaks = told.flatten().is_some_and(|code| !matches!(code, "Gradle" | "aapt"));
    if speaks || text.starts_with("***") {
        return Belongs::No;
    }
    let is_rule = text.starts_with("-----") || text.starts_with("=====");
    let is_chatter = text.is_empty() || is_rule || text.contains(" actionable task");
    if is_chatter || text.starts_with("* What went wrong:") || text.starts_with("* Where:") {
        return Belongs::Silently;
    }
    if event.has_essence { Belongs::Yes } else { Belongs::AsEssence }
}

/// How many lines an event may have that nobody announced.
const UNANNOUNCED: usize = 20;

/// How many words a program may have that lies in pieces is bounded by whoever collects them.
fn crash(event: &SoFar<'_>, line: &str, text: &str, told: Option<Option<&str>>) -> Belongs {
    if text.contains("end: stack for UAT") {
        return Belongs::AsLast;
    }
    let said = without_channel(text);
    let is_frame = said.starts_with("[Callstack]");
    let is_ensure = event.code == Some("ensure");
    if told == Some(Some("ensure")) && !is_ensure {
        return Belongs::No;
    }
    let was_framed = event.last.starts_with("[Callstack]");
    // The engine names the thread behind the frames.
    if said.is_empty() || said.starts_with("Crash in runnable thread ") {
        return Belongs::Silently;
    }
    if is_banner(said) || text.ends_with(": Fatal error!") {
        // A crash is more than the ensure before it, and another ensure is another one.
        return if is_ensure && event.has_essence { Belongs::No } else { Belongs::Announced };
    }
    let is_ending = matches!(told, Some(Some("crash" | "ensure"))) && !text.starts_with("Took ");
    if is_ending && (is_ensure || was_framed) && event.has_essence {
        return Belongs::No;
    }
    let is_error = said.len() < text.len();
    // What the program logs besides stands neither before it was announced nor behind the frames.
    let is_word = is_error && event.is_announced && !was_framed;
    let is_plain = told.is_none() && !has_channel(text) && is_of_crash(line) && !was_framed;
    let is_near = event.is_announced || event.lines < UNANNOUNCED;
    if is_frame || is_ending || is_word || (is_plain && is_near) {
        let is_essence = !event.has_essence && !is_frame;
        return if is_essence { Belongs::AsEssence } else { Belongs::Yes };
    }
    Belongs::No
}

/// `=== Critical error: ===` and the like announce a crash, and say nothing about it.
pub(super) fn is_banner(said: &str) -> bool {
    (said.starts_with("=== ") && said.ends_with(" ==="))
        || said.starts_with("Traceback (")
        || said.starts_with("begin: stack for UAT")
        || said == "Fatal error!"
}

/// What an engine's channel for crashes says: `LogWindows: Error: …`.
pub(super) fn without_channel(text: &str) -> &str {
    let said = text.split_once(": ").filter(|(channel, _)| is_crash_channel(channel));
    let said = said.and_then(|(_, said)| {
        let said = said.strip_prefix("Error:").or_else(|| said.strip_prefix("Critical:"));
        said.or_else(|| text.split_once(": ")?.1.strip_prefix("Fatal:"))
    });
    said.map_or(text, str::trim)
}

fn is_crash_channel(name: &str) -> bool {
    const CHANNELS: [&str; 9] = [
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
    CHANNELS.contains(&name)
}

/// Whether anybody of the engine speaks.
pub(super) fn has_channel(text: &str) -> bool {
    let word = text.split(':').next().unwrap_or_default();
    word.len() < text.len()
        && word.starts_with("Log")
        && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// Lines of a crash without a channel: what was asserted, where, and a few words more.
fn is_of_crash(line: &str) -> bool {
    const OTHERS: [&str; 6] = ["Took ", "AutomationTool ", "ERROR: ", "Running: ", "***", "BUILD "];
    !OTHERS.iter().any(|other| line.trim_start().starts_with(other))
}
