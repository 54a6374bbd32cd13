// GitHub's runner from the view of a `run:` step: how it starts the shell, which output it reads as a
// command, and how it cancels. After actions/runner 2.336.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Run } from './program.mjs';

const REGISTERED = new Set(
  (
    'stop-commands set-env set-output save-state add-mask add-path add-matcher remove-matcher ' +
    'debug warning error notice group endgroup echo'
  ).split(' '),
);

/** The characters that .NET trims; unlike JavaScript it trims U+0085, and does not trim U+FEFF. */
const LEADING_BLANKS = /^[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/;
/** The characters that ICU's culture-sensitive comparison ignores. */
const INVISIBLE = /[\p{Cf}\p{Mn}]|[^\P{Cc}\t\n\r]/gu;

/** Every command that GitHub's runner would act on: `{ name, properties, data }`, in order. */
export function commands(stdout) {
  return stdout
    .split(/\r\n|\r|\n/)
    .map((line) => line.replace(INVISIBLE, ''))
    .flatMap((line) => currentSyntax(line) ?? legacySyntax(line) ?? []);
}

function currentSyntax(line) {
  const match = /^::(.*?)::(.*)$/s.exec(line.replace(LEADING_BLANKS, ''));
  return match && command(match, ',', { '%3A': ':', '%2C': ',' }, {});
}

function legacySyntax(line) {
  const match = /##\[(.*?)\](.*)$/s.exec(line);
  const escapes = { '%3B': ';', '%5D': ']' };
  return match && command(match, ';', escapes, escapes);
}

function command([, header, data], separator, inProperties, inData) {
  const [, name, rest = ''] = /^([^ ]*)(?: (.*))?$/s.exec(header);
  if (!REGISTERED.has(name.toLowerCase())) return undefined;
  const pairs = rest
    .split(separator)
    .map((pair) => /^\s*([^=]+)=(.+)$/s.exec(pair))
    .filter(Boolean)
    .map(([, key, value]) => [key.toLowerCase(), unescape(value, inProperties)]);
  return { name: name.toLowerCase(), properties: Object.fromEntries(pairs), data: unescape(data, inData) };
}

function unescape(text, escapes) {
  const all = { ...escapes, '%0D': '\r', '%0A': '\n', '%25': '%' };
  return text.replace(/%[0-9A-F]{2}/g, (code) => all[code] ?? code);
}

/** Reads `$GITHUB_OUTPUT` as the runner does: the last value of a name counts. One bad line fails the step. */
export function outputsOf(text) {
  const outputs = {};
  const lines = text.split('\n');
  if (lines.pop() !== '') throw new Error('the last line has no end');
  while (lines.length > 0) {
    const line = lines.shift();
    if (line === '') continue;
    const [, name, kind, rest] = /^(.*?)(=|<<)(.*)$/s.exec(line) ?? [];
    if (!name) throw new Error(`invalid format: ${line}`);
    const end = kind === '=' ? undefined : lines.indexOf(rest);
    if (end === -1) throw new Error(`no end of ${name}`);
    outputs[name] = kind === '=' ? rest : lines.splice(0, end).join('\n');
    if (kind === '<<') lines.shift();
  }
  return outputs;
}

/** Runs `script` as the runner runs a step with `shell: bash`. */
export function runStep(t, script, env) {
  const folder = mkdtempSync(join(tmpdir(), 'buildpixel-ci-step-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'step.sh');
  writeFileSync(file, script);
  return new Run(t, '/bin/bash', ['--noprofile', '--norc', '-e', '-o', 'pipefail', file], env, folder);
}

/** Cancels a step: SIGINT, 7.5 s later SIGTERM, 2.5 s later SIGKILL, to the direct child and to nobody else. */
export async function cancel(step) {
  for (const [signal, patience] of [
    ['SIGINT', 7_500],
    ['SIGTERM', 2_500],
  ]) {
    step.child.kill(signal);
    if (await endsWithin(step, patience)) return step.ended;
  }
  step.child.kill('SIGKILL');
  return step.ended;
}

async function endsWithin(step, patience) {
  const late = new AbortController();
  const expired = delay(patience, false, { signal: late.signal }).catch(() => undefined);
  const ended = await Promise.race([step.ended.then(() => true), expired]);
  late.abort();
  return ended;
}
