// Gathers everything that GitHub would run, in a folder that looks like a repository to linters:
// gather.mjs FOLDER. Workflows and steps of the documents use the action as it is here.

import { copyFileSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { parse, parseDocument } from 'yaml';

const ROOT = resolve(import.meta.dirname, '../..');
const [folder] = process.argv.slice(2);
const workflows = join(folder, '.github/workflows');

for (const path of ['.git', '.github/workflows', 'scripts']) mkdirSync(join(folder, path), { recursive: true });
copyFileSync(join(ROOT, 'action.yml'), join(folder, 'action.yml'));
for (const file of readdirSync(join(ROOT, '.github/workflows'))) {
  copyFileSync(join(ROOT, '.github/workflows', file), join(workflows, file));
}

// actionlint does not look into the scripts of an action.
const action = parse(readFileSync(join(ROOT, 'action.yml'), 'utf8'));
for (const { id, run } of action.runs.steps.filter((step) => step.run)) {
  writeFileSync(join(folder, 'scripts', `action-${id}.sh`), `#!/bin/bash\nset -eo pipefail\n${run}`);
}

const gathered = new Set();
for (const document of ['README.md', ...readdirSync(join(ROOT, 'docs')).map((name) => `docs/${name}`)]) {
  if (!document.endsWith('.md')) continue;
  const text = readFileSync(join(ROOT, document), 'utf8');
  for (const { 1: block, index } of text.matchAll(/^```yaml\n([^]*?)^```$/gm)) {
    const workflow = asWorkflow(block.replace(/uses: buildpixel\/buildpixel-ci@\S+/g, 'uses: ./'));
    if (!workflow) continue;
    const line = text.slice(0, index).split('\n').length + 1;
    writeFileSync(join(workflows, `${basename(document, '.md')}-line-${line}.yml`), workflow);
    gathered.add(document);
  }
}
for (const document of ['README.md', 'docs/github.md']) {
  if (!gathered.has(document)) throw new Error(`${document} shows no workflow`);
}

/** A block that is a workflow as it is, steps alone as a workflow of them, and no other block. */
function asWorkflow(block) {
  const content = parseDocument(block).toJS();
  if (content?.jobs) return block;
  const isSteps = Array.isArray(content) && content.every((step) => step.uses || step.run);
  if (!isSteps) return undefined;
  const steps = block.replace(/^(?=.)/gm, '      ');
  return `on: push\njobs:\n  steps:\n    runs-on: ubuntu-latest\n    steps:\n${steps}`;
}
