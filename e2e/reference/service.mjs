// BuildPixel, played by the reference JavaScript Socket.IO server and node:http on a loopback port.
// A test scripts one build and reads in the journal what the client did.

import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:http';
import { Server } from 'socket.io';

export const TOKEN = 'bp_e2e_0123456789abcdef';
export const PROJECT = 'prj0000000000000000e2e01';
export const SETTING = 'set0000000000000000e2e01';
export const BUILD = 'bld0000000000000000e2e01';

const START = Date.parse('2026-05-10T14:23:45.000Z');

export class Service {
  /** Everything received: `{ kind: 'request' | 'connect' | 'event' | 'disconnect', … }`, in order. */
  journal = [];
  #arrivals = new EventEmitter().setMaxListeners(0);
  #connections = new Set();
  #recentLines;
  #facts;
  #lines = [];
  #status = 'pending';

  /**
   * @param t the test that owns the service: it ends with it
   * @param options of the Socket.IO server, and `middleware`, which lets sockets in or refuses them,
   *   `recentLines`: how many of the newest log lines `GET /builds/:id` shows, and `facts`: the other
   *   fields of the build
   */
  static async start(t, { middleware, recentLines, facts, ...options } = {}) {
    const service = new Service(middleware, recentLines, facts, options);
    service.http.listen(0, '127.0.0.1');
    await once(service.http, 'listening');
    t.after(() => service.#stop());
    return service;
  }

  constructor(middleware = admitToken, recentLines = 500, facts = {}, options) {
    this.#recentLines = recentLines;
    this.#facts = facts;
    this.http = createServer((request, response) => this.#answer(request, response));
    this.http.on('connection', (connection) => {
      this.#connections.add(connection);
      connection.on('close', () => this.#connections.delete(connection));
    });
    this.io = new Server(this.http, { transports: ['websocket'], ...options });
    this.io.use(middleware);
    this.io.on('connection', (socket) => this.#admit(socket));
  }

  get url() {
    return `http://127.0.0.1:${this.http.address().port}`;
  }

  /** The server's side of the client's one connection; fails when there is none or more. */
  get socket() {
    const sockets = [...this.io.of('/').sockets.values()];
    if (sockets.length !== 1) throw new Error(`${sockets.length} sockets are connected, not 1`);
    return sockets[0];
  }

  /** The journal's entries that have all of `fields`. */
  received(fields) {
    return this.journal.filter((entry) =>
      Object.entries(fields).every(([key, value]) => entry[key] === value),
    );
  }

  /** Waits until `count` entries have all of `fields`; answers the last of them. */
  async until(fields, count = 1) {
    while (this.received(fields).length < count) await once(this.#arrivals, 'entry');
    return this.received(fields)[count - 1];
  }

  /** Waits for the client's `count`-th `join:build`. */
  joined(count = 1) {
    return this.until({ kind: 'event', name: 'join:build' }, count);
  }

  /** Logs one line: stored for REST, sent to whoever is in the build's room. */
  log(message, level = 'info') {
    const timestamp = new Date(START + this.#lines.length).toISOString();
    const line = { timestamp, level, message };
    this.#lines.push(line);
    this.#toRoom('build:log', { buildId: BUILD, ...line });
  }

  /** Moves the build to `status`. */
  status(status) {
    this.#status = status;
    this.#toRoom('build:status', { buildId: BUILD, status });
  }

  /** Breaks the client's TCP connections, without a word on any layer. */
  cut() {
    for (const connection of this.#connections) connection.destroy();
  }

  #toRoom(name, payload) {
    this.io.to(BUILD).emit(name, payload);
  }

  #admit(socket) {
    this.#note({ kind: 'connect', recovered: socket.recovered });
    socket.onAny((name, payload) => this.#note({ kind: 'event', name, payload }));
    socket.on('join:build', ({ buildId }) => socket.join(buildId));
    socket.on('leave:build', ({ buildId }) => socket.leave(buildId));
    socket.on('disconnect', (reason) => this.#note({ kind: 'disconnect', reason }));
  }

  async #answer(request, response) {
    let text = '';
    for await (const chunk of request) text += chunk;
    const route = `${request.method} ${request.url}`;
    const authorized = request.headers.authorization === `Bearer ${TOKEN}`;
    this.#note({ kind: 'request', route, authorized, body: text && JSON.parse(text) });

    const [status, body] = authorized ? this.#resource(route) : refusal(401, 'invalid_token');
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  }

  #resource(route) {
    switch (route) {
      case `POST /projects/${PROJECT}/build-settings/${SETTING}/trigger`:
        return [201, { buildId: BUILD, projectId: PROJECT, buildSettingId: SETTING, status: this.#status }];
      case `GET /builds/${BUILD}`:
        return [200, this.#build()];
      default:
        return refusal(404, 'not_found');
    }
  }

  #build() {
    const ended = ['complete', 'failed', 'superseded'].includes(this.#status);
    return {
      id: BUILD,
      projectId: PROJECT,
      buildSettingId: SETTING,
      status: this.#status,
      platform: 'Win64',
      buildType: 'Shipping',
      branch: 'main',
      commit: '9b1f0c3e5d7a2468ace013579bdf02468ace1357',
      commitMessage: 'Add the boss fight',
      ueVersion: '5.4',
      triggeredBy: 'api_token:tok0000000000000000e2e01',
      createdAt: new Date(START).toISOString(),
      finishedAt: ended ? new Date(START + 90_000).toISOString() : null,
      durationMs: ended ? 90_000 : null,
      logs: this.#lines.slice(Math.max(0, this.#lines.length - this.#recentLines)),
      ...this.#facts,
    };
  }

  #note(entry) {
    this.journal.push(entry);
    this.#arrivals.emit('entry');
  }

  #stop() {
    this.http.close();
    this.cut();
  }
}

/** The documented way in: `auth: { token }`. */
export function admitToken(socket, next) {
  next(socket.handshake.auth.token === TOKEN ? undefined : new Error('invalid token'));
}

function refusal(status, error) {
  return [status, { error, message: `refused: ${error}`, requestId: 'req_e2e' }];
}
