// action.yml as it is written, and its two steps as GitHub's runner runs them.

import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { BUILD, Service, TOKEN } from '../reference/service.mjs';
import { action, step } from '../runner/action.mjs';
import { cancel, commands, outputsOf, runStep } from '../runner/github.mjs';
import { BINARY, inputs } from '../runner/program.mjs';

test('every input is handed to the program by an environment variable', () => {
  const { PROGRAM, ...variables } = step('build').env;
  assert.equal(PROGRAM, '${{ steps.program.outputs.path }}');
  assert.deepEqual(
    variables,
    Object.fromEntries(
      Object.keys(action.inputs).map((name) => [
        `INPUT_${name.toUpperCase().replaceAll('-', '_')}`,
        `\${{ inputs.${name} }}`,
      ]),
    ),
  );
});

test('every input says what it is for, and none has a default that would hide a variable of the job', () => {
  for (const [name, { description, default: value }] of Object.entries(action.inputs)) {
    assert.ok(description, name);
    assert.equal(value, undefined, name);
  }
});

test('every output comes from the step that builds', () => {
  for (const [name, { description, value }] of Object.entries(action.outputs)) {
    assert.ok(description, name);
    assert.equal(value, `\${{ steps.build.outputs.${name} }}`);
  }
});

test('no expression is pasted into a script', () => {
  for (const { run, shell, id } of action.runs.steps) {
    assert.equal(shell, 'bash', id);
    assert.ok(!run.includes('${{'), id);
  }
});

/** A folder that is gone after the test; its name has a blank in it, as a runner's may. */
function folder(t) {
  const path = mkdtempSync(join(tmpdir(), 'buildpixel ci-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function program(path, script) {
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

/** Runs the step that finds the program, with nothing but `tools` and the shell's own on PATH. */
async function find(t, env, tools = folder(t)) {
  const output = join(folder(t), 'output');
  writeFileSync(output, '');
  const { code, stdout } = await runStep(t, step('program').run, {
    PATH: tools,
    GITHUB_OUTPUT: output,
    ...env,
  }).ended;
  return { code, stdout, output: readFileSync(output, 'utf8') };
}

test('the program that BUILDPIXEL_CI_BINARY names goes before the one on PATH', async (t) => {
  const tools = folder(t);
  program(join(tools, 'buildpixel-ci'), 'exit 0');
  const named = program(join(folder(t), 'named'), 'exit 0');

  assert.equal((await find(t, {}, tools)).output, `path=${tools}/buildpixel-ci\n`);
  assert.equal((await find(t, { BUILDPIXEL_CI_BINARY: named }, tools)).output, `path=${named}\n`);
});

test('without a program the action builds its own source', async (t) => {
  const [tools, source, temporary] = [folder(t), folder(t), folder(t)];
  program(join(tools, 'cargo'), 'echo "$PWD: cargo $*"');

  const { code, stdout, output } = await find(
    t,
    { GITHUB_ACTION_PATH: source, RUNNER_TEMP: temporary },
    tools,
  );

  assert.equal(code, 0, stdout);
  assert.match(
    stdout,
    new RegExp(`^${source}: cargo install --locked --path \\. --root ${temporary}/buildpixel-ci$`, 'm'),
  );
  assert.equal(output, `path=${temporary}/buildpixel-ci/bin/buildpixel-ci\n`);
});

test('a source that does not build fails the step with a documented code, and closes its group', async (t) => {
  const tools = folder(t);
  program(join(tools, 'cargo'), 'exit 101');

  const { code, stdout, output } = await find(t, { GITHUB_ACTION_PATH: folder(t), RUNNER_TEMP: folder(t) }, tools);

  assert.equal(code, 20);
  assert.match(stdout, /^::endgroup::\n::error .*cargo could not build buildpixel-ci/m);
  assert.equal(output, '');
});

test('without a program and without cargo the error says what to do', async (t) => {
  for (const env of [{}, { BUILDPIXEL_CI_BINARY: '/nowhere/buildpixel-ci' }]) {
    const { code, stdout } = await find(t, env);
    assert.equal(code, 20);
    const [{ name, data }] = commands(stdout);
    assert.equal(name, 'error');
    assert.match(data, /BUILDPIXEL_CI_BINARY/);
  }
});

test('the program of a cancelled step leaves the room and prints that the build runs on', async (t) => {
  const service = await Service.start(t);
  const [output, summary] = ['output', 'summary'].map((name) => join(folder(t), name));
  for (const file of [output, summary]) writeFileSync(file, '');
  const running = runStep(t, step('build').run, {
    ...inputs(service),
    PROGRAM: BINARY,
    GITHUB_ACTIONS: 'true',
    GITHUB_RUN_ID: '1',
    GITHUB_OUTPUT: output,
    GITHUB_STEP_SUMMARY: summary,
  });
  await running.before(service.joined());
  service.status('running');
  service.log('********** COOK COMMAND STARTED **********');
  service.log('LogInit: Display: under way');
  await running.until('under way');

  const began = performance.now();
  const { code, stdout } = await cancel(running);
  const took = performance.now() - began;

  assert.equal(code, 130, stdout);
  assert.ok(took < 7_000, `${took} ms: the runner would have gone on to SIGTERM`);
  assert.deepEqual(
    commands(stdout).map(({ name, data }) => [name, data.split('\n')[0]]),
    [
      ['add-mask', TOKEN],
      ['group', 'Cook'],
      ['endgroup', ''],
      ['error', `interrupted (SIGINT); build ${BUILD} runs on, BuildPixel has no cancel call`],
    ],
  );
  assert.equal((await service.until({ kind: 'disconnect' })).reason, 'client namespace disconnect');
  assert.equal(service.received({ name: 'leave:build' }).length, 1);
  assert.match(stdout, /runs on/);
  const outputs = outputsOf(readFileSync(output, 'utf8'));
  assert.deepEqual([outputs['build-id'], outputs.result], [BUILD, 'interrupted']);
  assert.match(readFileSync(summary, 'utf8'), new RegExp(`^## .*\n\n.*${BUILD}.* runs on`));
});
