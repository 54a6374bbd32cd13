// The build that both JavaScript servers serve, its REST API, and the commands on stdin, which `server.mjs` explains.

import { once, EventEmitter } from 'node:events';
import { createInterface } from 'node:readline';
import { BUILD, PROJECT, SETTING, TOKEN } from '../reference/service.mjs';

const CREATED = '2026-05-10T14:23:45.000Z';
const FINISHED = '2026-05-10T14:25:15.000Z';
const TERMINAL = ['complete', 'failed', 'superseded'];

/**
 * Settings of a server: `window`, how many lines REST shows; `recovery`, the options of
 * connection state recovery; `bare`, whether REST shows only the texts of lines.
 */
export const settings = { window: 500, ...JSON.parse(process.argv[2]) };

/** Writes one event for the test. */
export function report(event, fields = {}) {
  process.stdout.write(`${JSON.stringify({ event, ...fields })}\n`);
}

/** Joins or connections wait here until a command opens it. */
export class Gate {
  #shut = null;
  #opened = new EventEmitter().setMaxListeners(0);

  shut(what) {
    this.#shut = what;
  }

  open() {
    this.#shut = null;
    this.#opened.emit('open');
  }

  isShut(what) {
    return this.#shut === what;
  }

  async pass(what) {
    while (this.isShut(what)) await once(this.#opened, 'open');
  }
}

/** The sockets that receive what is sent to the room. */
export class Room {
  #members = new Set();

  /** Reports a join. The socket enters the room only if the join is accepted. */
  join(socket, accepted) {
    if (accepted) {
      socket.join(BUILD);
      this.#members.add(socket);
    }
    report('join', { accepted });
  }

  /** Registers a socket. A recovered session is in its rooms again. */
  connect(socket) {
    if (socket.recovered) this.#members.add(socket);
    socket.on('leave:build', () => {
      report('leave');
      socket.leave(BUILD);
    });
    socket.on('disconnect', (reason) => {
      this.#members.delete(socket);
      report('gone', { reason });
    });
    report('connect', { recovered: socket.recovered });
  }

  /** The sessions end: they receive nothing from now on. */
  clear() {
    this.#members.clear();
  }

  get size() {
    return this.#members.size;
  }
}

/** The build: its log and status, as REST shows them. */
export class Build {
  lines = [];
  status = 'pending';
  fails = false;

  /** Answers one request; for `http.createServer`, and as a middleware of Express. */
  async answer(request, response) {
    for await (const _chunk of request);
    const end = (status, body) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    const refuse = (status, error) => end(status, { error, message: `refused: ${error}`, requestId: 'req_e2e' });

    if (request.headers.authorization !== `Bearer ${TOKEN}`) return refuse(401, 'invalid_token');
    switch (`${request.method} ${request.url}`) {
      case `POST /projects/${PROJECT}/build-settings/${SETTING}/trigger`:
        return end(201, { buildId: BUILD, projectId: PROJECT, buildSettingId: SETTING, status: this.status });
      case `GET /builds/${BUILD}`: {
        const to = this.lines.length;
        const from = Math.max(0, to - settings.window);
        const status = this.fails ? 500 : 200;
        response.on('finish', () => report('get', { status, from, to }));
        return this.fails ? refuse(500, 'internal_error') : end(200, this.#facts(from));
      }
      default:
        return refuse(404, 'not_found');
    }
  }

  #shown(from) {
    const lines = this.lines.slice(from);
    return settings.bare ? lines.map(({ message }) => message) : lines;
  }

  #facts(from) {
    const ended = TERMINAL.includes(this.status);
    return {
      id: BUILD,
      projectId: PROJECT,
      buildSettingId: SETTING,
      status: this.status,
      platform: 'Win64',
      buildType: 'Shipping',
      branch: 'main',
      commit: '9b1f0c3e5d7a2468ace013579bdf02468ace1357',
      ueVersion: '5.4',
      triggeredBy: 'api_token:tok0000000000000000e2e01',
      createdAt: CREATED,
      finishedAt: ended ? FINISHED : null,
      durationMs: ended ? Date.parse(FINISHED) - Date.parse(CREATED) : null,
      logs: this.#shown(from),
    };
  }
}

/**
 * Runs the commands on stdin until it ends.
 * @param server `{ build, gate, room, io(), http }`: `io` answers the Socket.IO server
 * @param listen binds a port of the loopback interface
 */
export async function runCommands({ build, gate, room, io, http }, listen) {
  const upgraded = new Set();
  http.on('upgrade', (_request, connection) => {
    upgraded.add(connection);
    connection.on('close', () => upgraded.delete(connection));
  });
  const losses = {
    // Ends the namespace; the connection stays.
    kick: () => io().disconnectSockets(),
    // Ends the namespace, then the connection.
    disconnect: () => io().disconnectSockets(true),
    // Closes the WebSocket without a Socket.IO packet.
    close: () => io().sockets.sockets.forEach(({ conn }) => conn.close()),
    // Ends the TCP connection without a close frame.
    cut: () => upgraded.forEach((connection) => connection.destroy()),
  };
  const commands = {
    async listen({ port }) {
      await listen(port);
      report('listening', { port: http.address().port });
    },
    log({ lines, by }) {
      for (const { times = 1, ...line } of lines) {
        for (let time = 0; time < times; time += 1) {
          if (by !== 'stream') build.lines.push(line);
          if (by !== 'rest') io().to(BUILD).emit('build:log', { buildId: BUILD, ...line });
        }
      }
    },
    status({ status, by }) {
      if (by !== 'stream') build.status = status;
      if (by !== 'rest') io().to(BUILD).emit('build:status', { buildId: BUILD, status });
    },
    lose({ how }) {
      room.clear();
      losses[how]();
    },
    shut({ what }) {
      gate.shut(what);
    },
    open() {
      gate.open();
    },
    sync() {},
    rest({ fails }) {
      build.fails = fails;
    },
  };
  for await (const text of createInterface({ input: process.stdin })) {
    const { id, act, ...fields } = JSON.parse(text);
    const members = room.size;
    await commands[act](fields);
    report('done', { id, members });
  }
  process.exit();
}
