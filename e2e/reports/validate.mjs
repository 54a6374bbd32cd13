// Validates a report by the rules of its readers: one function for each format returns the problems. `.ci/run reports`
// fetches the validators; after that no function needs a network.

import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { ROOT } from '../runner/program.mjs';

const TOOLS = resolve(ROOT, process.env.CI_TOOLS ?? 'target/ci-tools');
const SCHEMAS = join(import.meta.dirname, 'schemas');

/** The XSD of Jenkins' xUnit plugin. */
export function junit(file) {
  return complaints(join(TOOLS, 'bin/python'), [
    join(import.meta.dirname, 'junit.py'),
    join(TOOLS, 'schemas/junit-10.xsd'),
    file,
  ]);
}

/** GitLab's own schema is a part of its source, and is less strict; ours follows its documentation. */
export function codequality(file) {
  const broken = schema(join(SCHEMAS, 'codequality.json'), file);
  if (broken.length > 0) return broken;
  const fingerprints = JSON.parse(readFileSync(file, 'utf8')).map(({ fingerprint }) => fingerprint);
  return fingerprints.length === new Set(fingerprints).size ? [] : ['two entries have the same fingerprint'];
}

/** The links on the page of a GitLab job. GitLab refuses a larger file. */
export function annotations(file) {
  const size = statSync(file).size;
  if (size > 80 * 1024) return [`${size} bytes`];
  return schema(join(SCHEMAS, 'annotations.json'), file);
}

/** The Warnings plugin has no schema: ours has the keys that it reads. */
export function issues(file) {
  return schema(join(SCHEMAS, 'issues.json'), file);
}

/** The schema of SARIF, its rules beyond that, and those of GitHub's code scanning. */
export function sarif(file) {
  const program = createRequire(join(ROOT, '.ci/validators/package.json'))('@microsoft/sarif-multitool');
  const broken = schema(join(dirname(program), 'sarif-2.1.0.json'), file);
  if (broken.length > 0) return broken;
  // A script of the package does this, but npm may be configured to run no scripts.
  chmodSync(program, 0o755);
  const folder = mkdtempSync(join(tmpdir(), 'buildpixel-ci-sarif-'));
  try {
    const found = join(folder, 'found.sarif');
    const args = ['validate', file, '--rule-kind', 'Sarif;Ghas', '--output', found];
    const failure = complaints(program, args);
    if (failure.length > 0) return failure;
    const { results } = JSON.parse(readFileSync(found, 'utf8')).runs[0];
    return results
      .filter(({ ruleId }) => !ACCEPTED.has(ruleId))
      .map(({ ruleId, message }) => `${ruleId}: ${message.text ?? message.arguments.join(', ')}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const ACCEPTED = new Map([
  ['SARIF2005', 'the program has no page to point to yet'],
  ['SARIF2017', 'a finding about a whole file has no region'],
]);

function schema(schema, file) {
  try {
    JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    // The program below overlooks a byte order mark.
    return [error.message];
  }
  const program = join(TOOLS, 'bin/check-jsonschema');
  return complaints(program, ['--schemafile', schema, '--default-filetype', 'json', file]);
}

function complaints(program, args) {
  const env = { PATH: process.env.PATH, DOTNET_SYSTEM_GLOBALIZATION_INVARIANT: '1' };
  const { error, status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', env });
  if (error) throw error;
  return status === 0 ? [] : [`${stdout}${stderr}`];
}
