// Checks the reports that the program writes against the schemas of their readers.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ERROR, failToCompile } from '../reference/failure.mjs';
import { Service } from '../reference/service.mjs';
import { BINARY, Run, inputs } from '../runner/program.mjs';
import * as validate from './validate.mjs';

const FORMATS = {
  'junit.xml': validate.junit,
  'codequality.json': validate.codequality,
  'annotations.json': validate.annotations,
  'issues.json': validate.issues,
  'results.sarif': validate.sarif,
};

/** Ends elements, strings, comments and escape sequences, or is what a format cannot hold. */
const HOSTILE = [
  ']]></failure></testcase><!-- &#0; &lt; -->',
  '"}], "forged": [{"\\u0000": \'<b>\' \\',
  'nul \u0000 bell \u0007 escape \u001b[31m c1 \u009b31m del \u007f',
  'not for XML \ufffe \uffff, half an emoji \ud83c, the other half \udfae, all of it \u{1f3ae}',
  'to the right \u202e, no width \u200b, separators \u2028 \u2029, mark \ufeff',
  '[link](https://e.example/) [0](1) {0} %s %41 $HOME ${{ github.token }}',
  'x'.repeat(20_000),
];

const COMMIT = '9b1f0c3e5d7a2468ace013579bdf02468ace1357';

/** Paths that have to be escaped where they stand in a URI, in XML or in HTML. */
const FILES = ['Boss 1#%41.cpp', "Größe&'(2).cpp", 'a+b;c=d@e,[f].cpp', '\u{1f3ae}.h'];

/** Follows a build that `play` scripts; answers the exit code, and the folder of reports. */
async function reports(t, play, facts) {
  const folder = mkdtempSync(join(tmpdir(), 'buildpixel-ci-reports-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const service = await Service.start(t, { facts });
  const env = {
    ...inputs(service),
    BUILDPIXEL_REPORTS_DIR: join(folder, 'reports'),
    LANG: 'C',
    GITLAB_CI: 'true',
    CI_JOB_ID: '1',
    CI_PROJECT_URL: 'https://gitlab.example/boss/game',
    BUILDPIXEL_COMMIT: COMMIT,
  };
  const run = new Run(t, BINARY, [], env, folder);
  await run.before(service.joined());
  play(service);
  const { code } = await run.ended;
  return { code, folder: join(folder, 'reports') };
}

function assertValid(folder) {
  const broken = Object.entries(FORMATS).flatMap(([name, complaints]) =>
    complaints(join(folder, name)).map((complaint) => `${name}: ${complaint}`),
  );
  assert.deepEqual(broken, []);
}

const json = (folder, name) => JSON.parse(readFileSync(join(folder, name), 'utf8'));
const results = (folder) => json(folder, 'results.sarif').runs[0].results;

test('the reports of a build without findings are valid', async (t) => {
  const { code, folder } = await reports(t, (service) => {
    service.status('running');
    service.log('********** BUILD COMMAND STARTED **********');
    service.status('complete');
  });
  assert.equal(code, 0);
  assertValid(folder);
  assert.deepEqual([json(folder, 'codequality.json'), results(folder)], [[], []]);
});

test('the reports of a build that failed are valid and name the error', async (t) => {
  const { code, folder } = await reports(t, failToCompile, { commit: COMMIT.slice(0, 10) });
  assert.equal(code, 10);
  assertValid(folder);
  const [entry] = json(folder, 'codequality.json');
  assert.deepEqual([entry.location.path, entry.check_name], [ERROR.file, ERROR.code]);
  const [result] = results(folder);
  assert.deepEqual(result.locations[0].physicalLocation, {
    artifactLocation: { uri: ERROR.file },
    region: { startLine: Number(ERROR.line), startColumn: Number(ERROR.col) },
  });
  assert.match(readFileSync(join(folder, 'junit.xml'), 'utf8'), /<failure /);
  const [{ external_link: link }] = json(folder, 'annotations.json').BuildPixel;
  assert.equal(link.url, `https://gitlab.example/boss/game/-/blob/${COMMIT}/${ERROR.file}#L${ERROR.line}`);
});

test('the reports of a build whose log is hostile are valid and hold what it says', async (t) => {
  const facts = { branch: HOSTILE[0], commit: HOSTILE[1], platform: HOSTILE[2], buildType: HOSTILE[3] };
  const source = String.raw`C:\Build\Boss\Source`;
  const { code, folder } = await reports(
    t,
    (service) =>
      failToCompile(service, [
        ...HOSTILE,
        ...HOSTILE.map((text, line) => `${source}\\Boss\\Boss.cpp(${line},1): error C2065: ${text}`),
        ...HOSTILE.map((text, line) => `${source}\\Boss\\Boss.cpp(${line},1): warning C4996: ${text}`),
        ...FILES.map((file) => `${source}\\${file}(7,3): error C2143: syntax error`),
        ...HOSTILE.map((text) => `LogCook: Error: ${text}`),
        String.raw`C:\UE\Engine\Source\Core.cpp(1): error C1083: not in the repository`,
        'LINK : fatal error LNK1181: without a place',
      ]),
    facts,
  );
  assert.equal(code, 10);
  assertValid(folder);
  assert.deepEqual(json(folder, 'annotations.json'), {}, 'the commit that was built is not known');
  const paths = new Set(json(folder, 'codequality.json').map(({ location }) => location.path));
  for (const file of FILES) assert.ok(paths.has(`Source/${file}`), `${file} of ${[...paths]}`);
  const decoded = results(folder).map(({ locations: [{ physicalLocation }] }) =>
    decodeURIComponent(physicalLocation.artifactLocation.uri),
  );
  assert.deepEqual(new Set(decoded), paths);
  const messages = json(folder, 'issues.json').issues.map(({ message }) => message).join('\n');
  for (const trace of ['</failure>', '"forged"', 'nul \u2400', '\u{1f3ae}', '%41', 'without a place']) {
    assert.ok(messages.includes(trace), `${trace} of ${messages}`);
  }
});

test('an interrupted step leaves valid reports', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'buildpixel-ci-reports-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const service = await Service.start(t);
  const run = new Run(t, BINARY, [], { ...inputs(service), BUILDPIXEL_REPORTS_DIR: folder }, folder);
  await run.before(service.joined());
  service.status('running');
  service.log('LogInit: Display: under way');
  await run.until('under way');
  run.child.kill('SIGTERM');
  assert.equal((await run.ended).code, 143);
  assertValid(folder);
  assert.equal(json(folder, 'results.sarif').runs[0].invocations[0].executionSuccessful, false);
});

test('each validator sees what is broken', async (t) => {
  const { folder } = await reports(t, failToCompile);
  const breaks = {
    'junit.xml': [
      ['</failure>', ''],
      ['<failure ', '<failed '],
      [' errors="0"', ''],
      [' name="compile"', ''],
      ['Fury', '\u0007'],
      ['Fury', '&nbsp;'],
      ['Fury', '<'],
    ],
    'codequality.json': [
      ['"major"', '"fatal"'],
      ['"fingerprint"', '"finger"'],
      ['"begin": 42', '"begin": 0'],
      ['"Source/', '"./Source/'],
      ['"Source/', '"C:\\\\Source\\\\'],
      [/\[([^]*)\]/, '[$1, $1]'],
      ['[', '\ufeff['],
    ],
    'annotations.json': [
      ['"external_link"', '"internal_link"'],
      ['"https:', '"javascript:'],
      ['"label"', '"text"'],
    ],
    'issues.json': [
      ['"ERROR"', '"FATAL"'],
      ['{', '{ "id": "1",'],
      ['"lineStart": 42', '"lineStart": "42"'],
      ['<pre>', '<pre><script>'],
      [/"fileName": .*,/, ''],
    ],
    'results.sarif': [
      ['"version": "2.1.0"', '"version": "2.0.0"'],
      ['"startLine": 42', '"startLine": 0'],
      ['"ruleIndex": 0', '"ruleIndex": 1'],
      ['"error"', '"fatal"'],
      ['"Source/Boss', '"Source/the Boss'],
      ['"Source/Boss', '"Source\\\\Boss'],
      ['"fullDescription"', '"longDescription"'],
      [/"locations": \[[^]*?\],/, ''],
    ],
  };
  for (const [name, changes] of Object.entries(breaks)) {
    const text = readFileSync(join(folder, name), 'utf8');
    for (const [what, by] of changes) {
      const broken = text.replace(what, by);
      assert.notEqual(broken, text, `${name} has ${what}`);
      writeFileSync(join(folder, name), broken);
      assert.notEqual(FORMATS[name](join(folder, name)).length, 0, `${name}: ${what} became ${by}`);
    }
    writeFileSync(join(folder, name), text);
  }
  assertValid(folder);
});
