// The action in a real workflow, run by nektos/act.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { ERROR, failToCompile } from '../reference/failure.mjs';
import { BUILD, PROJECT, Service, SETTING, TOKEN } from '../reference/service.mjs';
import { logOf, startWorkflow } from '../runner/act.mjs';
import { commands } from '../runner/github.mjs';

/** A workflow whose later steps are chosen by the outputs of the build, and print what they can see of it. */
const WORKFLOW = `
on: push
jobs:
  game:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - id: game
        uses: ./
        continue-on-error: \${{ vars.TOLERANT == 'true' }}
        with:
          token: \${{ secrets.BUILDPIXEL_TOKEN || vars.TOKEN }}
          project: ${PROJECT}
          build-setting: ${SETTING}
          api-url: \${{ vars.API_URL }}
      - id: later
        if: always()
        run: printf '%s\\n' "$SEEN"
        env:
          SEEN: |-
            outcome=\${{ steps.game.outcome }} conclusion=\${{ steps.game.conclusion }}
            build-id=\${{ steps.game.outputs.build-id }}
            status=\${{ steps.game.outputs.status }} result=\${{ steps.game.outputs.result }}
            error-count=\${{ steps.game.outputs.error-count }} failed-phase=\${{ steps.game.outputs.failed-phase }}
            first-error=\${{ steps.game.outputs.first-error }}
      - id: blame
        if: always() && steps.game.outputs.failed-phase == 'compile'
        run: echo "the compiler says no"
`;
const FILES = { 'Boss.uproject': '{}', [ERROR.file]: 'int Fury();\n' };
const SECRETS = { BUILDPIXEL_TOKEN: TOKEN };

/** Runs the workflow on a build that `play` scripts; answers act's exit code and log. */
async function runJob(t, play, { secrets = SECRETS, variables = {}, workflow = WORKFLOW } = {}) {
  const service = await Service.start(t);
  const run = startWorkflow(t, {
    workflow,
    files: FILES,
    secrets,
    variables: { API_URL: service.url, ...variables },
  });
  await run.before(service.joined());
  play(service);
  const { code, stdout } = await run.ended;
  return { code, entries: logOf(stdout) };
}

/** The entries of one step of the job, or of one of the action's own: `game/build`. */
function ofStep(entries, path) {
  return entries.filter(({ stepID }) => stepID?.join('/') === path);
}

function printedBy(entries, path) {
  return ofStep(entries, path)
    .filter(({ raw_output: raw }) => raw)
    .map(({ msg }) => msg)
    .join('');
}

/** The workflow commands that act took from the program's output. */
function commandsOf(entries, path) {
  return ofStep(entries, path).filter(({ command, raw }) => command && raw);
}

test('a failing build fails its step with 10, and the job', async (t) => {
  const { code, entries } = await runJob(t, failToCompile);

  assert.equal(code, 1);
  assert.ok(ofStep(entries, 'game/build').some(({ msg }) => msg === 'exit status 10'));
  assert.match(printedBy(entries, 'later'), /outcome=failure conclusion=failure/);
});

test('a later step decides by the outputs of a failed build', async (t) => {
  const { code, entries } = await runJob(t, failToCompile, { variables: { TOLERANT: 'true' } });

  assert.equal(code, 0);
  assert.deepEqual(printedBy(entries, 'later').trim().split('\n'), [
    'outcome=failure conclusion=success',
    `build-id=${BUILD}`,
    'status=failed result=failure',
    'error-count=1 failed-phase=compile',
    `first-error=${ERROR.file}:${ERROR.line}:${ERROR.col}: ${ERROR.code}: ${ERROR.message}`,
  ]);
  assert.equal(printedBy(entries, 'blame').trim(), 'the compiler says no');
});

test('a successful build lets the job succeed', async (t) => {
  const { code, entries } = await runJob(t, (service) => {
    service.status('running');
    service.log('LogInit: Display: Built.');
    service.status('complete');
  });

  assert.equal(code, 0);
  assert.match(
    printedBy(entries, 'later'),
    /outcome=success[^]*status=complete result=success\nerror-count=0/,
  );
  assert.deepEqual(ofStep(entries, 'blame'), []);
  assert.match(printedBy(entries, 'game/build'), new RegExp(`^buildpixel-ci: build ${BUILD} is complete`, 'm'));
});

test('a phase is a group, and the error an annotation of its line', async (t) => {
  const { entries } = await runJob(t, failToCompile);
  const commands = commandsOf(entries, 'game/build');

  const groups = commands.filter(({ command }) => /group/.test(command));
  assert.ok(groups.some(({ command, arg }) => command === 'group' && arg.startsWith('Compile')));
  assert.deepEqual(
    groups.map(({ command }) => command),
    groups.map((_, index) => (index % 2 === 0 ? 'group' : 'endgroup')),
  );

  const annotation = commands.find(({ command, kvPairs }) => command === 'error' && kvPairs.line);
  const { title, ...place } = annotation.kvPairs;
  assert.deepEqual(place, { file: ERROR.file, line: ERROR.line, col: ERROR.col });
  assert.match(`${title} ${annotation.arg}`, new RegExp(`${ERROR.code}.*${ERROR.message}`, 's'));
});

test('a verdict that is good is a notice where notices are known', async (t) => {
  const workflow = WORKFLOW.replace("api-url:", 'ci: github\n          api-url:');
  const { entries } = await runJob(t, (service) => service.status('complete'), { workflow });

  // act prints commands that it does not know, so its log has the command for GitHub.
  const notices = entries.flatMap(({ msg }) => commands(msg.replace(/^\s*\S*\s*(?=::)/, '')));
  const [{ properties, data }, ...others] = notices.filter(({ name }) => name === 'notice');
  assert.equal(properties.title, 'Build complete');
  assert.equal(data.split('\n')[0], `build ${BUILD} is complete after 1m 30s`);
  assert.deepEqual(others, []);
});

test('the step summary has the verdict', async (t) => {
  const { entries } = await runJob(t, failToCompile);

  const { content } = ofStep(entries, 'game/build').find(({ command }) => command === 'summary');
  assert.match(content, /fail/i);
  assert.match(content, /undeclared identifier/);
});

test('no hostile line acts, and our own commands still do', async (t) => {
  const hostile = [
    '::error::fake',
    '::add-path::/fake',
    '##[add-path]/fake',
    '::set-output name=build-id::fake',
    '::add-mask::fake',
    'x\r::error::fake',
    'x\n::error::fake',
    '::stop-commands::fake',
  ];
  const control = `${WORKFLOW}
      - id: control
        if: always()
        continue-on-error: true
        run: printf '%s\\n' "$HOSTILE"
        env:
          HOSTILE: ${JSON.stringify(hostile.join('\n'))}
`;
  const { entries } = await runJob(t, (service) => failToCompile(service, hostile), { workflow: control });

  assert.ok(
    commandsOf(entries, 'control').some(({ arg }) => arg === 'fake'),
    'act would have obeyed',
  );
  const commands = commandsOf(entries, 'game/build');
  assert.deepEqual(
    commands.filter((entry) => JSON.stringify(entry).includes('fake')),
    [],
  );
  assert.ok(commands.some(({ command, kvPairs }) => command === 'error' && kvPairs.line === ERROR.line));
  assert.match(printedBy(entries, 'later'), new RegExp(`build-id=${BUILD}`));
});

suite('the token is masked wherever it turns up', () => {
  const origins = {
    'a secret of the CI': { secrets: SECRETS },
    'a variable that the CI does not know to be secret': { secrets: {}, variables: { TOKEN } },
  };
  for (const [origin, options] of Object.entries(origins)) {
    test(origin, async (t) => {
      const echo = (service) => failToCompile(service, [`LogInit: the token is ${TOKEN}.`]);
      const { entries } = await runJob(t, echo, options);

      assert.match(printedBy(entries, 'game/build'), /the token is \*\*\*\./);
      const mask = commandsOf(entries, 'game/build').find(({ command }) => command === 'add-mask');
      assert.equal(mask.arg, TOKEN);
      const others = entries.filter((entry) => entry !== mask);
      assert.ok(others.every((entry) => !JSON.stringify(entry).includes(TOKEN)));
    });
  }
});
