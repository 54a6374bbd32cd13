//! Reads the log of an Unreal Engine build: its phases, how far it is, how long actions take, and what is wrong.
//!
//! A build log is a mixture of many tools: Git or Perforce, AutomationTool, UnrealBuildTool, compilers and linkers of
//! several platforms, the editor that cooks, Gradle, Xcode. A [`Reader`] takes its lines one by one and reports
//! [`LogEvent`]s. Each problem is reported once as a [`LogFinding`], however often the log repeats it. A finding says
//! who has to fix it, what to do about it if it is a common failure, and whether it merely follows from another one.
//!
//! The crate is pure: it reads no files and no clock, and it knows neither a network nor an async runtime. Lines come in
//! as text, with their times if those are known. A finding that names a file carries a [`RemotePath`]: the place in
//! the words of the build machine. The caller may look it up in a repository.
//!
//! Nothing here fails: a line that says nothing is reported as a [`LogEvent::Line`] only. The lines must be free of
//! colours and other escape sequences. The texts of findings contain parts of these lines, so they are only as safe as
//! the lines are.
//!
//! ```
//! use unreal_log::{LogEvent, Reader};
//!
//! let log = r#"
//! Parsing command line: BuildCookRun -project="D:/Game/Game.uproject"
//! ********** BUILD COMMAND STARTED **********
//! [1/2] Compile [x64] Door.cpp
//! D:\Game\Source\Door.cpp(42,17): error C2065: 'Hinge': undeclared identifier
//! AutomationTool exiting with ExitCode=6 (6)
//! "#;
//!
//! let mut findings = Vec::new();
//! let mut report = |event| {
//!     if let LogEvent::Finding(finding) = event {
//!         findings.push(finding);
//!     }
//! };
//! let mut reader = Reader::new();
//! for line in log.lines() {
//!     reader.line(line, None, &mut report);
//! }
//! reader.finish(&mut report);
//!
//! let roots: Vec<_> = findings.iter().filter(|finding| !finding.is_follow_up()).collect();
//! for finding in &roots {
//!     println!("{finding}");
//! }
//! assert_eq!(roots.len(), 1);
//! assert_eq!(roots[0].to_string(), "Source/Door.cpp:42:17: C2065: 'Hinge': undeclared identifier");
//! ```
//!
//! # Sources
//! Markers of phases are those that BuildPixel documents, and the banners that Epic's RunUAT prints. Shapes of messages
//! follow the documentation of the tools, for example [MSBuild's message format] and [Microsoft's error messages], and
//! real logs.
//!
//! [MSBuild's message format]: https://learn.microsoft.com/visualstudio/msbuild/msbuild-diagnostic-format-for-tasks
//! [Microsoft's error messages]: https://learn.microsoft.com/cpp/error-messages/compiler-errors-1/c-cpp-build-errors

mod actions;
mod decode;
mod duration;
mod exit_codes;
mod explain;
mod finding;
mod findings;
pub mod locate;
mod log_event;
mod pattern;
mod phase_durations;
mod phases;
mod prefix;
mod progress;
mod reader;
mod remote;
mod rules;
mod severity_overrides;
mod tool;

pub use finding::{LogFinding, Owner, Phase, Rank, Severity};
pub use log_event::LogEvent;
pub use progress::Progress;
pub use reader::Reader;
pub use remote::{BuildMachine, Clue, RemoteFile, RemotePath, RemoteProject, Source};
pub use rules::id::RuleId;
pub use tool::Tool;
