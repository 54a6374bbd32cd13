// The component and the template in real pipelines, run by gitlab-ci-local.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ERROR, failToCompile } from '../reference/failure.mjs';
import { BUILD, PROJECT, Service, SETTING, TOKEN } from '../reference/service.mjs';
import { Pipeline } from '../runner/gitlab.mjs';

const FILES = { 'Boss.uproject': '{}', [ERROR.file]: 'int Fury();\n' };

const COMPONENT = (service, inputs = '') => `
stages: [build, deploy]
include:
  - local: templates/build/template.yml
    inputs:
      image: registry.example.com/buildpixel-ci
      project: ${PROJECT}
      build-setting: ${SETTING}
      api-url: ${service.url}
      commit: auto
      ${inputs}
`;

const TEMPLATE = (service) => `
stages: [build, deploy]
include:
  - local: gitlab/build.yml
variables:
  BUILDPIXEL_PROJECT: ${PROJECT}
  BUILDPIXEL_BUILD_SETTING: ${SETTING}
  BUILDPIXEL_API_URL: ${service.url}
game:
  extends: .buildpixel
  stage: build
`;

/** A later job that prints what it can see of the build. */
const LATER = (job) => `
later:
  stage: deploy
  needs: [${job}]
  when: always
  script:
    - echo "build-id=$BUILDPIXEL_BUILD_ID result=$BUILDPIXEL_RESULT failed-phase=$BUILDPIXEL_FAILED_PHASE"
    - echo "first-error=$BUILDPIXEL_FIRST_ERROR"
`;

function succeed(service) {
  service.status('running');
  service.log('LogInit: Display: Built.');
  service.status('complete');
}

/** Runs a pipeline whose first build `play` scripts. */
async function runPipeline(t, pipeline, play) {
  const service = await Service.start(t);
  const run = new Pipeline(t, {
    pipeline: pipeline(service),
    files: FILES,
    variables: { BUILDPIXEL_TOKEN: TOKEN },
  });
  await run.before(service.joined());
  play(service);
  const { code, stdout } = await run.ended;
  return { service, run, code, stdout };
}

/** The result that the runner shows for a job: PASS, WARN or FAIL. */
function verdictOn(job, stdout) {
  return stdout.match(new RegExp(`^ (PASS|WARN|FAIL) +${job}( |$)`, 'm'))?.[1];
}

/** The output of a job. */
function printedBy(job, stdout) {
  const lines = stdout.split('\n').map((line) => line.match(/^(\S+) +> (.*)$/));
  return lines.filter((line) => line?.[1] === job).map((line) => line[2]);
}

function triggers({ journal }) {
  return journal.filter(({ route }) => route?.startsWith('POST '));
}

test('a failing build fails its job, and a later job has its outputs all the same', async (t) => {
  const pipeline = (service) => COMPONENT(service) + LATER('buildpixel');
  const { code, stdout } = await runPipeline(t, pipeline, failToCompile);

  assert.equal(code, 1);
  assert.equal(verdictOn('buildpixel', stdout), 'FAIL');
  assert.deepEqual(printedBy('later', stdout), [
    `build-id=${BUILD} result=failure failed-phase=compile`,
    `first-error=${ERROR.file}:${ERROR.line}:${ERROR.col}: ${ERROR.code}: ${ERROR.message}`,
  ]);
});

for (const [allowed, verdict] of [
  [10, 'WARN'],
  [11, 'FAIL'],
]) {
  test(`a failing build is a ${verdict} where exit code ${allowed} is allowed`, async (t) => {
    const pipeline = (service) => `${COMPONENT(service)}
buildpixel:
  allow_failure:
    exit_codes: [${allowed}]
`;
    const { stdout } = await runPipeline(t, pipeline, failToCompile);

    assert.equal(verdictOn('buildpixel', stdout), verdict);
  });
}

test('the runner takes every report of a failed build, and none of them has the token', async (t) => {
  const echo = (service) => failToCompile(service, [`LogInit: the token is ${TOKEN}.`]);
  const { run, stdout } = await runPipeline(t, COMPONENT, echo);

  const artifacts = run.artifacts('buildpixel');
  const report = (name) => artifacts.get(`buildpixel-reports/${name}`);
  assert.match(artifacts.get('.gitlab-ci-reports/dotenv/buildpixel-reports/outputs.env'), /^BUILDPIXEL_BUILD_ID=/m);
  const [finding] = JSON.parse(report('codequality.json'));
  assert.deepEqual(finding.location, { path: ERROR.file, lines: { begin: Number(ERROR.line) } });
  assert.match(report('junit.xml'), /<failure /);
  const [{ external_link: link }] = JSON.parse(report('annotations.json')).BuildPixel;
  assert.match(link.url, new RegExp(`^https://gitlab.example/studio/boss/-/blob/[0-9a-f]{40}/${ERROR.file}#L42$`));
  assert.match(report('build.log'), /the token is \*\*\*\./);
  for (const [path, text] of [...artifacts, ['stdout', stdout]]) {
    assert.ok(!text.includes(TOKEN), path);
  }
});

test('the build has the commit of the pipeline', async (t) => {
  const { run, service } = await runPipeline(t, COMPONENT, succeed);

  assert.deepEqual(triggers(service)[0].body, { commit: run.head() });
});

test('a job that does not wait succeeds at once', async (t) => {
  const service = await Service.start(t);
  const pipeline = COMPONENT(service, 'wait: false') + LATER('buildpixel');
  const run = new Pipeline(t, { pipeline, files: FILES, variables: { BUILDPIXEL_TOKEN: TOKEN } });
  const { code, stdout } = await run.ended;

  assert.equal(code, 0);
  assert.equal(printedBy('later', stdout)[0], `build-id=${BUILD} result=detached failed-phase=`);
});

test('the template makes a job, and a second one of the pipeline triggers a build of its own', async (t) => {
  const pipeline = (service) => `${TEMPLATE(service)}${LATER('game')}
again:
  extends: .buildpixel
  stage: deploy
`;
  const { code, stdout, service } = await runPipeline(t, pipeline, succeed);

  assert.equal(code, 0);
  assert.deepEqual(['game', 'again'].map((job) => verdictOn(job, stdout)), ['PASS', 'PASS']);
  assert.equal(printedBy('later', stdout)[0], `build-id=${BUILD} result=success failed-phase=`);
  assert.equal(triggers(service).length, 2);
});

test('a phase is a section, and no hostile line begins or ends one', async (t) => {
  const escaped = ['start', 'end'].map((edge) => String.raw`\033[0Ksection_${edge}:1:fake\r\033[0Kfake`);
  const hostile = escaped.map((line) => line.replaceAll('\\033', '\x1b').replaceAll('\\r', '\r'));
  const pipeline = (service) => `${COMPONENT(service)}
control:
  stage: build
  script:
    - printf '%b\\n' ${escaped.map((line) => `'${line}'`).join(' ')}
`;
  const { stdout } = await runPipeline(t, pipeline, (service) => failToCompile(service, hostile));

  const sections = (job) => stdout.match(new RegExp(`^${job} +\\S+(?=_started$| took )`, 'gm')) ?? [];
  assert.ok(sections('control').some((section) => section.endsWith('fake')), 'the runner would have obeyed');
  assert.deepEqual(
    sections('buildpixel').map((section) => section.split(/ +/)[1]),
    ['ci-1-compile', 'ci-1-compile'],
  );
});
