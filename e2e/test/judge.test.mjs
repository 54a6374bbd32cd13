// The judge of `servers.test.mjs` notices whatever is wrong with an output, and nothing else.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge } from '../servers/judge.mjs';
import { text } from '../servers/stage.mjs';

const MISSING = 'buildpixel-ci: warning: lines of the log may be missing here';
const LATE = 'buildpixel-ci: warning: the next lines come late';

/** Judges an output of these lines, where 1 to 6 were logged; `reached` of them came in. */
function judged(printed, { reached = [1, 2, 3, 4, 5, 6], code = 0, errors = '0', ...expected } = {}) {
  const stage = {
    name: 'no server',
    truth: [1, 2, 3, 4, 5, 6].map((number) => ({ message: text(number) })),
    errors: 0,
    reached: new Set(reached),
    outputs: () => ({ 'error-count': errors }),
    story: () => '',
  };
  const stdout = printed.map((item) => (typeof item === 'number' ? text(item) : item)).join('\n');
  judge(stage, { code, stdout, stderr: '' }, expected);
}

for (const [what, ...run] of [
  ['all lines in order', [1, 2, 3, 4, 5, 6], { lost: '' }],
  ['a loss that is called missing', [1, 2, 3, MISSING, 6], { reached: [1, 2, 3, 6], lost: '4-5' }],
  ['late lines behind a word', [1, 2, MISSING, 5, 6, LATE, 3, 4], { lost: '' }],
  ['late lines with marks', [1, 2, 5, 6, LATE, `[late] ${text(3)}`, `[late] ${text(4)}`], { lost: '' }],
  ['an end that a signal cuts off', [1, 2, 3], { reached: [1, 2, 3], open: true }],
  ['a doubt where doubts are allowed', [1, 2, MISSING, 3, 4, 5, 6], { doubts: true }],
]) {
  test(`${what}: nothing is wrong`, () => judged(...run));
}

for (const [complaint, ...run] of [
  ['printed more than once: 4-5', [1, 2, 3, 4, 5, 4, 5, 6]],
  ['out of order without a word: 3-4', [1, 2, 5, 6, 3, 4]],
  ['came in and were not printed: 4', [1, 2, 3, MISSING, 5, 6]],
  ['came in and were not printed: 6', [1, 2, 3, 4, 5], { open: true }],
  ['nothing is said about the loss of 4', [1, 2, 3, 5, 6], { reached: [1, 2, 3, 5, 6] }],
  ['nothing is said about the loss of 4', [1, 2, MISSING, 3, 5, 6], { reached: [1, 2, 3, 5, 6] }],
  ['nothing is said about the loss of 1-2', [3, 4, 5, 6], { reached: [3, 4, 5, 6] }],
  ['not printed: 4; expected: none', [1, 2, 3, MISSING, 5, 6], { reached: [1, 2, 3, 5, 6], lost: '' }],
  ['said to be missing, although', [1, 2, MISSING, 3, 4, 5, 6]],
  ['the log is said to have begun', [1, 2, 3, 4, 5, 6, 'buildpixel-ci: the log may have begun before what is shown: …']],
  ['the exit code is 31, not 0', [1, 2, 3, 4, 5, 6], { code: 31 }],
  ['`error-count` is 1, not 0', [1, 2, 3, 4, 5, 6], { errors: '1' }],
  ['no line is printed that was not logged', [1, 2, 3, 4, 5, 6, text(7)]],
]) {
  test(`the judge notices: ${complaint}`, () => {
    assert.throws(() => judged(...run), (error) => error.message.includes(complaint));
  });
}
