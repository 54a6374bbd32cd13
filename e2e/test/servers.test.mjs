// The real binary against real Socket.IO servers that fail in the ways in which such servers do.
// Whatever happens: each line that came in is printed once, in order or behind a word that it is late, and what
// could not be had is called missing.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { WORDS, explain, judge } from '../servers/judge.mjs';
import { SERVERS } from '../servers/server.mjs';
import { Stage } from '../servers/stage.mjs';

const ALL = Object.keys(SERVERS);
const NPM = 'npm socket.io';

/** Runs wait more than they compute. */
const CONCURRENCY = 4;

/** Plays one way to fail on each of `servers`. */
function way(title, servers, play) {
  for (const name of servers) test(`${title} (${name})`, (t) => play(t, name));
}

/** Ends the build and judges the run. */
async function end(stage, expected) {
  await stage.status(stage.errors > 0 ? 'failed' : 'complete');
  judge(stage, await stage.ended(), expected);
}

suite('on a real server', { concurrency: CONCURRENCY }, () => {
  for (const unheeded of [1, 2]) {
    const title = `a join that is not heeded is repeated soon, ${unheeded} of them`;
    way(title, unheeded === 1 ? ALL : [NPM], async (t, name) => {
      const stage = await Stage.open(t, name, { window: 2_000, shut: 'joins' });
      await stage.start({ heeded: false });
      if (unheeded === 1) await stage.server.do('open');
      await stage.status('running');
      const joined = stage.until({ event: 'join', heeded: true });

      // The service logs until it is heard.
      const logged = performance.now();
      const ticking = setInterval(() => stage.log(60), 500);
      t.after(() => clearInterval(ticking));
      await stage.log(60);
      if (unheeded === 2) {
        await stage.until({ event: 'join', heeded: false }, { count: 2 });
        await stage.server.do('open');
      }
      await stage.shown(1);
      const firstLineMs = performance.now() - logged;
      await joined;
      const joinedMs = performance.now() - logged;
      clearInterval(ticking);
      await stage.logError();
      await stage.log(20);
      await stage.status('failed');

      const ended = await stage.ended();
      const complaints = [];
      if (firstLineMs > 7_000) complaints.push(`the first line was shown after ${Math.round(firstLineMs)} ms`);
      if (joinedMs > 7_000 * unheeded) complaints.push(`the room was joined after ${Math.round(joinedMs)} ms`);
      if (!WORDS.joinsAgain.test(ended.stdout)) complaints.push('nothing is said about joining again');
      judge(stage, ended, { lost: '', complaints });
    });
  }

  way('lines that a standing session drops are printed all the same', ALL, async (t, name) => {
    const stage = await Stage.follow(t, name);
    await stage.logShown(100);
    await stage.log(49, 'rest');
    await stage.logError('rest');
    await stage.logShown(150);
    await stage.logError();
    await stage.log(10, 'rest');
    await end(stage, { lost: '' });
  });

  way('lines that a standing session drops and REST shows no more are called missing', ALL, async (t, name) => {
    const stage = await Stage.follow(t, name, { window: 60 });
    await stage.logShown(200);
    await stage.log(39, 'rest');
    await stage.logError('rest');
    await stage.log(40);
    // The last answer of REST begins with line 221.
    await end(stage, { lost: '201-220' });
  });

  way('a burst that is bigger than what REST shows is printed in order', ALL, async (t, name) => {
    const stage = await Stage.follow(t, name, { window: 20 });
    await stage.log(400);
    await stage.logError();
    await end(stage, { lost: '' });
  });

  way('a burst right after a reconnect is printed once, and what came before it called missing', ALL, async (t, name) => {
    const stage = await Stage.follow(t, name, { window: 20 });
    await stage.logShown(100);
    await stage.outage('cut', 60);
    await stage.log(200);
    await stage.logError();
    await stage.logShown(200);
    await end(stage, {});
  });

  way('a stream that lags behind REST by more than that shows is printed in order', ALL, async (t, name) => {
    const stage = await Stage.follow(t, name, { window: 50 });
    await stage.logShown(100);
    const after = stage.now;
    await stage.lose('cut');
    await stage.log(200, 'rest');
    await stage.until({ event: 'join', heeded: true }, { after });
    await stage.until({ event: 'get', status: 200, to: 300 }, { after });
    await stage.deliver(101, 300);
    await stage.logError();
    await end(stage, { lost: '' });
  });

  way('what a stream brings long after REST has shown later lines is printed late', ALL, async (t, name) => {
    const stage = await Stage.follow(t, name, { window: 50 });
    await stage.logShown(100);
    const after = stage.now;
    await stage.lose('cut');
    await stage.log(199, 'rest');
    await stage.logError('rest');
    await stage.until({ event: 'join', heeded: true }, { after });
    await stage.shown(300);
    await stage.deliver(101, 300);
    await stage.log(20);
    await end(stage, { lost: '' });
  });

  way('sessions that end in every way are resumed and the gaps filled from REST', ALL, async (t, name) => {
    const stage = await Stage.follow(t, name);
    await stage.logShown(20);
    for (const how of ['kick', 'disconnect', 'close', 'cut']) {
      await stage.outage(how, 50);
      await stage.logError();
      await stage.logShown(20);
    }
    await end(stage, { lost: '' });
  });

  way('a gap that REST does not reach back over is called missing', ['NestJS', 'python-socketio'], async (t, name) => {
    const stage = await Stage.follow(t, name, { window: 10 });
    await stage.logShown(100);
    await stage.outage('cut', 50);
    await stage.logShown(5);
    await stage.logError();
    await stage.log(50);
    await end(stage, {});
    assert.ok(stage.truth.length > stage.reached.size, 'some lines cannot be had');
  });

  for (const skipMiddlewares of [true, false]) {
    const recovery = { skipMiddlewares };
    for (const how of ['close', 'cut']) {
      const title = `a recovered session is whole after ${how}, middlewares ${skipMiddlewares ? 'skipped' : 'run'}`;
      way(title, [NPM], async (t, name) => {
        const stage = await Stage.follow(t, name, { window: 10, recovery });
        await stage.logShown(100);
        await stage.outage(how, 100);
        await stage.logError();
        await stage.log(50);
        await end(stage, { lost: '' });
        assert.equal(stage.server.received({ event: 'connect', recovered: true }).length, 1);
      });
    }
  }

  for (const [window, lost, what] of [
    [500, '', 'fetched from REST'],
    [60, '151-190', 'called missing if REST shows them no more'],
  ]) {
    way(`lines that are logged while a middleware looks at a recovered session are ${what}`, [NPM], async (t, name) => {
      const stage = await Stage.follow(t, name, { window, recovery: { skipMiddlewares: false } });
      await stage.logShown(100);
      await stage.server.do('shut', { what: 'connections' });
      const after = stage.now;
      await stage.lose('cut');
      await stage.until({ event: 'gone' }, { after });
      await stage.log(50);
      // What was missed is replayed before, and what is logged from now on is sent to nobody.
      await stage.until({ event: 'middleware' }, { after });
      await stage.log(99);
      await stage.logError();
      await stage.server.do('open');
      await stage.until({ event: 'join', heeded: true }, { after });
      await stage.until({ event: 'get', status: 200, to: stage.truth.length }, { after });
      await stage.log(50);
      await end(stage, { lost });
      assert.equal(stage.server.received({ event: 'connect', recovered: true }).length, 1);
    });
  }

  way('lines that are sent again in a standing session are printed once', ALL, async (t, name) => {
    const stage = await Stage.follow(t, name);
    await stage.logShown(100);
    await stage.deliver(41, 100);
    await stage.logError();
    await stage.logShown(9);
    await stage.deliver(60, 110);
    await stage.deliver(100, 110);
    await stage.log(40);
    await end(stage, { lost: '' });
  });

  way('a log that repeats itself is printed as it is', ALL, async (t, name) => {
    const stage = await Stage.follow(t, name);
    const steps = ['LogCook: Display: cooking', 'LogCook: Display: saving', 'LogCook: Display: still going', '.', '.'];
    for (let round = 0; round < 20; round += 1) await stage.logTexts(steps);
    await stage.logTexts(Array(50).fill('.'));
    await stage.status('complete');
    const { code, stdout } = await stage.ended();
    const lines = stdout.split('\n').filter((line) => steps.includes(line));
    assert.deepEqual(lines, stage.truth.map(({ message }) => message), explain(stage, stdout));
    assert.equal(code, 0);
    assert.doesNotMatch(stdout, WORDS.missing);
  });

  way('a clock of the build machine that jumps costs no line', ALL, async (t, name) => {
    const stage = await Stage.follow(t, name, { window: 100 });
    await stage.logShown(100);
    stage.clockMs = 3_600_000;
    await stage.log(1);
    stage.clockMs = 0;
    await stage.logShown(99);
    await stage.outage('cut', 50);
    await stage.logShown(50);
    // From here on the build logs before the first line.
    stage.clockMs = -600_000;
    await stage.log(10);
    await stage.logError();
    await stage.logShown(39);
    await stage.outage('cut', 150);
    await stage.logShown(20);
    await stage.logError();
    await stage.log(20);
    await end(stage, {});
  });

  way('lines are shown, and none is lost at a signal, while REST fails and the stream is cut', ALL, async (t, name) => {
    const stage = await Stage.follow(t, name, { recovery: { skipMiddlewares: true } });
    const shownAt = watch(stage);
    await stage.logShown(20);
    await stage.server.do('rest', { fails: true });
    for (let session = 1; session <= 4; session += 1) {
      await stage.outage('cut', 5);
      await stage.log(30);
      await delay(500);
      await stage.log(30);
      await delay(500);
    }
    await stage.logError();
    await stage.log(10);
    // Time to arrive, but hardly to be shown.
    await delay(300);
    stage.run.child.kill('SIGTERM');

    const ended = await stage.ended();
    const delays = [...stage.sentAt].map(([number, sent]) => (shownAt.get(number) ?? Infinity) - sent);
    const slow = delays.filter((late) => late > 3_000);
    const complaints = slow.length === 0 ? [] : [`${slow.length} of ${delays.length} lines were not shown within 3 s`];
    // What a session missed came in too, where sessions are recovered.
    const lost = name === NPM ? '' : undefined;
    judge(stage, ended, { code: 143, lost, doubts: true, open: true, complaints });
  });

  way('a short build that is joined while it is pending has its whole log', ALL, async (t, name) => {
    const stage = await Stage.follow(t, name, { window: 15 });
    // At once, so that REST shows either none of it or all.
    await stage.log(15);
    await end(stage, { lost: '' });
  });

  way('a server that restarts in the middle of a build costs no line', ALL, async (t, name) => {
    const stage = await Stage.follow(t, name);
    await stage.logShown(20);
    await stage.restart(() => stage.log(15, 'rest'));
    await stage.until({ event: 'join', heeded: true });
    await stage.log(20);
    await stage.logError();
    await end(stage, { lost: '' });
  });
});

/** When each numbered line was printed, by its number. */
function watch(stage) {
  const shownAt = new Map();
  let rest = '';
  stage.run.child.stdout.on('data', (chunk) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop();
    for (const line of lines) {
      const number = stage.truth.findIndex(({ message }) => line.endsWith(message)) + 1;
      if (number > 0 && !shownAt.has(number)) shownAt.set(number, performance.now());
    }
  });
  return shownAt;
}
