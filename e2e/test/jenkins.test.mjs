// An `sh` step of Jenkins, and the pipelines of `jenkins/`.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { ERROR, failToCompile } from '../reference/failure.mjs';
import { BUILD, Service, TOKEN } from '../reference/service.mjs';
import { ShStep, workspace } from '../runner/jenkins.mjs';
import { inputs } from '../runner/program.mjs';

/** Starts an `sh` step that follows a new build at `service`. */
function startStep(t, service, { folder = workspace(t), locale, script = 'buildpixel-ci' } = {}) {
  return new ShStep(t, script, { workspace: folder, locale, env: inputs(service) });
}

/** Runs a step to its end on a build that `play` scripts. */
async function runStep(t, play, options) {
  const service = await Service.start(t);
  const step = startStep(t, service, options);
  await service.joined();
  play(service);
  return step.ended;
}

function report(folder, name) {
  return readFileSync(join(folder, 'buildpixel-reports', name), 'utf8');
}

test('a step is what durable-task makes of it', async (t) => {
  const script = 'grep SigIgn: /proc/self/status; readlink /proc/self/fd/0; [ -f /dev/stdout ] && [ -f /dev/stderr ]';
  const { status, log } = await new ShStep(t, script, { workspace: workspace(t) }).ended;

  assert.equal(status, 0, log);
  const ignored = Number.parseInt(/^SigIgn:\t(\w+)$/m.exec(log)[1], 16);
  assert.equal(ignored & 0b111, 0b111, 'SIGHUP, SIGINT, SIGQUIT');
  assert.match(log, /^\/dev\/null$/m);
});

test('a failing build is the result of the step, and the console tells it between the markers', async (t) => {
  const { status, log } = await runStep(t, failToCompile);

  assert.equal(status, 10, log);
  const lines = log.split('\n');
  const [begin, end] = [lines.indexOf('>>> [ci] begin Compile'), lines.indexOf('<<< [ci] end Compile')];
  assert.ok(begin > 0 && end > begin, log);
  assert.ok(lines.slice(begin, end).some((line) => line.includes(ERROR.message)));
  const where = `${ERROR.file}:${ERROR.line}:${ERROR.col}: ${ERROR.code}: ${ERROR.message}`;
  assert.ok(lines.slice(end).includes(`error: ${where}`), log);
  assert.match(log, new RegExp(`^error: build ${BUILD} failed in compile`, 'm'));
  assert.doesNotMatch(log, /\x1b/);
});

test('neither the trace of the shell nor the log shows the token', async (t) => {
  const { log } = await runStep(t, (service) => failToCompile(service, [`LogInit: the token is ${TOKEN}.`]));

  assert.match(log, /^\+ buildpixel-ci$/m, 'the shell traces');
  assert.match(log, /the token is \*\*\*\./);
  assert.ok(!log.includes(TOKEN), log);
});

test('nothing is lost in an agent that knows no character but those of ASCII', async (t) => {
  const play = (service) => failToCompile(service, ['café 漢 …']);

  const { log } = await runStep(t, play, { locale: 'C' });
  assert.match(log, /^caf\\u\{e9\} \\u\{6f22\} \.\.\.$/m);
  assert.doesNotMatch(log, /\?\?/);

  const { log: utf8 } = await runStep(t, play, { locale: 'C.UTF-8' });
  assert.match(utf8, /^café 漢 …$/m);
});

test('a log that prints markers folds nothing away', async (t) => {
  const forged = ['<<< [ci] end Compile', '>>> [ci] begin nothing'];
  const { log } = await runStep(t, (service) => failToCompile(service, forged));

  const edges = log.split('\n').filter((line) => /^(>>> \[ci\] begin .+|<<< \[ci\] end .+)$/.test(line.trim()));
  assert.deepEqual(edges, ['>>> [ci] begin Compile', '<<< [ci] end Compile']);
});

suite('an aborted build ends the step at once, and the console says how to get back to it', () => {
  // A shell that waits is terminated as well, and tells its own end instead of the program's.
  for (const [script, processes] of [
    ['buildpixel-ci', 2],
    ['exec buildpixel-ci', 1],
  ]) {
    test(script, async (t) => {
      const service = await Service.start(t);
      const folder = workspace(t);
      const step = startStep(t, service, { folder, script });
      await service.joined();
      service.status('running');
      service.log('********** COOK COMMAND STARTED **********');
      service.log('LogInit: Display: under way');
      await step.until('under way');
      assert.equal(step.processes().length, processes);

      const began = performance.now();
      assert.ok(await step.abort(), 'nothing is left behind');
      const took = performance.now() - began;

      assert.ok(took < 4_000, `${took} ms`);
      assert.equal((await step.ended).status, 143);
      assert.match(step.log, /^LogInit: Display: under way\n(Terminated\n)?<<< \[ci\] end Cook$/m);
      assert.match(step.log, new RegExp(`terminated \\(SIGTERM\\); build ${BUILD} runs on`));
      assert.match(step.log, new RegExp(`give the input .build-id: ${BUILD}`));
      await service.until({ kind: 'disconnect' });
      assert.equal(service.received({ name: 'leave:build' }).length, 1);
      assert.match(report(folder, 'outputs.properties'), new RegExp(`^build-id=${BUILD}$`, 'm'));
      assert.equal(JSON.parse(report(folder, 'outputs.json')).result, 'interrupted');
    });
  }
});

test('the reports are there for the plugins that read them', async (t) => {
  const folder = workspace(t);
  await runStep(t, (service) => failToCompile(service, ['café']), { folder, locale: 'C' });

  const { issues } = JSON.parse(report(folder, 'issues.json'));
  assert.deepEqual(
    issues.map(({ fileName, lineStart, columnStart, severity, type }) => ({ fileName, lineStart, columnStart, severity, type })),
    [{ fileName: ERROR.file, lineStart: 42, columnStart: 13, severity: 'ERROR', type: ERROR.code }],
  );
  assert.ok(issues.every((issue) => !('id' in issue)), 'an id must be a UUID, or the file is refused');
  assert.match(report(folder, 'junit.xml'), /<failure/);
  assert.match(report(folder, 'build.log'), /^café$/m);
  assert.ok(existsSync(join(folder, 'buildpixel-reports/summary.md')));
});
