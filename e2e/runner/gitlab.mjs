// gitlab-ci-local with jobs in shells: a real pipeline, run on this machine without a network.

import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, relative } from 'node:path';
import { BINARY, ROOT, Run } from './program.mjs';

const GITLAB_CI_LOCAL = join(ROOT, 'e2e/node_modules/.bin/gitlab-ci-local');

/** Runs `pipeline` in a repository that holds `files` and what projects include of ours; the program is on PATH. */
export class Pipeline extends Run {
  constructor(t, { pipeline, files, variables }) {
    const home = mkdtempSync(join(tmpdir(), 'buildpixel-ci-gitlab-'));
    t.after(() => rmSync(home, { recursive: true, force: true }));
    mkdirSync(join(home, 'bin'));
    symlinkSync(BINARY, join(home, 'bin/buildpixel-ci'));

    const repository = join(home, 'game');
    for (const [path, text] of Object.entries({ ...files, '.gitlab-ci.yml': pipeline })) {
      write(join(repository, path), text);
    }
    for (const ours of ['templates', 'gitlab']) {
      cpSync(join(ROOT, ours), join(repository, ours), { recursive: true });
    }
    commit(repository);

    // GitLab sets these variables; this runner lacks them or sets them differently.
    const predefined = {
      GITLAB_CI: 'true',
      CI_PROJECT_DIR: repository,
      CI_PROJECT_URL: 'https://gitlab.example/studio/boss',
    };
    super(
      t,
      GITLAB_CI_LOCAL,
      [
        '--force-shell-executor',
        '--no-color',
        `--ignore-predefined-vars=${Object.keys(predefined)}`,
        ...flags({ ...predefined, ...variables }),
      ],
      { HOME: home, PATH: [join(home, 'bin'), process.env.PATH].join(delimiter) },
      repository,
    );
    this.repository = repository;
  }

  /** The commit that the pipeline is for. */
  head() {
    return git(this.repository, 'rev-parse', 'HEAD').trim();
  }

  /** The files that the runner took from a job, by their paths. */
  artifacts(job) {
    const folder = join(this.repository, '.gitlab-ci-local/artifacts', job);
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const paths = files.map(({ parentPath, name }) => join(parentPath, name));
    return new Map(paths.map((path) => [relative(folder, path), readFileSync(path, 'utf8')]));
  }
}

function flags(variables) {
  return Object.entries(variables).flatMap(([name, value]) => ['--variable', `${name}=${value}`]);
}

function write(path, text) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

function commit(repository) {
  git(repository, 'init', '--quiet', '--initial-branch=main');
  git(repository, 'remote', 'add', 'origin', 'git@gitlab.example:studio/boss.git');
  git(repository, 'add', '--all');
  git(repository, 'commit', '--quiet', '--message=Add the game');
}

function git(cwd, ...args) {
  const identity = ['-c', 'user.name=e2e', '-c', 'user.email=e2e@localhost', '-c', 'commit.gpgsign=false'];
  return execFileSync('git', [...identity, ...args], { cwd, encoding: 'utf8' });
}
