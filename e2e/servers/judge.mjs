// Holds what the program printed against the true log.

import assert from 'node:assert/strict';

/** The words that must be in a notice of the program, and nowhere else in one. */
export const WORDS = {
  /** Lines that could not be had. */
  missing: /\bmissing\b/,
  /** Lines that are printed behind their place. */
  late: /\blate\b/,
  /** A room that is joined once more, because the session brings nothing. */
  joinsAgain: /\bjoin(ing|ed|s)?\b.*\bagain\b/,
  /** A log of which the beginning may not have been shown. */
  begun: /the log may have begun before what is shown/,
};

/** How many lines of output are enough to see what went wrong. */
const LONGEST_DIGEST = 300;

/** What the program says itself, apart from the log. */
const NOTICE = /^buildpixel-ci: /;

/** A line of the log that may bear a mark before its text. */
const MARKED = /(LogInit: |  C:\\Build).*$/;

/**
 * What was printed, in order: `{ notice }`, or `{ number }` of a line of the true log, which must have no text twice.
 */
function printed(stage, stdout) {
  const numbers = new Map(stage.truth.map(({ message }, place) => [message, place + 1]));
  assert.equal(numbers.size, stage.truth.length, 'each line of the true log has a text of its own');
  return stdout.split('\n').flatMap((line) => {
    if (NOTICE.test(line)) return [{ notice: line }];
    const number = numbers.get(line) ?? numbers.get(MARKED.exec(line)?.[0]);
    if (number !== undefined) return [{ number }];
    assert.doesNotMatch(line, /^LogInit: /, 'no line is printed that was not logged');
    return [];
  });
}

/** `1-3 7` for 1, 2, 3, 7. */
export function ranges(numbers) {
  const runs = [];
  for (const number of numbers) {
    const run = runs.at(-1);
    if (run?.last === number - 1) run.last = number;
    else runs.push({ first: number, last: number });
  }
  return runs.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`)).join(' ');
}

/** The output for people: runs of numbered lines, and of equal ones, in one line each. */
export function digest(stdout) {
  const runs = [];
  for (const line of stdout.split('\n')) {
    const number = Number(/^LogInit: Display: line (\d+) of the build$/.exec(line)?.[1]);
    const run = runs.at(-1);
    if (run?.last === number - 1) run.last = number;
    else if (run?.line === line) run.times += 1;
    else runs.push(Number.isNaN(number) ? { line, times: 1 } : { first: number, last: number });
  }
  const words = ({ line, times, first, last }) => {
    if (line === undefined) return `  [lines ${first} to ${last}]`;
    return times === 1 ? line : `${line}  [${times} times]`;
  };
  return runs.slice(0, LONGEST_DIGEST).map(words).join('\n');
}

/** What is wrong with the order and number of lines, and with what is said about it. */
function complaints(stage, stdout, { lost, doubts, open }) {
  const items = printed(stage, stdout);
  const found = [];
  const places = new Map();
  const repeated = [];
  const silentlyLate = [];
  let [newest, isSaid, anyLate] = [0, false, false];
  for (const [place, { number, notice }] of items.entries()) {
    if (notice !== undefined) {
      isSaid ||= WORDS.late.test(notice);
    } else if (places.has(number)) {
      repeated.push(number);
    } else {
      places.set(number, { place, isLate: number < newest });
      anyLate ||= number < newest;
      if (number < newest && !isSaid) silentlyLate.push(number);
      newest = Math.max(newest, number);
    }
  }
  if (repeated.length > 0) found.push(`printed more than once: ${ranges(repeated)}`);
  if (silentlyLate.length > 0) found.push(`out of order without a word: ${ranges(silentlyLate)}`);

  const all = stage.truth.map((_, place) => place + 1);
  const unprinted = all.filter((number) => !places.has(number));
  const wanted = stage.reached;
  const dropped = unprinted.filter((number) => wanted.has(number));
  if (dropped.length > 0) found.push(`came in and were not printed: ${ranges(dropped)}`);
  if (lost !== undefined && ranges(unprinted) !== lost) {
    found.push(`not printed: ${ranges(unprinted) || 'none'}; expected: ${lost || 'none'}`);
  }

  const losses = items.flatMap(({ notice }, place) => (WORDS.missing.test(notice ?? '') ? [place] : []));
  for (const hole of ranges(unprinted).split(' ').filter(Boolean)) {
    const [first, last = first] = hole.split('-').map(Number);
    // After a stop from outside nothing is known of what would have come.
    if (open && last === stage.truth.length) continue;
    const before = all.slice(0, first - 1).filter((number) => places.has(number) && !places.get(number).isLate);
    const from = before.length > 0 ? places.get(before.at(-1)).place : -1;
    if (!losses.some((place) => place > from)) found.push(`nothing is said about the loss of ${hole}`);
  }
  if (losses.length > 0 && unprinted.length === 0 && !anyLate && !doubts) {
    found.push(`said to be missing, although all was printed in order: ${items[losses[0]].notice}`);
  }
  if (WORDS.begun.test(stdout)) found.push('the log is said to have begun before what was shown');
  return found;
}

/**
 * Judges a run that has ended.
 * @param expected `code`; `lost`, the lines that cannot be had, as `ranges` writes them (undefined: whatever did not
 *   come in); `doubts`: whether lines may be called missing although all were printed; `open`: whether the program
 *   was stopped while the build ran on
 */
export function judge(stage, { code, stdout, stderr }, { lost, doubts = false, open = false, ...expected }) {
  const found = complaints(stage, stdout, { lost, doubts, open });
  check(found, 'the exit code', code, expected.code ?? (stage.errors > 0 ? 10 : 0));
  const errors = expected.errors ?? stage.errors;
  check(found, '`error-count`', stage.outputs()['error-count'], `${errors}`);
  found.push(...(expected.complaints ?? []));
  assert.deepEqual(found, [], `${found.join('\n')}\n\n${explain(stage, stdout, stderr)}`);
}

function check(found, what, actual, expected) {
  if (actual !== expected) found.push(`${what} is ${actual}, not ${expected}`);
}

/** All that a person needs to see what went wrong. */
export function explain(stage, stdout, stderr = '') {
  return `${stage.name} printed:\n${digest(stdout)}\n${stderr}\nThe server:\n${stage.story()}`;
}
