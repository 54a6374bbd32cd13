// Reads action.yml.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { ROOT } from './program.mjs';

export const ACTION_FILE = join(ROOT, 'action.yml');
export const action = parse(readFileSync(ACTION_FILE, 'utf8'));

/** The step with this id. */
export function step(id) {
  return action.runs.steps.find((step) => step.id === id);
}
