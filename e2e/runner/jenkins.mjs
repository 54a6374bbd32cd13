// Jenkins from the view of an `sh` step: how durable-task runs a script, how Jenkins reads its log, and how it
// aborts a build. jenkins.groovy runs a pipeline around it.

import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { BINARY, ROOT, Run } from './program.mjs';

const RUNNER = join(ROOT, 'e2e/runner');

/** A step that takes longer than this hangs. */
const PATIENCE_MS = 30_000;

/** How often Jenkins' side reads its files. */
const LOOK_MS = 20;

/** The time that Jenkins waits for the processes after an abort. */
const SOFT_KILL_MS = 5_000;

/** Debian's groovy looks for Java in one place only; Java may be elsewhere. */
const JAVA_HOME = process.env.JAVA_HOME ?? ownerOf('java');

function ownerOf(program) {
  const { stdout } = spawnSync('sh', ['-c', 'readlink -f "$(command -v "$0")"', program], { encoding: 'utf8' });
  return resolve(stdout.trim(), '../..');
}

/** The environment of a build on an agent that has the program on its PATH. */
export function agent(workspace, locale) {
  return {
    PATH: `${dirname(BINARY)}:${process.env.PATH}`,
    LANG: locale,
    WORKSPACE: workspace,
    CI: 'true',
    JENKINS_URL: 'http://jenkins.invalid/',
    BUILD_ID: '7',
    BUILD_NUMBER: '7',
    BUILD_URL: 'http://jenkins.invalid/job/game/7/',
    JOB_NAME: 'game',
  };
}

/** A folder for one build, which is gone after the test. Its name has a blank in it, as that of a job may. */
export function workspace(t) {
  const folder = mkdtempSync(join(tmpdir(), 'buildpixel ci-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'game');
  mkdirSync(path);
  return path;
}

/** An `sh` step; whatever of it still runs ends with the test. */
export class ShStep {
  #control;
  #cookie;
  #charset;

  constructor(t, script, { workspace, locale = 'C.UTF-8', env = {} }) {
    this.#cookie = `durable-${createHash('sha256').update(workspace).digest('hex')}`;
    this.#charset = /\.utf-?8$/i.test(locale) ? 'utf8' : 'ascii';
    this.#control = join(`${workspace}@tmp`, 'durable-1');
    mkdirSync(this.#control, { recursive: true });
    writeFileSync(join(this.#control, 'script.sh'), script);
    t.after(() => this.#signal('SIGKILL'));
    spawn(join(RUNNER, 'durable-task.sh'), [this.#control, this.#cookie], {
      cwd: workspace,
      env: { ...agent(workspace, locale), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.ended = this.#end();
  }

  /** The console, in the agent's charset. In ASCII each byte of another character is lost. */
  get log() {
    const path = join(this.#control, 'jenkins-log.txt');
    const bytes = existsSync(path) ? readFileSync(path) : Buffer.of();
    if (this.#charset === 'utf8') return bytes.toString('utf8');
    return bytes.toString('latin1').replace(/[\x80-\xff]/g, '?');
  }

  /** Waits until the console contains `text`. */
  async until(text) {
    await this.#wait(() => this.log.includes(text), `no ${text}`);
  }

  /**
   * Aborts the build: SIGTERM to every process that has the cookie, children first, and nothing harder.
   * Answers whether all of them ended while Jenkins waits for them.
   */
  async abort() {
    this.#signal('SIGTERM');
    for (let waited = 0; waited < SOFT_KILL_MS; waited += LOOK_MS) {
      if (this.processes().length === 0) return true;
      await delay(LOOK_MS);
    }
    return false;
  }

  /** The processes of the step, children before their parents. */
  processes() {
    const parents = new Map();
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number)) {
      const environment = proc(pid, 'environ').split('\0');
      if (!environment.includes(`JENKINS_SERVER_COOKIE=${this.#cookie}`)) continue;
      parents.set(pid, Number(/^PPid:\t(\d+)$/m.exec(proc(pid, 'status'))?.[1]));
    }
    const depth = (pid) => (parents.has(pid) ? 1 + depth(parents.get(pid)) : 0);
    return [...parents.keys()].sort((a, b) => depth(b) - depth(a));
  }

  async #end() {
    const result = join(this.#control, 'jenkins-result.txt');
    await this.#wait(() => existsSync(result), 'no result');
    return { status: Number(readFileSync(result, 'utf8')), log: this.log };
  }

  async #wait(condition, complaint) {
    for (let waited = 0; !condition(); waited += LOOK_MS) {
      if (waited > PATIENCE_MS) throw new Error(`${complaint}\n${this.log}`);
      await delay(LOOK_MS);
    }
  }

  #signal(signal) {
    for (const pid of this.processes()) {
      try {
        process.kill(pid, signal);
      } catch {
        // It has ended by itself.
      }
    }
  }
}

/** A file of /proc; empty if the process has ended. */
function proc(pid, file) {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

/** Runs a Jenkinsfile with our library; answers `{ result, error, calls, console }`. */
export async function runPipeline(t, jenkinsfile, { workspace, env, credentials }) {
  const folder = `${workspace}@script`;
  mkdirSync(folder, { recursive: true });
  const [file, journal] = [join(folder, 'Jenkinsfile'), join(folder, 'journal.json')];
  writeFileSync(file, jenkinsfile);
  const { code, stdout, stderr } = await new Run(
    t,
    'groovy',
    [
      join(RUNNER, 'jenkins.groovy'),
      file,
      join(ROOT, 'jenkins/vars'),
      journal,
      join(RUNNER, 'durable-task.sh'),
      JSON.stringify(credentials),
    ],
    { ...agent(workspace, 'C.UTF-8'), JAVA_HOME, JAVA_OPTS: '-XX:TieredStopAtLevel=1 -XX:+UseSerialGC', ...env },
    workspace,
  ).ended;
  if (code !== 0) throw new Error(`groovy ended with ${code}\n${stdout}${stderr}`);
  return JSON.parse(readFileSync(journal, 'utf8'));
}
