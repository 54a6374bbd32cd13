// Compares the output of the program with the true log.

import assert from 'node:assert/strict';

/** The words by which notices of the program are recognised. Only this table depends on them. */
export const WORDS = {
  /** Lines that could not be had. */
  missing: /\bmissing\b/,
  /** Lines that are printed after later ones. */
  late: /\blate\b/,
  /** The room is joined again because the session brings nothing. */
  joinsAgain: /\bjoin(ing|ed|s)?\b.*\bagain\b/,
  /** The beginning of the log may be missing. */
  begun: /the log may have begun earlier/,
};

/** How many lines of output are enough to see what went wrong. */
const LONGEST_DIGEST = 300;

/** A notice of the program; other lines come from the log. */
const NOTICE = /^buildpixel-ci: /;

/** The text of a log line, behind a mark that it may have. */
const MARKED = /(LogInit: |  C:\\Build).*$/;

/**
 * The output in order: `{ notice }`, or the `{ number }` of a line of the true log. No text may occur twice in the log.
 */
function printed(scenario, stdout) {
  const numbers = new Map(scenario.truth.map(({ message }, place) => [message, place + 1]));
  assert.equal(numbers.size, scenario.truth.length, 'each line of the true log has a text of its own');
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

/** Everything that is wrong with the lines and the notices about them. */
function lineComplaints(scenario, stdout, { lost, uncertain = false, open = false }) {
  const items = printed(scenario, stdout);
  const found = [];
  const places = new Map();
  const repeated = [];
  const misplaced = [];
  let newest = 0;
  // The last late line since a notice announced late lines; infinite before any notice.
  let lastLate = Infinity;
  for (const [place, { number, notice }] of items.entries()) {
    if (notice !== undefined) {
      if (WORDS.late.test(notice)) lastLate = 0;
      continue;
    }
    if (places.has(number)) {
      repeated.push(number);
      continue;
    }
    const isLate = number < newest;
    places.set(number, { place, isLate });
    if (isLate && number < lastLate) misplaced.push(number);
    if (isLate && lastLate !== Infinity) lastLate = number;
    newest = Math.max(newest, number);
  }
  const anyLate = [...places.values()].some(({ isLate }) => isLate);
  if (repeated.length > 0) found.push(`printed more than once: ${ranges(repeated)}`);
  if (misplaced.length > 0) found.push(`out of order without a notice: ${ranges(misplaced)}`);

  const all = scenario.truth.map((_, place) => place + 1);
  const unprinted = all.filter((number) => !places.has(number));
  const wanted = scenario.reached;
  const dropped = unprinted.filter((number) => wanted.has(number));
  if (dropped.length > 0) found.push(`came in and were not printed: ${ranges(dropped)}`);
  const mayBeLost = (number) => lost?.some(([first, last]) => first <= number && number <= last) ?? true;
  const needless = unprinted.filter((number) => !mayBeLost(number));
  if (needless.length > 0) found.push(`not printed: ${ranges(needless)}`);

  const losses = items.flatMap(({ notice }, place) => (WORDS.missing.test(notice ?? '') ? [place] : []));
  for (const hole of ranges(unprinted).split(' ').filter(Boolean)) {
    const [first, last = first] = hole.split('-').map(Number);
    // A stopped program cannot know which lines would have come.
    if (open && last === scenario.truth.length) continue;
    const before = all.slice(0, first - 1).filter((number) => places.has(number) && !places.get(number).isLate);
    const from = before.length > 0 ? places.get(before.at(-1)).place : -1;
    if (!losses.some((place) => place > from)) found.push(`no notice about the loss of ${hole}`);
  }
  if (losses.length > 0 && unprinted.length === 0 && !anyLate && !uncertain) {
    found.push(`lines are called missing, although all were printed in order: ${items[losses[0]].notice}`);
  }
  if (WORDS.begun.test(stdout)) found.push('a notice claims that the log began before what was shown');
  return found;
}

/**
 * Checks a run that has ended.
 * @param expected `code`, the exit code; `lost`, ranges `[first, last]` of the only lines that may be lost if they did
 *   not come in; `uncertain`: whether lines may be called missing although all were printed; `open`: whether the
 *   program was stopped while the build ran on; `complaints`, what the test has found itself
 */
export function checkRun(scenario, { code, stdout, stderr }, expected = {}) {
  const found = [...(expected.complaints ?? []), ...lineComplaints(scenario, stdout, expected)];
  check(found, 'the exit code', code, expected.code ?? (scenario.errors > 0 ? 10 : 0));
  check(found, '`error-count`', scenario.outputs()['error-count'], `${scenario.errors}`);
  assert.deepEqual(found, [], `${found.join('\n')}\n\n${explain(scenario, stdout, stderr)}`);
}

function check(found, what, actual, expected) {
  if (actual !== expected) found.push(`${what} is ${actual}, not ${expected}`);
}

/** The output and the server's events, for people. */
export function explain(scenario, stdout, stderr = '') {
  return `${scenario.name} printed:\n${digest(stdout)}\n${stderr}\nThe server:\n${scenario.story()}`;
}
