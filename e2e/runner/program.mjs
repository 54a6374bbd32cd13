// Runs the real binary in an environment of its own: nothing of the machine's CI leaks in.

import { spawn } from 'node:child_process';
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

/** Starts the binary; it is killed with the test `t`. */
export function start(t, env) {
  return new Run(t, BINARY, [], env);
}

/** A child process whose `ended` resolves to `{ code, signal, stdout, stderr }`. */
export class Run {
  stdout = '';
  stderr = '';

  constructor(t, program, args, env, cwd) {
    this.child = spawn(program, args, {
      cwd,
      env: { PATH: process.env.PATH, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: PATIENCE_MS,
      killSignal: 'SIGKILL',
    });
    t.after(() => this.child.kill('SIGKILL'));
    for (const stream of ['stdout', 'stderr']) {
      this.child[stream].setEncoding('utf8').on('data', (text) => (this[stream] += text));
    }
    this.ended = new Promise((resolve, reject) => {
      this.child.on('error', reject);
      this.child.on('close', (code, signal) => resolve({ code, signal, stdout: this.stdout, stderr: this.stderr }));
    });
  }

  /** Waits until stdout contains `text`. */
  async until(text) {
    while (!this.stdout.includes(text)) {
      const more = new Promise((resolve) => this.child.stdout.once('data', resolve));
      const ended = await Promise.race([more.then(() => undefined), this.ended]);
      if (ended && !this.stdout.includes(text)) throw new Error(`ended without ${text}:\n${this.stdout}${this.stderr}`);
    }
  }
}
