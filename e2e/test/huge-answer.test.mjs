// A signal ends the program at once, even while it compares a huge REST answer with the lines that it has printed.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { explain } from '../servers/check.mjs';
import { Scenario } from '../servers/scenario.mjs';
import { BINARY } from '../runner/program.mjs';

const LINES = 500_000;
const LINE = 'abc';

/** How much processor time the program may use after the signal: 100 ms, and a tolerance for slow machines. */
const PROCESS_MS = 100 + 50;

/** How long the exit may take on a busy machine. */
const WALL_MS = 3_000;

/** One tick of the kernel's clock for processes. */
const TICK_MS = 10;

/** Processor time of the process so far, or undefined when it has ended. */
function processMs(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
    return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
  } catch {
    return undefined;
  }
}

/** How many of the equal lines were printed. */
const count = (stdout) => stdout.split('\n').filter((line) => line === LINE).length;

const options = {
  skip: BINARY.includes('/release/') && process.platform === 'linux' ? false : 'needs a release build, and /proc',
};

for (const afterMs of [0, 100, 300]) {
  test(`a signal ends the program ${afterMs} ms after an answer of ${LINES} equal lines`, options, async (t) => {
    const scenario = await Scenario.follow(t, 'npm socket.io', { window: LINES, bare: true });
    const { child } = scenario.run;
    await scenario.server.do('log', { lines: [{ message: LINE, times: LINES }], by: 'rest' });
    await scenario.outage('cut', 0);
    while (count(scenario.run.stdout) < LINES) await scenario.run.before(delay(100));
    const after = scenario.now;
    await scenario.lose('cut');
    await scenario.until({ event: 'get', status: 200, to: LINES }, { after });
    await delay(afterMs);

    const [sent, before] = [performance.now(), processMs(child.pid)];
    let usedMs = 0;
    const looking = setInterval(() => (usedMs = (processMs(child.pid) ?? before + usedMs) - before), 2);
    t.after(() => clearInterval(looking));
    child.kill('SIGTERM');
    const { code, stdout, stderr } = await scenario.ended();
    clearInterval(looking);

    const wallMs = Math.round(performance.now() - sent);
    const figures = `${usedMs} ms of processor time, ${wallMs} ms until the end`;
    t.diagnostic(figures);
    assert.equal(code, 143, explain(scenario, stdout, stderr));
    assert.equal(count(stdout), LINES);
    assert.ok(usedMs <= PROCESS_MS && wallMs <= WALL_MS, figures);
  });
}
