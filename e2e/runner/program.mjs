// Runs the real binary in an environment of its own: nothing of the machine's CI leaks in.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { PROJECT, SETTING, TOKEN } from '../reference/service.mjs';

export const ROOT = resolve(import.meta.dirname, '../..');
export const BINARY = resolve(ROOT, process.env.BUILDPIXEL_CI_BINARY ?? 'target/debug/buildpixel-ci');

/** A run that takes longer than this hangs. */
const PATIENCE_MS = 30_000;

/** Inputs that follow a new build at `service`. */
export function inputs(service) {
  return {
    BUILDPIXEL_API_URL: service.url,
    BUILDPIXEL_TOKEN: TOKEN,
    BUILDPIXEL_PROJECT: PROJECT,
    BUILDPIXEL_BUILD_SETTING: SETTING,
  };
}

/** Starts the binary. */
export function start(t, env) {
  return new Run(t, BINARY, [], env);
}

/** A child process whose `ended` resolves to `{ code, stdout, stderr }`; it and its children end with the test. */
export class Run {
  stdout = '';
  stderr = '';

  constructor(t, program, args, env, cwd) {
    this.child = spawn(program, args, {
      cwd,
      env: { PATH: process.env.PATH, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true, // a process group of its own, so that its children can be killed with it
    });
    const patience = setTimeout(() => this.#kill(), PATIENCE_MS);
    t.after(() => {
      clearTimeout(patience);
      this.#kill();
    });
    for (const stream of ['stdout', 'stderr']) {
      this.child[stream].setEncoding('utf8').on('data', (text) => (this[stream] += text));
    }
    this.ended = once(this.child, 'close').then(([code]) => ({
      code,
      stdout: this.stdout,
      stderr: this.stderr,
    }));
  }

  /** Waits for `promise`, but no longer than this process lives. */
  async before(promise) {
    const early = this.ended.then(({ code, stdout, stderr }) => {
      throw new Error(`ended too early, with ${code}\n${stdout}${stderr}`);
    });
    return Promise.race([promise, early]);
  }

  /** Waits until stdout contains `text`. */
  async until(text) {
    while (!this.stdout.includes(text)) await this.before(once(this.child.stdout, 'data'));
  }

  #kill() {
    try {
      process.kill(-this.child.pid, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  }
}
