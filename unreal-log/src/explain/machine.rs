//! What the machine, the network, the account or the source control lacks.

use super::row::{By, ROW, Row};
use crate::finding::{Owner, Rank};
use crate::tool::Tool;

const MACHINE: Row = Row { owner: Owner::Infrastructure, rank: Some(Rank::Infrastructure), ..ROW };

const MEMORY: &str = "Give the build more memory, with a larger machine or fewer parallel actions, and try again: the \
    code is not at fault.";
const HEADER_MEMORY: &[By] = &[
    By::Code("C1002"),
    By::Code("C1060"),
    By::Code("C1076"),
    By::Code("C3859"),
    By::Code("LNK1102"),
];

pub(super) const TABLE: &[Row] = &[
    Row {
        by: &[By::Tool(Tool::Git), By::Tool(Tool::GitLfs)],
        pattern: r"(?i)over its data quota|exceeded its LFS budget|LFS budget",
        owner: Owner::Quota,
        hint: "Buy more Git LFS bandwidth for the account that owns the repository, or wait until its quota is renewed.",
        example: "Door.uasset: Smudge error: batch response: This repository is over its data quota.",
        expected: "Buy more Git LFS bandwidth for the account that owns the repository, or wait until its quota is renewed.",
        ..MACHINE
    },
    Row {
        by: HEADER_MEMORY,
        pattern: "",
        hint: MEMORY,
        example: "Failed to create virtual memory for PCH",
        expected: MEMORY,
        ..MACHINE
    },
    Row {
        pattern: r"(?i)\bout of (?:virtual |heap )?memory\b|cannot allocate memory|paging file is too small|OutOfMemoryException|java heap space|\bExitCode=137\b|exited with 137\b",
        hint: MEMORY,
        example: "out of memory",
        expected: MEMORY,
        ..MACHINE
    },
    Row {
        by: &[By::Tool(Tool::Os)],
        pattern: r"\bKilled\b",
        hint: MEMORY,
        example: "Killed",
        expected: MEMORY,
        ..MACHINE
    },
    Row {
        pattern: r"(?i)no space left on device|not enough space on the disk|disk full\. path|disk quota exceeded",
        hint: "Free space on the build machine's disk or take a larger one, and try again.",
        example: "System.IO.IOException: There is not enough space on the disk.",
        expected: "Free space on the build machine's disk or take a larger one, and try again.",
        ..MACHINE
    },
    Row {
        by: &[By::Code("LNK1106"), By::Code("LNK1180")],
        pattern: "",
        hint: "Free space on the build machine's disk: the linker could not write its output.",
        example: "invalid file or disk full: cannot seek to 0x1C3A",
        expected: "Free space on the build machine's disk: the linker could not write its output.",
        ..MACHINE
    },
    Row {
        by: &[By::Code("LNK1104")],
        pattern: r#"['"“](?:[^'"”]*[/\\])?(?<file>[^'"”/\\]+\.(?:exe|dll|pdb|ilk))\b"#,
        hint: "Close whatever runs or holds {file}: the linker cannot write it.",
        example: r"cannot open file 'D:\Game\Binaries\Win64\Game.exe'",
        expected: "Close whatever runs or holds Game.exe: the linker cannot write it.",
        ..MACHINE
    },
    Row {
        by: &[By::Tool(Tool::GitLfs), By::Tool(Tool::Git)],
        pattern: r"object: (?<file>.+?) \(.*(?:Object does not exist|object not found|\b404\b|missing object)",
        hint: "Push the missing LFS object of {file} from a clone that has it: git lfs push --all.",
        example: "Error downloading object: Content/Door.uasset (a795536): Smudge error: [404] Object does not exist on the server",
        expected: "Push the missing LFS object of Content/Door.uasset from a clone that has it: git lfs push --all.",
        ..MACHINE
    },
    Row {
        by: &[By::Tool(Tool::Git), By::Tool(Tool::GitLfs)],
        pattern: r"(?i)rate limit|Could not resolve host|Connection (?:timed out|reset|refused)|early EOF|RPC failed|unexpected disconnect|remote end hung up|\b50[234]\b",
        hint: "Try again: the connection to the Git server failed.",
        example: "unable to access 'https://example.com/door.git/': Could not resolve host: example.com",
        expected: "Try again: the connection to the Git server failed.",
        ..MACHINE
    },
    Row {
        by: &[By::Tool(Tool::Git), By::Tool(Tool::GitLfs)],
        pattern: r"could not read (?:Username|Password)|Authentication failed|Permission denied \(publickey|Invalid username or|Host key verification failed|(?i:repository not found|\b40[13]\b)",
        owner: Owner::Config,
        hint: "Renew the credentials with which BuildPixel reads this Git repository, and check that they may read it and its submodules.",
        example: "could not read Username for 'https://example.com': terminal prompts disabled",
        expected: "Renew the credentials with which BuildPixel reads this Git repository, and check that they may read it and its submodules.",
        ..MACHINE
    },
    Row {
        by: &[By::Tool(Tool::Git)],
        pattern: r"(?i)(?:remote branch|remote ref|pathspec) '?(?<name>[^\s']+)",
        owner: Owner::Config,
        hint: "Set the build to a branch or commit that exists on the Git server: {name} does not.",
        example: "Remote branch door/hinge not found in upstream origin",
        expected: "Set the build to a branch or commit that exists on the Git server: door/hinge does not.",
        ..MACHINE
    },
    Row {
        by: &[By::Tool(Tool::Perforce)],
        pattern: r"P4PASSWD|session has expired",
        owner: Owner::Config,
        hint: "Renew the Perforce ticket or password of the build (p4 login): it is missing or has expired.",
        example: "Perforce password (P4PASSWD) invalid or unset.",
        expected: "Renew the Perforce ticket or password of the build (p4 login): it is missing or has expired.",
        ..MACHINE
    },
    Row {
        by: &[By::Tool(Tool::Perforce)],
        pattern: r"(?i)clobber writable file (?<file>\S.*)",
        hint: "Clean the Perforce workspace (p4 clean) or set its clobber option: {file} was changed on the build machine.",
        example: "Can't clobber writable file /ws/Content/Door.uasset",
        expected: "Clean the Perforce workspace (p4 clean) or set its clobber option: /ws/Content/Door.uasset was changed on the build machine.",
        ..MACHINE
    },
    Row {
        by: &[By::Tool(Tool::Perforce)],
        pattern: r"Connect to server failed|TCP connect to",
        hint: "Check the address of the Perforce server (P4PORT) and that the build machine can reach it, and try again.",
        example: "Connect to server failed; check $P4PORT.",
        expected: "Check the address of the Perforce server (P4PORT) and that the build machine can reach it, and try again.",
        ..MACHINE
    },
    Row {
        by: &[By::Tool(Tool::Perforce)],
        pattern: r"Client '(?<client>[^']*)' unknown",
        owner: Owner::Config,
        hint: "Create the Perforce workspace {client}, or set the build to one that exists.",
        example: "Client 'door-ci' unknown - use 'client' command to create it.",
        expected: "Create the Perforce workspace door-ci, or set the build to one that exists.",
        ..MACHINE
    },
    Row {
        by: &[By::Tool(Tool::Perforce)],
        pattern: r"(?<path>//\S.*) - no such file\(s\)",
        owner: Owner::Config,
        hint: "Set the build to a depot path that exists and that its user may read: {path} is none.",
        example: "//depot/Door/... - no such file(s).",
        expected: "Set the build to a depot path that exists and that its user may read: //depot/Door/... is none.",
        ..MACHINE
    },
    Row {
        by: &[By::Tool(Tool::Gradle), By::Tool(Tool::Uat), By::Tool(Tool::Turnkey)],
        pattern: r"Could not (?:resolve|GET|HEAD|download) |(?i:connection (?:timed out|reset|refused)|read timed out|UnknownHostException|SocketTimeoutException|ConnectException|SSLHandshakeException)",
        hint: "Try again, or give the build machine access to the server: something could not be downloaded.",
        example: "java.net.ConnectException: Connection timed out: connect",
        expected: "Try again, or give the build machine access to the server: something could not be downloaded.",
        ..MACHINE
    },
    Row {
        pattern: r"(?i)unable to bind to (?<address>\S+)",
        hint: "Free {address} on the build machine: another process, such as an open editor, holds the port.",
        example: "HttpListener unable to bind to 127.0.0.1:8000",
        expected: "Free 127.0.0.1:8000 on the build machine: another process, such as an open editor, holds the port.",
        ..MACHINE
    },
    Row {
        pattern: r"(?i)address already in use|only one usage of each socket address|HttpListener unable to bind|port \d+ (?:is )?already (?:bound|in use)",
        hint: "End the other process on the build machine, such as an open editor, that holds the same network port.",
        example: "bind: Address already in use",
        expected: "End the other process on the build machine, such as an open editor, that holds the same network port.",
        ..MACHINE
    },
    Row {
        pattern: r"A conflicting instance of (?<tool>\w+)",
        hint: "Let only one {tool} run on the build machine at a time, or end the one that is left over.",
        example: "A conflicting instance of AutomationTool is already running.",
        expected: "Let only one AutomationTool run on the build machine at a time, or end the one that is left over.",
        ..MACHINE
    },
    Row {
        pattern: r"Unable to build while Live Coding is active",
        hint: "Close the editor on the build machine, or switch Live Coding off in it.",
        example: "Unable to build while Live Coding is active. Exit the editor and game, or press Ctrl+Alt+F11",
        expected: "Close the editor on the build machine, or switch Live Coding off in it.",
        ..MACHINE
    },
    Row {
        pattern: r"'(?:[^']*[/\\])?Intermediate[/\\](?:[^']*[/\\])?(?<file>[^'/\\]+)' already exists",
        hint: "Delete the project's Intermediate folder on the build machine and try again: {file} is left over from another build.",
        example: r"System.IO.IOException: The file 'D:\Game\Intermediate\Android\Stub.java' already exists.",
        expected: "Delete the project's Intermediate folder on the build machine and try again: Stub.java is left over from another build.",
        ..MACHINE
    },
    Row {
        pattern: r"cannot access the file '(?:[^']*[/\\])?(?<file>[^'/\\]+)'",
        hint: "End the process on the build machine that holds {file} (an editor, a running game, a virus scanner) and try again.",
        example: r"System.IO.IOException: The process cannot access the file 'D:\Game\Door.pak' because it is being used by another process.",
        expected: "End the process on the build machine that holds Door.pak (an editor, a running game, a virus scanner) and try again.",
        ..MACHINE
    },
    Row {
        pattern: r"(?i)access to the path '(?:[^']*[/\\])?(?<file>[^'/\\]+)' is denied",
        hint: "Give the build the right to write {file}: it is read-only, locked or somebody else's.",
        example: r"System.UnauthorizedAccessException: Access to the path 'D:\Game\Door.pak' is denied.",
        expected: "Give the build the right to write Door.pak: it is read-only, locked or somebody else's.",
        ..MACHINE
    },
    Row {
        pattern: r"Installation of apk '(?:[^']*[/\\])?(?<apk>[^'/\\]+)' failed",
        hint: "Check the connected device: {apk} was built, and could not be installed on it.",
        example: r"Installation of apk 'D:\Game\Binaries\Android\Door.apk' failed",
        expected: "Check the connected device: Door.apk was built, and could not be installed on it.",
        ..MACHINE
    },
    // An LFS pointer, mostly.
    Row {
        pattern: r"'(?:[^']*[/\\])?(?<file>[^'/\\]+)' contains unrecognizable data",
        hint: "Fetch {file} with Git LFS, or restore it: what was checked out is no asset.",
        example: "The file '../../Game/Content/Door.uasset' contains unrecognizable data, check that it is of the expected type.",
        expected: "Fetch Door.uasset with Git LFS, or restore it: what was checked out is no asset.",
        ..MACHINE
    },
];
