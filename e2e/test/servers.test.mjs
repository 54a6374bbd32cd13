// The real binary against real Socket.IO servers, in the ways in which such servers fail. `servers/check.mjs` checks
// each run: every line that came in is printed once, in order or after a notice that it is late, and lines that could
// not be had are called missing.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { WORDS, explain, checkRun } from '../servers/check.mjs';
import { SERVERS } from '../servers/server.mjs';
import { Scenario } from '../servers/scenario.mjs';

const ALL = Object.keys(SERVERS);
const NPM = 'npm socket.io';

/** Runs wait more than they compute. */
const CONCURRENCY = 4;

/** Runs one scenario on each of `servers`. */
function on(servers, title, run) {
  for (const name of servers) test(`${title} (${name})`, (t) => run(t, name));
}

/** Ends the build and checks the run. */
async function end(scenario, expected) {
  await scenario.status(scenario.errors > 0 ? 'failed' : 'complete');
  checkRun(scenario, await scenario.ended(), expected);
}

suite('on a real server', { concurrency: CONCURRENCY }, () => {
  for (const ignored of [1, 2]) {
    const title = `the room is joined again soon after ${ignored} ignored joins`;
    on(ignored === 1 ? ALL : [NPM], title, async (t, name) => {
      const scenario = await Scenario.open(t, name, { window: 2_000, shut: 'joins' });
      await scenario.start({ accepted: false });
      const shownAt = watch(scenario);
      const joins = (accepted) => scenario.server.received({ event: 'join', accepted }).length;
      await scenario.status('running');

      // The service logs until a join is accepted.
      const since = performance.now();
      while (joins(true) === 0 && performance.now() - since < 7_000 * ignored) {
        if (joins(false) >= ignored) await scenario.server.do('open');
        await scenario.log(60);
        await delay(500);
      }
      const complaints = joins(true) > 0 ? [] : ['the room was not joined again in time'];
      await scenario.logError();
      await scenario.log(20);
      await scenario.status('failed');

      const ended = await scenario.ended();
      const firstLineMs = Math.round(shownAt.get(1) - since);
      if (firstLineMs > 7_000) complaints.push(`the first line was shown after ${firstLineMs} ms`);
      if (!WORDS.joinsAgain.test(ended.stdout)) complaints.push('no notice about joining again');
      checkRun(scenario, ended, { lost: [], complaints });
    });
  }

  on(ALL, 'lines that a standing session drops are printed all the same', async (t, name) => {
    const scenario = await Scenario.follow(t, name);
    await scenario.logShown(100);
    await scenario.log(49, 'rest');
    await scenario.logError('rest');
    await scenario.logShown(150);
    await scenario.logError();
    await scenario.log(10, 'rest');
    await end(scenario, { lost: [] });
  });

  on(ALL, 'lines that a standing session drops and REST shows no more are called missing', async (t, name) => {
    const scenario = await Scenario.follow(t, name, { window: 60 });
    await scenario.logShown(200);
    await scenario.log(39, 'rest');
    await scenario.logError('rest');
    await scenario.log(40);
    // The last REST answer begins with line 221.
    await end(scenario, { lost: [[201, 220]] });
  });

  on(ALL, 'the room is left before the session ends, after a verdict and after a signal', async (t, name) => {
    for (const signal of [undefined, 'SIGTERM']) {
      const scenario = await Scenario.follow(t, name);
      await scenario.logShown(10);
      if (signal === undefined) await scenario.status('complete');
      else scenario.run.child.kill(signal);
      const { code, stdout, stderr } = await scenario.ended();
      assert.equal(code, signal === undefined ? 0 : 143);
      const leaves = scenario.server.received({ event: 'leave' });
      assert.equal(leaves.length, 1, explain(scenario, stdout, stderr));
    }
  });

  on(ALL, 'a burst that is bigger than what REST shows is printed in order', async (t, name) => {
    const scenario = await Scenario.follow(t, name, { window: 20 });
    await scenario.log(400);
    await scenario.logError();
    await end(scenario, { lost: [] });
  });

  on(ALL, 'a burst right after a reconnect is printed once, and lines before it called missing', async (t, name) => {
    const scenario = await Scenario.follow(t, name, { window: 20 });
    await scenario.logShown(100);
    await scenario.outage('cut', 60);
    await scenario.log(200);
    await scenario.logError();
    await scenario.logShown(200);
    await end(scenario, { lost: [[101, 160]] });
  });

  on(ALL, 'a stream that lags behind REST by more than that shows is printed in order', async (t, name) => {
    const scenario = await Scenario.follow(t, name, { window: 50 });
    await scenario.logShown(100);
    const after = scenario.now;
    await scenario.lose('cut');
    await scenario.log(200, 'rest');
    await scenario.until({ event: 'join', accepted: true }, { after });
    await scenario.until({ event: 'get', status: 200, to: 300 }, { after });
    await scenario.deliver(101, 300);
    await scenario.logError();
    // It is unknown whether lines were logged between the two sessions.
    await end(scenario, { lost: [], uncertain: true });
  });

  on(ALL, 'what a stream brings long after REST has shown later lines is printed late', async (t, name) => {
    const scenario = await Scenario.follow(t, name, { window: 50 });
    await scenario.logShown(100);
    const after = scenario.now;
    await scenario.lose('cut');
    await scenario.log(199, 'rest');
    await scenario.logError('rest');
    await scenario.until({ event: 'join', accepted: true }, { after });
    await scenario.shown(300);
    await scenario.deliver(101, 300);
    await scenario.log(20);
    await end(scenario, { lost: [] });
  });

  on(ALL, 'sessions that end in every way are resumed and the gaps filled from REST', async (t, name) => {
    const scenario = await Scenario.follow(t, name);
    await scenario.logShown(20);
    for (const how of ['kick', 'disconnect', 'close', 'cut']) {
      await scenario.outage(how, 50);
      await scenario.logError();
      await scenario.logShown(20);
    }
    await end(scenario, { lost: [] });
  });

  on(['NestJS', 'python-socketio'], 'a gap that REST does not reach back over is called missing', async (t, name) => {
    const scenario = await Scenario.follow(t, name, { window: 10 });
    await scenario.logShown(100);
    await scenario.outage('cut', 50);
    await scenario.logShown(5);
    await scenario.logError();
    await scenario.log(50);
    await end(scenario, { lost: [[101, 150]] });
    assert.ok(scenario.truth.length > scenario.reached.size, 'some lines cannot be had');
  });

  for (const skipMiddlewares of [true, false]) {
    const recovery = { skipMiddlewares };
    for (const how of ['close', 'cut']) {
      const title = `a recovered session is whole after ${how}, middlewares ${skipMiddlewares ? 'skipped' : 'run'}`;
      on([NPM], title, async (t, name) => {
        const scenario = await Scenario.follow(t, name, { window: 10, recovery });
        await scenario.logShown(100);
        await scenario.outage(how, 100);
        await scenario.logError();
        await scenario.log(50);
        await end(scenario, { lost: [] });
        assert.equal(scenario.server.received({ event: 'connect', recovered: true }).length, 1);
      });
    }
  }

  for (const [window, lost, what] of [
    [500, [], 'fetched from REST'],
    [60, [[151, 190]], 'called missing if REST shows them no more'],
  ]) {
    on([NPM], `lines that are logged while a middleware looks at a recovered session are ${what}`, async (t, name) => {
      const scenario = await Scenario.follow(t, name, { window, recovery: { skipMiddlewares: false } });
      await scenario.logShown(100);
      await scenario.server.do('shut', { what: 'connections' });
      const after = scenario.now;
      await scenario.lose('cut');
      await scenario.until({ event: 'gone' }, { after });
      await scenario.log(50);
      // npm socket.io has replayed the missed lines by now, and does not send later ones to the socket yet.
      await scenario.until({ event: 'middleware' }, { after });
      await scenario.log(99);
      await scenario.logError();
      await scenario.server.do('open');
      await scenario.until({ event: 'join', accepted: true }, { after });
      await scenario.until({ event: 'get', status: 200, to: scenario.truth.length }, { after });
      await scenario.log(50);
      await end(scenario, { lost });
      assert.equal(scenario.server.received({ event: 'connect', recovered: true }).length, 1);
    });
  }

  on(ALL, 'lines that are sent again in a standing session are printed once', async (t, name) => {
    const scenario = await Scenario.follow(t, name);
    await scenario.logShown(100);
    await scenario.deliver(41, 100);
    await scenario.logError();
    await scenario.logShown(9);
    await scenario.deliver(60, 110);
    await scenario.deliver(100, 110);
    await scenario.log(40);
    await end(scenario, { lost: [] });
  });

  on(ALL, 'a log that repeats itself is printed as it is', async (t, name) => {
    const scenario = await Scenario.follow(t, name);
    const steps = ['LogCook: Display: cooking', 'LogCook: Display: saving', 'LogCook: Display: still going', '.', '.'];
    for (let round = 0; round < 20; round += 1) await scenario.logTexts(steps);
    await scenario.logTexts(Array(50).fill('.'));
    await scenario.status('complete');
    const { code, stdout } = await scenario.ended();
    const lines = stdout.split('\n').filter((line) => steps.includes(line));
    assert.deepEqual(lines, scenario.truth.map(({ message }) => message), explain(scenario, stdout));
    assert.equal(code, 0);
    assert.doesNotMatch(stdout, WORDS.missing);
  });

  on(ALL, 'a clock of the build machine that jumps costs no line', async (t, name) => {
    const scenario = await Scenario.follow(t, name, { window: 100 });
    await scenario.logShown(100);
    scenario.clockMs = 3_600_000;
    await scenario.log(1);
    scenario.clockMs = 0;
    await scenario.logShown(99);
    await scenario.outage('cut', 50);
    await scenario.logShown(50);
    // The clock steps back to before the first line.
    scenario.clockMs = -600_000;
    await scenario.log(10);
    await scenario.logError();
    await scenario.logShown(39);
    await scenario.outage('cut', 150);
    await scenario.logShown(20);
    await scenario.logError();
    await scenario.log(20);
    await end(scenario, { lost: [[351, 500]] });
  });

  on(ALL, 'lines are shown, and none is lost at a signal, while REST fails and the stream breaks', async (t, name) => {
    const scenario = await Scenario.follow(t, name, name === NPM && { recovery: { skipMiddlewares: true } });
    const shownAt = watch(scenario);
    await scenario.logShown(20);
    await scenario.server.do('rest', { fails: true });
    for (let session = 1; session <= 4; session += 1) {
      await scenario.outage('cut', 5);
      await scenario.log(30);
      await delay(500);
      await scenario.log(30);
      await delay(500);
    }
    await scenario.logError();
    await scenario.log(10);
    // Long enough for the lines to arrive; they need not be shown yet.
    await delay(300);
    scenario.run.child.kill('SIGTERM');

    const ended = await scenario.ended();
    const delays = [...scenario.sentAt].map(([number, sent]) => (shownAt.get(number) ?? Infinity) - sent);
    const slow = delays.filter((late) => late > 3_000);
    const complaints = slow.length === 0 ? [] : [`${slow.length} of ${delays.length} lines were not shown within 3 s`];
    // Recovered sessions bring the lines of the outages too.
    const lost = name === NPM ? [] : undefined;
    checkRun(scenario, ended, { code: 143, lost, uncertain: true, open: true, complaints });
  });

  on(ALL, 'a short build that is joined while it is pending has its whole log', async (t, name) => {
    const scenario = await Scenario.follow(t, name, { window: 15 });
    // One command, so that REST shows none of the lines or all.
    await scenario.log(15);
    await end(scenario, { lost: [] });
  });

  on(ALL, 'a server that restarts in the middle of a build costs no line', async (t, name) => {
    const scenario = await Scenario.follow(t, name);
    await scenario.logShown(20);
    await scenario.restart(() => scenario.log(15, 'rest'));
    await scenario.until({ event: 'join', accepted: true });
    await scenario.log(20);
    await scenario.logError();
    await end(scenario, { lost: [] });
  });
});

/** When each numbered line was printed, by its number. */
function watch(scenario) {
  const shownAt = new Map();
  let rest = '';
  scenario.run.child.stdout.on('data', (chunk) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop();
    for (const line of lines) {
      const number = scenario.truth.findIndex(({ message }) => line.endsWith(message)) + 1;
      if (number > 0 && !shownAt.has(number)) shownAt.set(number, performance.now());
    }
  });
  return shownAt;
}
