//! Exit codes in words: AutomationTool's, UnrealBuildTool's, and those of the processes that they start.

use regex::{Captures, Regex};

use crate::finding::Owner;
use crate::pattern;

/// A line with an exit code, explained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ExplainedExit {
    /// The line in one sentence.
    pub(crate) text: String,
    /// The owner, if the code alone decides.
    pub(crate) owner: Option<Owner>,
}

/// The exit codes of AutomationTool: number, name and meaning.
const UAT: &[(i64, &str, &str)] = &[
    (-1, "UATNotFound", "AutomationTool itself is missing"),
    (1, "Unknown", "something failed that has no code of its own; its error stands above"),
    (2, "Arguments", "the arguments of RunUAT are wrong"),
    (3, "UnknownCommand", "RunUAT does not know the command"),
    (10, "SDKNotFound", "the SDK of the platform is missing on the build machine"),
    (11, "ProvisionNotFound", "the iOS provisioning profile is missing"),
    (12, "CertificateNotFound", "the iOS signing certificate is missing"),
    (
        13,
        "ProvisionAndCertificateNotFound",
        "the iOS provisioning profile and certificate are missing",
    ),
    (14, "InfoPListNotFound", "the Info.plist is missing"),
    (15, "KeyNotFoundInPList", "the Info.plist lacks a key"),
    (16, "ProvisionExpired", "the iOS provisioning profile has expired"),
    (17, "CertificateExpired", "the iOS signing certificate has expired"),
    (18, "CertificateProvisionMismatch", "the iOS certificate is not in the provisioning profile"),
    (19, "CodeUnsupported", "a project with code cannot be packaged this way"),
    (20, "PluginsUnsupported", "a project with plugins cannot be packaged this way"),
    (25, "UnknownCookFailure", "the cook failed; look for LogX: Error lines above"),
    (26, "UnknownDeployFailure", "the deployment failed"),
    (27, "UnknownBuildFailure", "the build of the code failed"),
    (28, "UnknownPackageFailure", "the packaging failed"),
    (29, "UnknownLaunchFailure", "the launch failed"),
    (30, "StageMissingFile", "a file that was to be staged is missing"),
    (31, "FailedToCreateIPA", "the IPA could not be made"),
    (32, "FailedToCodeSign", "the app could not be signed"),
    (33, "DeviceBackupFailed", "the device could not be backed up"),
    (34, "AppUninstallFailed", "the app could not be removed from the device"),
    (35, "AppInstallFailed", "the app could not be installed on the device"),
    (36, "AppNotFound", "the app to install is missing"),
    (37, "StubNotSignedCorrectly", "the stub of the app is not signed as it must be"),
    (38, "IPAMissingInfoPList", "the IPA has no Info.plist"),
    (39, "DeleteFile", "a file could not be deleted; something may hold it"),
    (40, "DeleteDirectory", "a folder could not be deleted; something may hold it"),
    (41, "CreateDirectory", "a folder could not be made"),
    (42, "CopyFile", "a file could not be copied; something may hold it, or the disk is full"),
    (50, "OnlyOneObbFileSupported", "there may be only one OBB"),
    (51, "FailureGettingPackageInfo", "the APK could not be read"),
    (52, "OnlyOneTargetConfigurationSupported", "only one configuration can be packaged at a time"),
    (53, "ObbNotFound", "the OBB is missing"),
    (54, "AndroidBuildToolsPathNotFound", "the Android build tools are missing"),
    (55, "NoApkSuitableForArchitecture", "no APK fits the architecture of the device"),
    (56, "FilesInstallFailed", "files could not be installed on the device"),
    (57, "RemoteCertificatesNotFound", "the certificates for the remote Mac are missing"),
    (100, "LauncherFailed", "the launcher failed"),
    (101, "UATLaunchFailure", "AutomationTool could not be started"),
    (
        102,
        "FailedToDeleteStagingDirectory",
        "the staging folder could not be deleted; something holds a file in it",
    ),
    (103, "MissingExecutable", "the program to package or to run has not been built"),
    (150, "DeviceNotSetupForDevelopment", "the device is not set up for development"),
    (151, "DeviceOSNewerThanSDK", "the device has a newer system than the SDK knows"),
    (152, "TestFailure", "tests failed"),
    (153, "SymbolizedSONotFound", "the library with symbols is missing"),
    (154, "LicenseNotAccepted", "the licence of an SDK has not been accepted on the build machine"),
    (155, "AndroidOBBError", "the OBB could not be made; it may be too large"),
    (200, "SDKInstallFailed", "the SDK of the platform could not be installed"),
    (201, "DeviceUpdateFailed", "the device could not be updated"),
];

/// The exit codes of UnrealBuildTool. Older engines have 5 for what is 6 today.
const UBT: &[(i64, &str, &str)] = &[
    (1, "Canceled", "it was cancelled"),
    (2, "UpToDate", "there was nothing to do"),
    (3, "CrashOrAssert", "it crashed"),
    (4, "FailedDueToHeaderChange", "headers have changed while it built"),
    (5, FORMERLY_COMPILATION, "the code did not compile, or the engine has changed"),
    (5, "FailedDueToEngineChange", "the engine has changed, and it may not be rebuilt"),
    (6, "OtherCompilationError", "the code could not be built; the errors stand above"),
    (7, "LiveCodingLimitError", "Live Coding cannot take so many changes"),
    (8, "RulesError", "the rules of a module or target are wrong"),
    (9, "ActionGraphInvalid", "two targets want to write the same file differently"),
];
const FORMERLY_COMPILATION: &str =
    "OtherCompilationError in older engines, FailedDueToEngineChange in newer ones";

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// It reported errors.
    Failed,
    Crashed,
    /// The system killed it.
    Killed,
    /// It was asked to end.
    Stopped,
    NotStarted,
}

impl Ending {
    /// The predicate of a sentence about the process.
    fn text(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Crashed => "crashed",
            Self::Killed => "was killed",
            Self::Stopped => "was stopped",
            Self::NotStarted => "could not start",
        }
    }
}

/// The exit codes of processes that ended by a signal, as a shell counts, or by abort of the C runtime.
const PROCESS: &[(i64, Ending, &str)] = &[
    (1, Ending::Failed, "it reported errors"),
    (3, Ending::Crashed, "abort, usually a failed assertion"),
    (130, Ending::Stopped, "SIGINT, interrupted"),
    (132, Ending::Crashed, "SIGILL, an instruction that this processor does not have"),
    (134, Ending::Crashed, "SIGABRT, usually a failed assertion"),
    (135, Ending::Crashed, "SIGBUS, memory that is not there"),
    (136, Ending::Crashed, "SIGFPE, a division by zero"),
    (137, Ending::Killed, "SIGKILL, mostly because memory ran out"),
    (139, Ending::Crashed, "SIGSEGV, an invalid pointer"),
    (143, Ending::Stopped, "SIGTERM, ended from outside"),
    (255, Ending::Failed, "no particular code"),
];

/// The exit codes of processes on Windows that ended by an exception.
const STATUS: &[(u32, Ending, &str)] = &[
    (0x8000_0003, Ending::Crashed, "a breakpoint or failed assertion"),
    (0xC000_0005, Ending::Crashed, "access violation, an invalid pointer"),
    (0xC000_0017, Ending::Crashed, "memory ran out"),
    (0xC000_001D, Ending::Crashed, "an instruction that this processor does not have"),
    (0xC000_0094, Ending::Crashed, "a division by zero"),
    (0xC000_00FD, Ending::Crashed, "stack overflow"),
    (0xC000_012D, Ending::Crashed, "memory ran out, the paging file is too small"),
    (0xC000_0135, Ending::NotStarted, "a DLL was not found"),
    (0xC000_013A, Ending::Stopped, "interrupted from outside"),
    (0xC000_0142, Ending::NotStarted, "a DLL failed to initialise"),
    (0xC000_0374, Ending::Crashed, "heap corruption"),
    (0xC000_0409, Ending::Crashed, "fast fail, such as a buffer overrun"),
    (0xC06D_007E, Ending::Crashed, "a delay-loaded DLL was not found"),
    (0xE043_4352, Ending::Crashed, "an unhandled .NET exception"),
    (0xE06D_7363, Ending::Crashed, "an unhandled C++ exception"),
];

/// The forms of lines with an exit code, compiled.
#[derive(Debug, Clone)]
pub(crate) struct ExitCodes {
    uat: Regex,
    ubt: Regex,
    process: Regex,
    tool: Regex,
    editor: Regex,
    client: Regex,
}

impl ExitCodes {
    pub(crate) fn new() -> Self {
        let compile = pattern::compile;
        Self {
            uat: compile(
                r"AutomationTool exiting with ExitCode=(?<code>-?[0-9]+)(?: \((?<name>-?[A-Za-z0-9_]+)\))?",
            ),
            ubt: compile(r"^\s*Result: Failed \((?<name>[A-Za-z0-9_]+)\)"),
            process: compile(r"\bto run (?<program>[^\s,]+),? ExitCode=(?<code>-?[0-9]+)$"),
            tool: compile(
                r"^\s*Error executing (?:.*[/\\])?(?<program>[^/\\]+?) \(tool returned code: (?<code>-?[0-9]+)\)",
            ),
            editor: compile(
                r"Editor terminated with exit code (?<code>-?[0-9]+) while running (?<command>[A-Za-z0-9_]+)",
            ),
            client: compile(r"Client exited with error code: (?<code>-?[0-9]+)"),
        }
    }

    /// The line in words, if it has one of the forms and its code is known.
    pub(crate) fn explained(&self, line: &str) -> Option<ExplainedExit> {
        // No line with an exit code is longer.
        let line = line.get(..line.len().min(4096))?.trim_end();
        if let Some(found) = self.uat.captures(line) {
            let code = group(&found, "code").parse().ok()?;
            return uat(code, found.name("name").map(|name| name.as_str()));
        }
        if let Some(found) = self.ubt.captures(line) {
            let name = group(&found, "name");
            let (_, _, meaning) = UBT.iter().find(|(_, known, _)| *known == name)?;
            return Some(ExplainedExit {
                text: format!("UnrealBuildTool failed ({name}): {meaning}"),
                owner: None,
            });
        }
        let explain = |found: &Captures<'_>| {
            let code: i64 = group(found, "code").parse().ok()?;
            let (ending, meaning) = process(code)?;
            Some((code, ending, meaning))
        };
        let (code, text) = if let Some(found) = self.process.captures(line) {
            let (code, ending, meaning) = explain(&found)?;
            let (program, ending) = (group(&found, "program"), ending.text());
            (code, format!("{program} {ending} (ExitCode={code}: {meaning})"))
        } else if let Some(found) = self.tool.captures(line) {
            // The errors of the tool are findings themselves.
            let (code, ending, meaning) =
                explain(&found).filter(|(_, ending, _)| *ending != Ending::Failed)?;
            let (program, ending) = (group(&found, "program"), ending.text());
            (code, format!("{program} {ending} (tool returned code: {code}, {meaning})"))
        } else if let Some(found) = self.editor.captures(line) {
            let (code, _, meaning) = explain(&found)?;
            let command = group(&found, "command");
            (
                code,
                format!(
                    "Editor terminated with exit code {code} while running {command}: {meaning}"
                ),
            )
        } else {
            let (code, _, meaning) = explain(&self.client.captures(line)?)?;
            (code, format!("Client exited with error code: {code} ({meaning})"))
        };
        Some(ExplainedExit { text, owner: owner_of_process(code) })
    }
}

fn group<'l>(found: &Captures<'l>, name: &str) -> &'l str {
    found.name(name).map_or("", |text| text.as_str())
}

/// An exit code of AutomationTool. The name decides. If it is the number again, the code is UnrealBuildTool's.
fn uat(code: i64, name: Option<&str>) -> Option<ExplainedExit> {
    let name = name.map(|name| name.strip_prefix("Error_").unwrap_or(name));
    if name.is_some_and(|name| name.parse() == Ok(code)) {
        let text = match UBT.iter().find(|(known, ..)| *known == code) {
            Some((_, name, meaning)) => format!(
                "AutomationTool exited with {code}, which is UnrealBuildTool's {name}: {meaning}"
            ),
            None => {
                let (ending, meaning) = process(code)?;
                let ending = ending.text();
                format!(
                    "AutomationTool exited with {code}: a process {ending} (ExitCode={code}: {meaning})"
                )
            }
        };
        return Some(ExplainedExit { text, owner: owner_of_process(code) });
    }
    let is_it = |known: &str, number| name.map_or(number == code, |name| name == known);
    let (number, name, meaning) = UAT.iter().find(|(number, known, _)| is_it(known, *number))?;
    let text = format!("AutomationTool exited with {code} ({name}): {meaning}");
    Some(ExplainedExit { text, owner: owner_of_uat(*number) })
}

/// How the process ended, and why.
fn process(code: i64) -> Option<(Ending, &'static str)> {
    let status =
        u32::try_from(code).ok().or_else(|| Some(i32::try_from(code).ok()?.cast_unsigned()));
    let by_code = PROCESS.iter().find(|(known, ..)| *known == code);
    let by_status = || STATUS.iter().find(|(known, ..)| Some(*known) == status);
    by_code
        .map(|(_, ending, meaning)| (*ending, *meaning))
        .or_else(|| by_status().map(|(_, ending, meaning)| (*ending, *meaning)))
}

fn owner_of_uat(code: i64) -> Option<Owner> {
    match code {
        10 | 200 => Some(Owner::Toolchain),
        11..=18 | 31 | 32 | 154 => Some(Owner::Config),
        _ => None,
    }
}

fn owner_of_process(code: i64) -> Option<Owner> {
    // Memory ran out.
    matches!(code, 137 | 0xC000_0017 | 0xC000_012D | -1_073_741_801 | -1_073_741_523)
        .then_some(Owner::Infrastructure)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn explained(line: &str) -> Option<(String, Option<Owner>)> {
        ExitCodes::new().explained(line).map(|exit| (exit.text, exit.owner))
    }

    #[test]
    fn every_form_of_a_line_with_an_exit_code_is_explained() {
        for (line, text, owner) in [
            (
                "AutomationTool exiting with ExitCode=25 (Error_UnknownCookFailure)",
                "AutomationTool exited with 25 (UnknownCookFailure): the cook failed; look for LogX: Error lines above",
                None,
            ),
            (
                "AutomationTool exiting with ExitCode=200 (Error_SDKInstallFailed)",
                "AutomationTool exited with 200 (SDKInstallFailed): the SDK of the platform could not be installed",
                Some(Owner::Toolchain),
            ),
            (
                "AutomationTool exiting with ExitCode=154",
                "AutomationTool exited with 154 (LicenseNotAccepted): the licence of an SDK has not been accepted on the build machine",
                Some(Owner::Config),
            ),
            // The name decides, because the numbers may change.
            (
                "AutomationTool exiting with ExitCode=77 (Error_SDKNotFound)",
                "AutomationTool exited with 77 (SDKNotFound): the SDK of the platform is missing on the build machine",
                Some(Owner::Toolchain),
            ),
            (
                "AutomationTool exiting with ExitCode=6 (6)",
                "AutomationTool exited with 6, which is UnrealBuildTool's OtherCompilationError: the code could not be built; the errors stand above",
                None,
            ),
            (
                "AutomationTool exiting with ExitCode=5 (5)",
                "AutomationTool exited with 5, which is UnrealBuildTool's OtherCompilationError in older engines, FailedDueToEngineChange in newer ones: the code did not compile, or the engine has changed",
                None,
            ),
            (
                "AutomationTool exiting with ExitCode=137 (137)",
                "AutomationTool exited with 137: a process was killed (ExitCode=137: SIGKILL, mostly because memory ran out)",
                Some(Owner::Infrastructure),
            ),
            (
                "Result: Failed (OtherCompilationError)",
                "UnrealBuildTool failed (OtherCompilationError): the code could not be built; the errors stand above",
                None,
            ),
            (
                "Took 1,060.65s to run UnrealEditor-Cmd.exe, ExitCode=3",
                "UnrealEditor-Cmd.exe crashed (ExitCode=3: abort, usually a failed assertion)",
                None,
            ),
            (
                "Took 8.1s to run UnrealEditor-Cmd, ExitCode=137",
                "UnrealEditor-Cmd was killed (ExitCode=137: SIGKILL, mostly because memory ran out)",
                Some(Owner::Infrastructure),
            ),
            (
                "Took 8,1s to run UE4Editor-Cmd.exe, ExitCode=-1073741819",
                "UE4Editor-Cmd.exe crashed (ExitCode=-1073741819: access violation, an invalid pointer)",
                None,
            ),
            (
                "Took 8,1s to run UE4Editor-Cmd.exe, ExitCode=3221226505",
                "UE4Editor-Cmd.exe crashed (ExitCode=3221226505: fast fail, such as a buffer overrun)",
                None,
            ),
            (
                r"Error executing C:\VC\bin\cl.exe (tool returned code: -1073741515)",
                "cl.exe could not start (tool returned code: -1073741515, a DLL was not found)",
                None,
            ),
            (
                "ERROR: Editor terminated with exit code 1 while running Cook for D:/Door/Door.uproject; see log C:/Log.txt",
                "Editor terminated with exit code 1 while running Cook: it reported errors",
                None,
            ),
            (
                "ERROR: Client exited with error code: 139",
                "Client exited with error code: 139 (SIGSEGV, an invalid pointer)",
                None,
            ),
        ] {
            assert_eq!(explained(line), Some((text.to_owned(), owner)), "{line}");
        }
    }

    #[test]
    fn lines_with_unknown_codes_are_not_explained() {
        for line in [
            "AutomationTool exiting with ExitCode=25 (Error_DoorsAreShut)",
            "AutomationTool exiting with ExitCode=4242",
            "AutomationTool exiting with ExitCode=4242 (4242)",
            "Result: Failed (DoorsAreShut)",
            "Took 1s to run Door.exe, ExitCode=77",
            "Error executing cl.exe (tool returned code: 1)",
            "Error executing cl.exe (tool returned code: 2)",
            "LogDoor: Error: ExitCode=3",
            "",
        ] {
            assert_eq!(explained(line), None, "{line}");
        }
    }

    #[test]
    fn a_windows_code_is_known_with_and_without_its_sign() {
        for (code, ending, meaning) in STATUS {
            let unsigned = i64::from(*code);
            for code in [unsigned, unsigned - (1 << 32)] {
                assert_eq!(process(code), Some((*ending, *meaning)), "{code}");
            }
            let owner = owner_of_process(unsigned);
            assert_eq!(owner_of_process(unsigned - (1 << 32)), owner, "{code:x}");
            assert_eq!(owner.is_some(), meaning.contains("memory ran out"), "{code:x}");
        }
    }
}
