// The real binary against the reference JavaScript Socket.IO server.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { ERROR, failToCompile } from '../reference/failure.mjs';
import { admitToken, BUILD, Service, TOKEN } from '../reference/service.mjs';
import { commands } from '../runner/github.mjs';
import { inputs, start } from '../runner/program.mjs';

/** Starts the binary on a new build and waits until it has joined the build's room. */
async function follow(t, service, env = {}) {
  const run = start(t, { ...inputs(service), ...env });
  await run.before(service.joined());
  return run;
}

/** Logs the lines `first` to `last` of a numbered series. */
function logNumbered(service, first, last) {
  for (let number = first; number <= last; number += 1)
    service.log(`LogInit: Display: line ${number} of many`);
}

/** The numbered lines that were shown, as runs without a gap: `1-100 90-200` repeats some. */
function shown(stdout) {
  const runs = [];
  for (const [, text] of stdout.matchAll(/^LogInit: Display: line (\d+) of many$/gm)) {
    const number = Number(text);
    const run = runs.at(-1);
    if (run?.last === number - 1) run.last = number;
    else runs.push({ first: number, last: number });
  }
  return runs.map(({ first, last }) => `${first}-${last}`).join(' ');
}

/** A middleware that lets nobody in, and how often it was asked. */
function refuse() {
  let attempts = 0;
  const middleware = (_socket, next) => {
    attempts += 1;
    next(new Error('this token may not follow builds'));
  };
  return { middleware, attempts: () => attempts };
}

test('a successful build is shown line by line and ends with 0', async (t) => {
  const service = await Service.start(t);
  const run = await follow(t, service);

  service.status('running');
  logNumbered(service, 1, 1000);
  service.status('complete');

  const { code, stdout } = await run.ended;
  assert.equal(code, 0, stdout);
  assert.equal(shown(stdout), '1-1000');
});

test('a line is shown while the build still runs', async (t) => {
  const service = await Service.start(t);
  const run = await follow(t, service);

  service.status('running');
  service.log('LogInit: Display: the first sign of life');
  await run.until('the first sign of life');

  assert.equal(run.child.exitCode, null);
});

test('lines that arrive after the last status are shown', async (t) => {
  const service = await Service.start(t);
  const run = await follow(t, service);

  service.status('running');
  service.status('complete');
  logNumbered(service, 1, 20);

  const { code, stdout } = await run.ended;
  assert.equal(code, 0, stdout);
  assert.equal(shown(stdout), '1-20');
});

test('a compile error fails with 10 and becomes an annotation of its line', async (t) => {
  const service = await Service.start(t);
  const run = await follow(t, service, { BUILDPIXEL_CI: 'github' });

  failToCompile(service);

  const { code, stdout } = await run.ended;
  assert.equal(code, 10, stdout);
  const annotation = commands(stdout).find(({ name, properties }) => name === 'error' && properties.line);
  const { title, ...place } = annotation.properties;
  assert.deepEqual(place, { file: ERROR.file, line: ERROR.line, col: ERROR.col });
  assert.equal(title, ERROR.code);
  const [shown] = annotation.data.split('\n');
  assert.equal(shown, `${ERROR.file}:${ERROR.line}:${ERROR.col}: ${ERROR.code}: ${ERROR.message}`, 'as the log shows it');
});

test('a refused socket ends with 21 where only the socket may be used, says why and is not tried again', async (t) => {
  const { middleware, attempts } = refuse();
  const service = await Service.start(t, { middleware });

  const { code, stdout } = await start(t, { ...inputs(service), BUILDPIXEL_TRANSPORT: 'socket' }).ended;

  assert.equal(code, 21, stdout);
  assert.match(stdout, /this token may not follow builds/);
  assert.equal(attempts(), 1);
});

test('a refused socket is replaced by polling, without a lost or repeated line', async (t) => {
  const { middleware, attempts } = refuse();
  const service = await Service.start(t, { middleware });
  const run = start(t, inputs(service));

  await run.before(service.until({ kind: 'request', route: `GET /builds/${BUILD}` }));
  service.status('running');
  logNumbered(service, 1, 20);
  await run.until('line 20 of many');
  logNumbered(service, 21, 40);
  service.status('complete');

  const { code, stdout } = await run.ended;
  assert.equal(code, 0, stdout);
  assert.equal(shown(stdout), '1-40');
  assert.equal(attempts(), 1);
});

test('a slow answer to the connection is waited for', async (t) => {
  const middleware = async (socket, next) => {
    await delay(300);
    admitToken(socket, next);
  };
  const service = await Service.start(t, { middleware });
  const run = await follow(t, service);

  service.status('running');
  service.status('complete');

  assert.equal((await run.ended).code, 0);
  assert.equal(service.received({ kind: 'connect' }).length, 1);
  assert.equal(service.received({ name: 'join:build' }).length, 1);
});

suite('a lost connection is resumed without a lost or repeated line', () => {
  const losses = {
    'the server ends the namespace': ({ socket }) => socket.disconnect(),
    'the server ends the connection': ({ socket }) => socket.disconnect(true),
    'the engine closes': ({ socket }) => socket.conn.close(),
    'the wire is cut': (service) => service.cut(),
  };
  const servers = { '': {}, ', by a server that recovers sessions': { connectionStateRecovery: {} } };

  for (const [loss, lose] of Object.entries(losses)) {
    for (const [kind, options] of Object.entries(servers)) {
      test(`${loss}${kind}`, async (t) => {
        const service = await Service.start(t, options);
        const run = await follow(t, service);

        service.status('running');
        logNumbered(service, 1, 100);
        await run.until('line 100 of many');
        lose(service);
        logNumbered(service, 101, 150);
        await run.before(service.joined(2));
        logNumbered(service, 151, 200);
        service.status('complete');

        const { code, stdout } = await run.ended;
        assert.equal(code, 0, stdout);
        assert.equal(shown(stdout), '1-200');
      });
    }
  }
});

/** Cuts the wire after 100 lines, and logs 500 more before the client can be back. */
async function outage(t, options) {
  const service = await Service.start(t, options);
  const run = await follow(t, service);

  service.status('running');
  logNumbered(service, 1, 100);
  await run.until('line 100 of many');
  service.cut();
  await service.until({ kind: 'disconnect' });
  logNumbered(service, 101, 600);
  await run.before(service.joined(2));
  logNumbered(service, 601, 700);
  service.status('complete');

  return { service, ...(await run.ended) };
}

for (const recentLines of [0, 50]) {
  test(`a recovered session brings what REST does not show, if that shows ${recentLines} lines`, async (t) => {
    const options = { recentLines, connectionStateRecovery: {} };
    const { service, code, stdout } = await outage(t, options);

    assert.equal(code, 0, stdout);
    assert.equal(shown(stdout), '1-700');
    assert.doesNotMatch(stdout, /missing/);
    assert.equal(service.received({ kind: 'connect', recovered: true }).length, 1);
  });
}

test('a session after a session is recovered too, also if nothing happened in it', async (t) => {
  const service = await Service.start(t, { recentLines: 0, connectionStateRecovery: {} });
  const run = await follow(t, service);

  service.status('running');
  logNumbered(service, 1, 10);
  await run.until('line 10 of many');
  for (const [outage, lines] of [[11, 20], [], [21, 30]].entries()) {
    service.cut();
    await service.until({ kind: 'disconnect' }, outage + 1);
    if (lines.length) logNumbered(service, ...lines);
    await run.before(service.joined(outage + 2));
  }
  service.status('complete');

  const { code, stdout } = await run.ended;
  assert.equal(code, 0, stdout);
  assert.equal(shown(stdout), '1-30');
  assert.equal(service.received({ kind: 'connect', recovered: true }).length, 3);
});

test('without recovery a gap that REST does not close is reported', async (t) => {
  const { stdout } = await outage(t, { recentLines: 50 });

  assert.match(shown(stdout), /^1-100 (?<first>\d+)-700$/);
  assert.match(stdout, /line 100 of many$[^]*missing[^]*line 700 of many$/m);
});

test('lines that are logged while a recovered session is let in are fetched from REST', async (t) => {
  let attempts = 0;
  const middleware = (socket, next) => {
    attempts += 1;
    // The reference server has replayed what was missed by now, and does not send to the socket yet.
    if (attempts === 2) logNumbered(service, 151, 200);
    admitToken(socket, next);
  };
  const connectionStateRecovery = { skipMiddlewares: false };
  const service = await Service.start(t, { middleware, connectionStateRecovery });
  const run = await follow(t, service);

  service.status('running');
  logNumbered(service, 1, 100);
  await run.until('line 100 of many');
  service.cut();
  await service.until({ kind: 'disconnect' });
  logNumbered(service, 101, 150);
  await run.before(service.joined(2));
  logNumbered(service, 201, 250);
  service.status('complete');

  const { code, stdout } = await run.ended;
  assert.equal(code, 0, stdout);
  assert.equal(service.received({ kind: 'connect', recovered: true }).length, 1);
  assert.equal(shown(stdout), '1-250');
});

test('half an emoji costs one character, not the line', async (t) => {
  const service = await Service.start(t);
  const run = await follow(t, service);

  service.status('running');
  service.log('LogInit: cut inside \ud83c an emoji');
  service.log('LogInit: whole \u{1f3ae} again');
  service.status('complete');

  const { code, stdout } = await run.ended;
  assert.equal(code, 0, stdout);
  assert.match(stdout, /^LogInit: cut inside \ufffd an emoji$/m);
  assert.match(stdout, /^LogInit: whole \u{1f3ae} again$/mu);
});

test('events that nobody documented do no harm', async (t) => {
  const service = await Service.start(t);
  const run = await follow(t, service);
  const { socket } = service;

  service.status('running');
  service.log('LogInit: before the oddities');
  socket.emit('build:log', { buildId: BUILD, message: Buffer.from([0x1e, 0x00, 0xff]) });
  socket.emit('build:log');
  socket.emit('build:log', null, 7);
  socket.emit('build:log', { buildId: BUILD, message: { not: 'text' } });
  socket.emit('build:log', {
    buildId: 'bld0000000000000000other',
    level: 'info',
    message: 'LogInit: of another build',
  });
  socket.emit('build:status', { buildId: 'bld0000000000000000other', status: 'failed' });
  socket.emit('build:status', { buildId: BUILD, status: 'paused' });
  socket.emit('error', 'close');
  socket.emit('constructor', 'toString');
  socket.emit('are:you:there', () => {});
  service.log('LogInit: after the oddities');
  service.status('complete');

  const { code, stdout } = await run.ended;
  assert.equal(code, 0, stdout);
  assert.match(stdout, /before the oddities[^]*after the oddities/);
  assert.doesNotMatch(stdout, /of another build/);
  assert.equal(service.received({ kind: 'connect' }).length, 1);
});

test('a client that is done leaves the room and disconnects', async (t) => {
  const service = await Service.start(t);
  const run = await follow(t, service);

  service.status('running');
  service.status('complete');
  await run.ended;

  const { reason } = await service.until({ kind: 'disconnect' });
  assert.equal(reason, 'client namespace disconnect');
  assert.deepEqual(
    service.received({ name: 'leave:build' }).map(({ payload }) => payload),
    [{ buildId: BUILD }],
  );
});

for (const [signal, expected] of Object.entries({ SIGINT: 130, SIGTERM: 143 })) {
  test(`${signal} ends with ${expected} within a second, and leaves the room`, async (t) => {
    const service = await Service.start(t);
    const run = await follow(t, service);
    service.status('running');
    service.log('LogInit: Display: under way');
    await run.until('under way');

    const sent = performance.now();
    run.child.kill(signal);
    const { code, stdout } = await run.ended;

    assert.equal(code, expected, stdout);
    assert.ok(performance.now() - sent < 1_000);
    assert.ok(stdout.includes(BUILD), 'the build id is needed to re-attach');
    const { reason } = await service.until({ kind: 'disconnect' });
    assert.equal(reason, 'client namespace disconnect');
    assert.equal(service.received({ name: 'leave:build' }).length, 1);
  });
}

test('no hostile line acts on GitHub, and our own commands still do', async (t) => {
  const service = await Service.start(t);
  const run = await follow(t, service, { BUILDPIXEL_CI: 'github' });
  const hostile = [
    'x\r::error::fake',
    '::add-path::/tmp',
    '  ::set-output name=build-id::forged',
    'output ##[add-path]/tmp',
    '##[set-env name=PATH]/tmp',
    ':\u200b:stop-commands::error',
    '\u0085::add-mask::e',
    'two lines\n::group::fake',
  ];
  assert.equal(commands(hostile.join('\n')).length, hostile.length);

  failToCompile(service, [...hostile, `LogInit: Display: the token is ${TOKEN}`]);

  const { code, stdout } = await run.ended;
  assert.equal(code, 10, stdout);
  const acted = commands(stdout);
  assert.deepEqual(
    acted.filter(({ name }) => !['group', 'endgroup', 'error', 'warning', 'notice', 'debug'].includes(name)),
    [{ name: 'add-mask', properties: {}, data: TOKEN }],
  );
  assert.doesNotMatch(JSON.stringify(acted), /fake/);
  assert.ok(acted.some(({ name, properties }) => name === 'error' && properties.line === ERROR.line));
  assert.ok(!stdout.replace(`::add-mask::${TOKEN}`, '').includes(TOKEN));
});
