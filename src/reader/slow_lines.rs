//! Lines that are meant to be slow to read, or to make a reader keep too much. The benchmark uses this file too.

/// The parts of a line: a start, a piece that is repeated, an end.
type Recipe = (&'static str, &'static str, &'static str);

const RECIPES: &[Recipe] = &[
    // A pattern with several repetitions may try all ways to share such a line between them.
    ("", "a", ""),
    ("", " ", "x"),
    ("", " \t", ""),
    ("", ":", ""),
    ("", "a:", ""),
    ("", ": ", ""),
    ("", "(", ""),
    ("", "()", ""),
    ("", "[", ""),
    ("", "[]", ""),
    ("", "\"", ""),
    ("", "'", ""),
    ("", "*", ""),
    ("", "/", ""),
    ("", "a/", ".cpp(1): error C1: x"),
    ("", "../", "a.cpp:1:1: error: x"),
    ("", "C:\\a\\", ""),
    ("", "a.b", ""),
    // Labels, places and codes that never come to their end, or never end.
    ("UATHelper: ", "(", ""),
    ("UATHelper: ", "(a", ""),
    ("UATHelper: ", "(a(b))", ""),
    ("UATHelper: ", "a ", "("),
    ("", "UATHelper: (((", ""),
    ("", "UATHelper: a: ", ""),
    ("", "LogPlayLevel: Error: UAT: ", ""),
    ("", "[2026.05.10-14.23.45:123][  0]", "x"),
    ("", "1>", ""),
    ("[", " ", "1/2] x"),
    ("[1/2] ", "[1/2] ", ""),
    ("[1/", "9", "] x"),
    ("Took ", "1,", "s to run x, ExitCode=0"),
    // Every key word, so that no cheap test helps.
    ("", "error ", ""),
    ("", "error: ", ""),
    ("", "warning C4996: ", ""),
    ("", "fatal error LNK1120: ", ""),
    ("", "undefined reference to ", ""),
    ("", "a.cpp(1", "): error C1: x"),
    ("", "a.cpp(1): error C1: ", ""),
    ("a.cpp(1", ",1", "): error C1: x"),
    ("a.cpp(1,2", "-1", "): error C1: x"),
    ("", "a.cpp:1:", " error: x"),
    ("", "a.cpp:1:1: error: ", ""),
    ("a.cpp:1:1: error: x [", "-Wx,", "-Wy]"),
    ("a.cpp:1:1: error: x ", "[-Wx] ", ""),
    ("a.obj", "(a", ") : error LNK2019: x"),
    ("", "a.obj ", ": error LNK2019: x"),
    ("", "clang-", "clang: error: x"),
    ("", "LogCook: Error: ", ""),
    ("", "LogInit: Display: ", "LogCook: Error: x"),
    // Numbers, addresses and names, which differ between two lines that say the same.
    ("LogA: Warning: ", "1a", ""),
    ("LogA: Warning: ", "1 ", ""),
    ("LogA: Error: ", "0x1f ", ""),
    ("LogA: Error: ", "0123456789abcdef", "g"),
    ("LogBlueprint: Error: [AssetLog] ", "a.uasset: ", ""),
    ("LogBlueprint: Error: ", "[Compiler x] ", "from Source: /Game/A"),
    ("LogProperty: Error: Property /Game/", "A.", " Unknown structure."),
    ("ERROR: ", "ERROR: ", ""),
    ("error: x [", "a", ".vcxproj]"),
    ("error: x ", "[a.vcxproj", "]"),
    ("Undefined symbols for architecture ", "a", ":"),
    ("", ">>> error: ", ""),
    ("", "   at A.B() error ", ""),
    // Paths of projects and assets.
    ("", "-project=\"", ".uproject"),
    ("-project=\"C:/", "a/", "A.uproject\""),
    ("-project=\"C:/", "a/../", "A.uproject\""),
    ("Parsing command line: ", "-project=C:/a.uproject ", ""),
    ("LogCook: Error: ", "/Game/", " is missing"),
    // Bytes of other encodings and of terminals.
    ("", "\x1b[", ""),
    ("", "\x1b[31m", ""),
    ("", "\x1b]0;", ""),
    ("", "\x1b[1;", "m"),
    ("", "e\0r\0r\0o\0r\0:\0 \0", ""),
    ("", "L o g X :   E r r o r : ", ""),
    ("\u{feff}", "\u{feff}", "error: x"),
    ("", "日本 ", "error: x"),
    ("", "\u{fffd}", ""),
    ("", "\u{202e}", ""),
    ("", "\r", ""),
    ("", "\u{8}", ""),
    // Commands to a CI.
    ("", "::", ""),
    ("", "::error::", ""),
    ("", "##[", ""),
    ("", "##vso[", ""),
    ("", "\x1b[0m##[", ""),
    // JSON, as the editor writes it.
    ("", "{\"message\":", ""),
    ("", "{\"level\":\"Error\",\"message\":\"", ""),
    ("{\"level\":\"Error\",\"message\":\"", "\\u0041", "\"}"),
    ("{\"message\":", "[", ""),
    ("{", "\"a\":1,", "\"message\":\"error: x\"}"),
];

/// A name and a line for each recipe. Each line has about `length` bytes.
pub(crate) fn lines(length: usize) -> impl Iterator<Item = (String, String)> {
    RECIPES.iter().map(move |(start, piece, end)| {
        let times = length.saturating_sub(start.len() + end.len()) / piece.len();
        let name =
            format!("{}{}…{}", start.escape_debug(), piece.escape_debug(), end.escape_debug());
        (name, format!("{start}{}{end}", piece.repeat(times)))
    })
}
