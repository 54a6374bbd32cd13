// One build on a real server, followed by the program. Keeps the true log, and which of its lines reached the program.

import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { inputs, start } from '../runner/program.mjs';
import { explain } from './check.mjs';
import { Server } from './server.mjs';

const START_MS = Date.parse('2026-05-10T14:23:45.000Z');
/** From one line to the next, by the clock of the build machine. */
const PACE_MS = 10;

/** A wait that takes longer has failed. */
const PATIENCE_MS = 20_000;

/** The text of the line with this number; it occurs once in a log. */
export const text = (number) => `LogInit: Display: line ${number} of the build`;

/** A compiler's error, each in a file of its own. */
const error = (number) =>
  String.raw`  C:\Build\Boss\Source\Boss\Boss${number}.cpp(42,13): error C2065: 'Fury${number}': undeclared identifier`;

export class Scenario {
  /** The true log: `{ timestamp, level, message }`, oldest first. Lines are numbered from 1. */
  truth = [];
  /** How many errors the log has. */
  errors = 0;
  /** How far the clock of the build machine is off. */
  clockMs = 0;
  /** When each line was first sent to a socket in the room, by its number. */
  sentAt = new Map();
  #status = 'pending';
  /** Entries of servers that were killed. */
  #past = [];

  /** A server that serves a new build. */
  static async open(t, name, settings = {}) {
    const scenario = new Scenario(t, name, settings);
    if (settings.shut) await scenario.server.do('shut', { what: settings.shut });
    await scenario.server.listen();
    return scenario;
  }

  /** The same, with a program that joined while the build was pending. The build is running. */
  static async follow(t, name, settings) {
    const scenario = await Scenario.open(t, name, settings);
    await scenario.start();
    await scenario.status('running');
    return scenario;
  }

  constructor(t, name, settings) {
    Object.assign(this, { t, name, settings });
    this.server = new Server(t, name, settings);
  }

  /** Starts the program and waits for its join, which is `accepted` or not. */
  async start({ accepted = true } = {}) {
    const folder = mkdtempSync(join(tmpdir(), 'buildpixel-ci-servers-'));
    this.t.after(() => rmSync(folder, { recursive: true, force: true }));
    this.reports = join(folder, 'reports');
    this.run = start(this.t, { ...inputs(this.server), BUILDPIXEL_REPORTS_DIR: this.reports });
    await this.until({ event: 'join', accepted });
    return this.run;
  }

  /** Waits for an event of the server. Fails if the program ends first, or after `PATIENCE_MS`. */
  until(fields, options) {
    return this.#wait(this.server.until(fields, options), JSON.stringify(fields));
  }

  /** The events so far: what comes `after` this is new. */
  get now() {
    return this.server.journal.length;
  }

  /** Waits until the program has printed the line with this number. */
  shown(number = this.truth.length) {
    const { message } = this.truth[number - 1];
    return this.#wait(this.#printed(message), `the line "${message}"`);
  }

  async #printed(message) {
    const { child } = this.run;
    while (!this.run.stdout.includes(message)) await once(child.stdout, 'data');
  }

  /** Waits for the end of the program, and for all events of the server. */
  async ended() {
    const ended = await this.#wait(this.run.ended, 'the end of the program');
    await this.server.do('sync');
    return ended;
  }

  async #wait(promise, what) {
    const patience = new AbortController();
    const fail = (why) => {
      throw new Error(`${why} ${what}\n\n${explain(this, this.run.stdout, this.run.stderr)}`);
    };
    const late = delay(PATIENCE_MS, undefined, { signal: patience.signal }).then(() => fail('waited in vain for'));
    const early = this.run.ended.then(({ code }) => fail(`the program ended with ${code} before`));
    try {
      return await Promise.race([promise, early, late]);
    } finally {
      patience.abort();
      for (const loser of [late, early]) loser.catch(() => {});
    }
  }

  /** Logs `count` numbered lines; returns how many sockets they were sent to. */
  log(count, by = 'both') {
    const first = this.truth.length + 1;
    return this.#log(Array.from({ length: count }, (_, place) => ({ message: text(first + place) })), by);
  }

  /** Logs one error of a compiler. */
  logError(by = 'both') {
    this.errors += 1;
    return this.#log([{ message: error(this.truth.length + 1), level: 'error' }], by);
  }

  /** Logs these texts, each as a line. */
  logTexts(texts, by = 'both') {
    return this.#log(texts.map((message) => ({ message })), by);
  }

  async #log(lines, by) {
    const from = this.truth.length;
    const stamped = lines.map(({ level = 'info', message }, place) => ({
      timestamp: new Date(START_MS + (from + place) * PACE_MS + this.clockMs).toISOString(),
      level,
      message,
    }));
    this.truth.push(...stamped);
    return this.#send(stamped, by, from);
  }

  /** Sends lines to the room that were stored before: late, or once more. */
  deliver(first, last) {
    return this.#send(this.truth.slice(first - 1, last), 'stream', first - 1);
  }

  async #send(lines, by, from) {
    const members = await this.server.do('log', { lines, by });
    if (by !== 'rest' && members > 0) {
      for (let place = from; place < from + lines.length; place += 1) {
        if (!this.sentAt.has(place + 1)) this.sentAt.set(place + 1, performance.now());
      }
    }
    return members;
  }

  async status(status, by = 'both') {
    this.#status = status;
    await this.server.do('status', { status, by });
  }

  async lose(how) {
    await this.server.do('lose', { how });
  }

  /** Logs `count` lines and waits until they are shown. */
  async logShown(count) {
    await this.log(count);
    await this.shown();
  }

  /** Ends the sessions, logs `count` lines that nobody receives, and waits until the room is joined again. */
  async outage(how, count) {
    const after = this.now;
    await this.lose(how);
    if (count > 0) await this.log(count);
    await this.until({ event: 'join', accepted: true }, { after });
  }

  /** Kills the server, runs `meanwhile`, which may log by REST, and starts the server again on the same port. */
  async restart(meanwhile) {
    const { port } = this.server;
    await this.server.kill();
    this.#past.push(...this.server.journal);
    this.server = new Server(this.t, this.name, this.settings);
    const lines = [...this.truth];
    await this.server.do('log', { lines, by: 'rest' });
    await this.server.do('status', { status: this.#status, by: 'rest' });
    await meanwhile();
    await this.server.listen(port);
  }

  /** The numbers of the lines that came to the program, by REST or in a session that stood. */
  get reached() {
    const reached = new Set(this.sentAt.keys());
    for (const { event, status, from, to } of [...this.#past, ...this.server.journal]) {
      if (event !== 'get' || status !== 200) continue;
      for (let place = from; place < to; place += 1) reached.add(place + 1);
    }
    return reached;
  }

  /** The outputs that the program wrote. */
  outputs() {
    return JSON.parse(readFileSync(join(this.reports, 'outputs.json'), 'utf8'));
  }

  /** The commands and events of the server, for people. */
  story() {
    const entries = [...this.#past, ...this.server.journal].filter(({ event }) => event !== 'done');
    return entries.map(({ lines, ...entry }) => {
      if (lines) entry.lines = [...new Set([lines[0].message, lines.at(-1)?.message])].join(' … ');
      return JSON.stringify(entry);
    }).join('\n');
  }
}
