// The check of `servers.test.mjs` finds what is wrong with an output, and nothing else.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkRun } from '../servers/check.mjs';
import { text } from '../servers/scenario.mjs';

const MISSING = 'buildpixel-ci: warning: lines of the log may be missing here';
const BEGUN = 'buildpixel-ci: the log may have begun earlier: …';
const LATE = 'buildpixel-ci: warning: the next lines come late';

/** Checks an output. Lines 1 to 6 were logged, and the program received those in `reached`. */
function checkOutput(printed, { reached = [1, 2, 3, 4, 5, 6], code = 0, errors = '0', ...expected } = {}) {
  const scenario = {
    name: 'no server',
    truth: [1, 2, 3, 4, 5, 6].map((number) => ({ message: text(number) })),
    errors: 0,
    reached: new Set(reached),
    outputs: () => ({ 'error-count': errors }),
    story: () => '',
  };
  const stdout = printed.map((item) => (typeof item === 'number' ? text(item) : item)).join('\n');
  checkRun(scenario, { code, stdout, stderr: '' }, expected);
}

for (const [what, ...run] of [
  ['all lines in order', [1, 2, 3, 4, 5, 6], { lost: [] }],
  ['a loss that is called missing', [1, 2, 3, MISSING, 6], { reached: [1, 2, 3, 6], lost: [[4, 5]] }],
  ['late lines after a notice', [1, 2, MISSING, 5, 6, LATE, 3, 4], { lost: [] }],
  ['late lines after a notice each', [1, 2, 5, LATE, 4, 6, LATE, 3], { lost: [] }],
  ['late lines with marks', [1, 2, 5, 6, LATE, `[late] ${text(3)}`, `[late] ${text(4)}`], { lost: [] }],
  ['an end that a signal cuts off', [1, 2, 3], { reached: [1, 2, 3], open: true }],
  ['a needless loss notice where one is allowed', [1, 2, MISSING, 3, 4, 5, 6], { uncertain: true }],
]) {
  test(`${what}: nothing is wrong`, () => checkOutput(...run));
}

for (const [complaint, ...run] of [
  ['printed more than once: 4-5', [1, 2, 3, 4, 5, 4, 5, 6]],
  ['out of order without a notice: 3-4', [1, 2, 5, 6, 3, 4]],
  ['out of order without a notice: 3', [1, 2, 5, 6, LATE, 4, 3]],
  ['out of order without a notice: 3', [1, 2, 4, 3, LATE, 5, 6]],
  ['came in and were not printed: 4', [1, 2, 3, MISSING, 5, 6]],
  ['came in and were not printed: 6', [1, 2, 3, 4, 5], { open: true }],
  ['no notice about the loss of 4', [1, 2, 3, 5, 6], { reached: [1, 2, 3, 5, 6] }],
  ['no notice about the loss of 4', [1, 2, MISSING, 3, 5, 6], { reached: [1, 2, 3, 5, 6] }],
  ['no notice about the loss of 1-2', [3, 4, 5, 6], { reached: [3, 4, 5, 6] }],
  ['not printed: 4', [1, 2, 3, MISSING, 5, 6], { reached: [1, 2, 3, 5, 6], lost: [] }],
  ['lines are called missing, although', [1, 2, MISSING, 3, 4, 5, 6]],
  ['a notice claims that the log began', [BEGUN, 1, 2, 3, 4, 5, 6]],
  ['the exit code is 31, not 0', [1, 2, 3, 4, 5, 6], { code: 31 }],
  ['`error-count` is 1, not 0', [1, 2, 3, 4, 5, 6], { errors: '1' }],
  ['no line is printed that was not logged', [1, 2, 3, 4, 5, 6, text(7)]],
]) {
  test(`the check finds: ${complaint}`, () => {
    assert.throws(() => checkOutput(...run), (error) => error.message.includes(complaint));
  });
}
