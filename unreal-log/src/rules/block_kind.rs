//! The kinds of blocks: which lines after its first one belong to a problem.

/// The lines that a problem continues with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BlockKind {
    /// None.
    Line,
    /// None. The line only repeats a message of another tool, and counts if that one is missing.
    Echo,
    /// Lines that are indented deeper than the first.
    Indented,
    /// Lines that are indented deeper, and in them the messages of a shader's compiler.
    ShaderMessages,
    /// Lines that are indented deeper, and the last line of a Blueprint's error, which names the asset.
    Asset,
    /// Notes, the line of source, the mark below it, the context of a template.
    Compiler,
    /// The places that refer to the symbol.
    Linker,
    /// The places that refer to the symbol, as Apple's linker prints them.
    AppleSymbol,
    /// Frames of .NET, and the place of the whole log.
    DotNetStack,
    /// The same. Without a frame the line reports nothing.
    BareDotNetStack,
    /// Frames of Java. Without one the line reports nothing.
    JavaStack,
    /// Python's frames, and then the exception.
    Python,
    /// Gradle's explanation.
    Gradle,
    /// Everything that the program prints until its last frame.
    Crash,
}

impl BlockKind {
    /// True if the first line reports a problem only if others follow.
    pub(crate) fn needs_more(self) -> bool {
        matches!(self, Self::BareDotNetStack | Self::JavaStack)
    }
}
