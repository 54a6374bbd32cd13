//! Logs of builds that never were.

/// The lines of a quiet build by turns: UAT, UBT, the editor that cooks; some as an editor shows them that runs UAT.
const ORDINARY: &[&str] = &[
    "[{n}/9000] Compile [x64] Module.SpaceMiner.{n}.cpp",
    "[{n}/9000] Compile [x64] OreVein{n}.cpp",
    "[{n}/9000] Link [x64] UnrealEditor-SpaceMiner{n}.dll",
    "UATHelper: Packaging (Windows (64-bit)): [{n}/9000] Drill{n}.cpp",
    "UATHelper: Packaging (Android (Multi:ASTC,ETC2)):   Using 'git status' to determine working set {n}",
    "LogCook: Display: Cooked packages {n} Packages Remain 9000 Total 18000",
    "LogCook: Display: Cooking /Game/Maps/Belt_{n} -> D:/Build/SpaceMiner/Saved/Cooked/Windows/Belt_{n}.umap",
    "LogShaderCompilers: Display: Shaders left to compile {n}",
    "LogStreaming: Display: FlushAsyncLoading({n}): 1 QueuedPackages, 0 AsyncPackages",
    "[2026.05.10-14.23.45:123][{n}]LogAssetRegistry: Display: Asset registry cache read as {n}.7 MiB",
    "[2026.05.10-14.23.45:123][ 51]UATHelper: Packaging (Windows): LogInit: Display: Loading text-based config {n}",
    "LogPlayLevel: UAT: Copying D:/Build/SpaceMiner/Binaries/Win64/Part{n}.dll to D:/Build/Staged/Part{n}.dll",
    "LogDerivedDataCache: Display: ../../../Engine/DerivedDataCache/Boot.ddc: Opened cache ({n} MiB)",
    "LogConsoleResponse: Display: Failed to find resolution value strings in scalability ini. {n}",
    "CommandUtils.Run: Running: D:/UE/Engine/Binaries/Win64/UnrealPak.exe D:/Build/Paks/chunk{n}.pak -create",
    "Copied file D:/Build/Intermediate/Android/arm64/gradle/src/com/studio/IabException{n}.java",
    "> Task :app:mergeReleaseAssets{n}",
    "  Executing up to {n} processes, one per physical core",
    "",
    "LogInit: Display: Success - 0 error(s), {n} warning(s)",
];

const WARNINGS: &[&str] = &[
    "D:\\Build\\SpaceMiner\\Source\\OreVein.cpp({n},17): warning C4996: 'UOreVein::Dig': Use Excavate instead.",
    "LogLinker: Warning: [AssetLog] D:/Build/SpaceMiner/Content/Ore{n}.uasset: Failed to load '/Game/Rock{n}'",
    "WARNING: Library 'ore{n}.lib' was not resolvable to a file when used in Module 'SpaceMiner'",
    "../Source/SpaceMiner/Drill.cpp:{n}:8: warning: unused variable 'Bit{n}' [-Wunused-variable]",
];

const ERRORS: &[&str] = &[
    "LogBlueprint: Error: [AssetLog] D:/Build/SpaceMiner/Content/Ore.uasset: [Compiler] In use pin  P{n}  no longer exists",
    "PackagingResults: Error: [AssetLog] D:/Build/SpaceMiner/Content/Ore.uasset: [Compiler] In use pin  P{n}  no longer exists",
    "LogProperty: Error: FStructProperty::Serialize Loading: Property '/Game/Ore.Ore_C:Vein:P{n}'. Unknown structure.",
    "LogInit: Display: LogBlueprint: Error: [AssetLog] D:/Build/SpaceMiner/Content/Ore.uasset: P{n}",
    "LogWindows: Error: [Callstack] 0x00007ffd{n} UnrealEditor-Engine.dll!UWorld::Tick() []",
];

pub(crate) fn ordinary(count: usize) -> Vec<String> {
    build((0..count).map(|n| (n, ORDINARY)))
}

/// Every twentieth line is a warning.
pub(crate) fn with_warnings(count: usize) -> Vec<String> {
    build((0..count).map(|n| if n % 20 == 7 { (n / 20, WARNINGS) } else { (n, ORDINARY) }))
}

/// Nothing but errors, each a different one.
pub(crate) fn cook_errors(count: usize) -> Vec<String> {
    build((0..count).map(|n| (n, ERRORS)))
}

/// Lines by turns, within a build, each with its number.
fn build<'l>(lines: impl Iterator<Item = (usize, &'l [&'l str])>) -> Vec<String> {
    let start = [
        "Running AutomationTool...",
        "Parsing command line: BuildCookRun -project=\"D:/Build/SpaceMiner/SpaceMiner.uproject\"",
        "********** COOK COMMAND STARTED **********",
    ];
    let lines = lines.map(|(n, turns)| turns[n % turns.len()].replace("{n}", &n.to_string()));
    start.into_iter().map(str::to_owned).chain(lines).collect()
}
