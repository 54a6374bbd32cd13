// nektos/act in host mode: a real workflow, run on this machine without a network.

import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { ACTION_FILE } from './action.mjs';
import { BINARY, ROOT, Run } from './program.mjs';

const ACT = resolve(ROOT, process.env.ACT_BINARY ?? 'target/ci-tools/bin/act');

/** Starts `workflow` on a push to a repository that holds our action and `files`. */
export function startWorkflow(t, { workflow, files, secrets, variables }) {
  const home = mkdtempSync(join(tmpdir(), 'buildpixel-ci-act-'));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  write(join(home, '.config/act/actrc'), '');

  const repository = join(home, 'game');
  for (const [path, text] of Object.entries({ ...files, '.github/workflows/ci.yml': workflow })) {
    write(join(repository, path), text);
  }
  copyFileSync(ACTION_FILE, join(repository, 'action.yml'));
  commit(repository);

  return new Run(
    t,
    ACT,
    [
      'push',
      '--workflows=.github/workflows/ci.yml',
      '--platform=ubuntu-latest=-self-hosted',
      '--action-offline-mode',
      '--pull=false',
      '--no-cache-server',
      '--json',
      ...flags('--secret', secrets),
      ...flags('--var', variables),
      ...flags('--env', { BUILDPIXEL_CI_BINARY: BINARY }),
    ],
    { HOME: home, XDG_CONFIG_HOME: join(home, '.config'), ACT_DISABLE_VERSION_CHECK: '1', DOCKER_HOST: '' },
    repository,
  );
}

/** act's log, an object for each line. */
export function logOf(stdout) {
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

function flags(name, values) {
  return Object.entries(values).map(([key, value]) => `${name}=${key}=${value}`);
}

function write(path, text) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

function commit(repository) {
  const identity = ['-c', 'user.name=e2e', '-c', 'user.email=e2e@localhost', '-c', 'commit.gpgsign=false'];
  const git = (...args) => execFileSync('git', [...identity, ...args], { cwd: repository });
  git('init', '--quiet', '--initial-branch=main');
  git('remote', 'add', 'origin', 'https://github.com/example/game.git');
  git('add', '--all');
  git('commit', '--quiet', '--message=Add the game');
}
