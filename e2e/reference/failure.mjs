// A build that breaks on one C++ error, in the format of Unreal's tools.

/** The one error, as annotations and outputs should show it. */
export const ERROR = {
  file: 'Source/Boss/Boss.cpp',
  line: '42',
  col: '13',
  code: 'C2065',
  message: "'Fury': undeclared identifier",
};

const PROJECT_FOLDER = String.raw`C:\Build\Boss`;
const SOURCE_FILE = `${PROJECT_FOLDER}\\${ERROR.file.replaceAll('/', '\\')}`;

/** Plays the build from its start to its bad end; `extra` lines come in while it compiles. */
export function failToCompile(service, extra = []) {
  service.status('running');
  for (const line of [
    `Parsing command line: BuildCookRun -project=${PROJECT_FOLDER}\\Boss.uproject -platform=Win64 -cook -stage`,
    '********** BUILD COMMAND STARTED **********',
    '  [1/3] Compile [x64] Boss.cpp',
    ...extra,
  ]) {
    service.log(line);
  }
  service.log(`  ${SOURCE_FILE}(${ERROR.line},${ERROR.col}): error ${ERROR.code}: ${ERROR.message}`, 'error');
  service.log('  Result: Failed (OtherCompilationError)', 'error');
  service.log('AutomationTool exiting with ExitCode=6 (6)');
  service.log('BUILD FAILED');
  service.status('failed');
}
