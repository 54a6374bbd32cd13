// Runs one of the real servers as a process of its own. All of them understand the same commands: JSON objects
// on stdin, one a line. The server answers each with the event `done`:
//
//   listen {port}        serves on a port of the loopback interface, 0 for any
//   log {lines, by}      logs lines: `rest` only stores them for REST, `stream` only sends them to the room (late
//                        lines, or the same lines again), `both` does both
//   status {status, by}  moves the build to a status, in the same ways
//   lose {how}           ends all sessions: `kick`, `disconnect`, `close` or `cut`
//   shut {what}, open    ignores `joins`, or lets `connections` wait in a middleware (npm socket.io), until `open`
//   rest {fails}         `GET /builds/:id` answers 500, or works again
//   sync                 does nothing; all earlier events arrive before its `done`
//
// Events come from stdout, one a line: `listening`, `middleware`, `connect`, `join` (accepted or not), `gone`, `get`
// (the lines that a REST answer showed) and `done` (with the number of sockets in the room).

import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { BUILD, PROJECT, SETTING, TOKEN } from '../reference/service.mjs';
import { ROOT } from '../runner/program.mjs';

const PYTHON = resolve(ROOT, process.env.CI_TOOLS ?? 'target/ci-tools', 'bin/python');
const NAMES = { build: BUILD, project: PROJECT, setting: SETTING, token: TOKEN };

/** The servers: the program that runs each, and its file. */
export const SERVERS = {
  'npm socket.io': [process.execPath, 'socketio.mjs'],
  NestJS: [process.execPath, 'nestjs.mjs'],
  'python-socketio': [PYTHON, 'python_socketio.py'],
};

export class Server {
  /** Every event in order, with the commands between them as `{ act, … }`. */
  journal = [];
  #arrivals = new EventEmitter().setMaxListeners(0);
  #stderr = '';
  #commands = 0;

  /** @param t the test that owns the server: its process ends with it */
  constructor(t, name, settings) {
    const [program, file] = SERVERS[name];
    if (!existsSync(program)) throw new Error(`${program} is missing: \`.ci/run tools\` makes it`);
    this.child = spawn(program, [join(import.meta.dirname, file), JSON.stringify({ ...settings, names: NAMES })]);
    this.child.stderr.setEncoding('utf8').on('data', (text) => (this.#stderr += text));
    this.child.stdin.on('error', () => {}); // Its end is noticed as such.
    createInterface({ input: this.child.stdout }).on('line', (line) => this.#note(JSON.parse(line)));
    this.ended = once(this.child, 'close').then(([code]) => this.#note({ event: 'ended', code }));
    t.after(() => this.kill());
  }

  get url() {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Sends a command and waits for its `done`; returns how many sockets were in the room. */
  async do(act, fields = {}) {
    const id = (this.#commands += 1);
    const entry = { act, ...fields };
    this.journal.push(entry);
    this.child.stdin.write(`${JSON.stringify({ id, ...entry })}\n`);
    entry.members = (await this.until({ event: 'done', id })).members;
    return entry.members;
  }

  async listen(port = 0) {
    await this.do('listen', { port });
    this.port = (await this.until({ event: 'listening' })).port;
  }

  /** The events that have all of `fields`, of those after the first `after`. */
  received(fields, after = 0) {
    const fits = (entry) => Object.entries(fields).every(([key, value]) => entry[key] === value);
    return this.journal.slice(after).filter(fits);
  }

  /** Waits until `count` events have all of `fields`; returns the last of them. */
  async until(fields, { count = 1, after = 0 } = {}) {
    while (this.received(fields, after).length < count) {
      if (this.received({ event: 'ended' }).length > 0) throw new Error(`the server has ended:\n${this.#stderr}`);
      await once(this.#arrivals, 'event');
    }
    return this.received(fields, after)[count - 1];
  }

  /** Ends the process at once. */
  async kill() {
    this.child.kill('SIGKILL');
    await this.ended;
  }

  #note(entry) {
    this.journal.push(entry);
    this.#arrivals.emit('event');
  }
}
