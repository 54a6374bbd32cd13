// An `sh` step of Jenkins, and the pipelines of `jenkins/`.

import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { ERROR, failToCompile } from '../reference/failure.mjs';
import { BUILD, PROJECT, Service, SETTING, TOKEN } from '../reference/service.mjs';
import { runPipeline, ShStep, workspace } from '../runner/jenkins.mjs';
import { inputs, ROOT } from '../runner/program.mjs';

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

test('a failing build is the result of the step, and the console shows the phases between the markers', async (t) => {
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
  // The abort also terminates the waiting shell, and the result is the shell's exit code, not the program's.
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
      assert.match(step.log, new RegExp(`set .build-id: ${BUILD}`));
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
  assert.equal(issues.length, 1);
  const [{ message, description, category, ...issue }] = issues;
  assert.match(message, new RegExp(ERROR.message));
  assert.match(description, /^<pre>/);
  assert.deepEqual(issue, {
    fileName: ERROR.file,
    lineStart: Number(ERROR.line),
    columnStart: Number(ERROR.col),
    severity: 'ERROR',
    type: ERROR.code,
  });
  assert.match(report(folder, 'junit.xml'), /<failure/);
  assert.match(report(folder, 'build.log'), /^café$/m);
  assert.ok(existsSync(join(folder, 'buildpixel-reports/summary.md')));
});

suite('pipelines', () => {
  /** Runs a Jenkinsfile on a build that `play` scripts; without one the program is not expected to get there. */
  async function run(t, jenkinsfile, play, { credentials = { 'buildpixel-token': TOKEN }, env = {} } = {}) {
    const service = await Service.start(t);
    const folder = workspace(t);
    const running = runPipeline(t, jenkinsfile, {
      workspace: folder,
      env: { BUILDPIXEL_API_URL: service.url, ...env },
      credentials,
    });
    if (play) {
      await Promise.race([service.joined(), running.then(({ console }) => assert.fail(console))]);
      play(service);
    }
    return { folder, service, ...(await running) };
  }

  const succeed = (service) => {
    service.status('running');
    service.status('complete');
  };
  const superseded = (service) => service.status('superseded');
  const build = (more = '') => `buildPixel(project: '${PROJECT}', buildSetting: '${SETTING}'${more})`;

  test('the example publishes the reports of a failed build', async (t) => {
    const example = readFileSync(join(ROOT, 'jenkins/Jenkinsfile'), 'utf8')
      .replace(/(BUILDPIXEL_PROJECT = )'.*'/, `$1'${PROJECT}'`)
      .replace(/(BUILDPIXEL_BUILD_SETTING = )'.*'/, `$1'${SETTING}'`);
    const env = { GIT_BRANCH: 'origin/main', GIT_COMMIT: '9b1f0c3e5d7a2468ace013579bdf02468ace1357' };

    const { result, error, calls, console, folder } = await run(t, example, failToCompile, { env });

    assert.equal(result, 'FAILURE', console);
    assert.equal(error, 'script returned exit code 10');
    assert.match(console, new RegExp(`^build ${BUILD}: ${ERROR.file}`, 'm'));
    assert.ok(!console.includes(TOKEN));
    const files = Object.fromEntries(calls.map(({ step, arguments: given }) => [step, given]));
    for (const pattern of [files.junit.testResults, files.recordIssues.tool.pattern]) {
      assert.ok(existsSync(join(folder, pattern.replace('/**/', '/'))), pattern);
    }
    assert.equal(files.archiveArtifacts.artifacts, 'buildpixel-reports/**');
  });

  test('the step answers the outputs, and hands every input over', async (t) => {
    const jenkinsfile = `
      def game = ${build(`, branch: 'feature/\$x y', 'log-level': 'warn', wait: true`)}
      echo "\${game.result} \${game['build-id']} \${game.status}"`;
    const { result, console, service } = await run(t, jenkinsfile, succeed);

    assert.equal(result, 'SUCCESS', console);
    assert.match(console, new RegExp(`^success ${BUILD} complete$`, 'm'));
    const [{ body }] = service.journal.filter(({ route }) => route?.endsWith('/trigger'));
    assert.deepEqual(body, { branch: 'feature/$x y' });
  });

  test('the step answers its own outputs although another one has the folder of reports', async (t) => {
    const other = `sh '''mkdir -p buildpixel-reports
      echo result=failure >buildpixel-reports/outputs.properties
      echo build-setting-id=other >>buildpixel-reports/outputs.properties
      setsid flock buildpixel-reports sleep 20 >/dev/null 2>&1 &
      while flock -n buildpixel-reports true; do sleep 0.1; done'''`;
    const jenkinsfile = `${other}\ndef game = ${build()}\necho "\${game.result} \${game['build-id']}"`;
    const { result, console, folder } = await run(t, jenkinsfile, succeed);

    assert.equal(result, 'SUCCESS', console);
    assert.match(console, new RegExp(`^success ${BUILD}$`, 'm'));
    assert.match(report(folder, 'outputs.properties'), /^build-setting-id=other$/m);
  });

  test('neither the script nor the console has the token', async (t) => {
    const { calls, console } = await run(t, build(), (service) => failToCompile(service, [TOKEN]));

    assert.deepEqual(
      calls.filter(({ step }) => step === 'sh').map(({ arguments: { script } }) => script),
      ['buildpixel-ci'],
    );
    assert.match(console, /^\+ buildpixel-ci$/m);
    assert.ok(!console.includes(TOKEN), console);
  });

  test('a build that fails fails the step with its first error, unless that is for the pipeline to say', async (t) => {
    const { result, error } = await run(t, build(), failToCompile);
    assert.equal(result, 'FAILURE');
    assert.match(error, new RegExp(`^buildpixel-ci ended with 10: ${ERROR.file}:.*${ERROR.code}`));

    const tolerant = `def game = ${build(', propagate: false')}\necho "it is a \${game.result}"`;
    const { result: tolerated, console } = await run(t, tolerant, failToCompile);
    assert.equal(tolerated, 'SUCCESS', console);
    assert.match(console, /^it is a failure$/m);
  });

  test('a superseded build fails the step, or makes the run unstable', async (t) => {
    const { result, error } = await run(t, build(), superseded);
    assert.equal(result, 'FAILURE');
    assert.equal(error, 'buildpixel-ci ended with 11: superseded');

    const unstable = await run(t, build(`, onSuperseded: 'unstable'`), superseded);
    assert.equal(unstable.result, 'UNSTABLE', unstable.console);
    const passed = await run(t, build(`, onSuperseded: 'pass'`), superseded);
    assert.equal(passed.result, 'SUCCESS', passed.console);
  });

  test('a token in the pipeline is refused, and so is a credential that is not there', async (t) => {
    const token = await run(t, build(`, token: 'x'`));
    assert.match(token.error, /credentialsId/);
    const missing = await run(t, build(`, credentialsId: 'other'`));
    assert.match(missing.error, /'other'/);
    assert.deepEqual([...token.calls, ...missing.calls], []);
  });

  test('an input without a value is not passed to the program', async (t) => {
    const { result, console, service } = await run(t, build(', changelist: null, commit: null'), succeed);
    assert.equal(result, 'SUCCESS', console);
    const [{ body }] = service.journal.filter(({ route }) => route?.endsWith('/trigger'));
    assert.deepEqual(body, {});
  });

  test('a program that is not there, or was killed, answers no outputs of an earlier run', async (t) => {
    const earlier = `sh "mkdir -p buildpixel-reports; echo 'result=success' > buildpixel-reports/outputs.properties"`;
    const tolerant = `${earlier}\ndef game = ${build(', propagate: false')}\necho "it is a \${game.result}"`;
    const absent = await run(t, tolerant, undefined, { env: { PATH: process.env.PATH } });
    assert.match(absent.error, /cannot run buildpixel-ci \(127\)/);

    const tools = workspace(t);
    writeFileSync(join(tools, 'buildpixel-ci'), '#!/bin/sh\nkill -KILL $$\n', { mode: 0o755 });
    const killed = await run(t, tolerant, undefined, { env: { PATH: `${tools}:${process.env.PATH}` } });
    assert.match(killed.error, /buildpixel-ci was killed \(137\)/);
  });
});
