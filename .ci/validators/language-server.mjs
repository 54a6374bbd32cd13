// Asks GitHub's own language server about workflows and actions: language-server.mjs FILE...

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { StreamMessageReader, StreamMessageWriter, createMessageConnection } from 'vscode-jsonrpc/node.js';

/** After this long the server hangs. */
const PATIENCE_MS = 60_000;

const program = join(import.meta.dirname, 'node_modules/@actions/languageserver/bin/actions-languageserver');
const server = spawn(process.execPath, [program, '--stdio'], { stdio: ['pipe', 'pipe', 'inherit'] });
const patience = setTimeout(() => server.kill(), PATIENCE_MS);
server.on('exit', (code, signal) => {
  console.error(`the language server has ended: ${signal ?? code}`);
  process.exit(1);
});

const connection = createMessageConnection(
  new StreamMessageReader(server.stdout),
  new StreamMessageWriter(server.stdin),
);
const answers = new Map();
connection.onNotification('textDocument/publishDiagnostics', ({ uri, diagnostics }) => {
  answers.get(uri)?.(diagnostics);
});
connection.onRequest('actions/readFile', ({ path }) => readFileSync(path, 'utf8'));
connection.listen();
await connection.sendRequest('initialize', {
  processId: process.pid,
  rootUri: null,
  capabilities: {},
  initializationOptions: {},
});
await connection.sendNotification('initialized', {});

let complaints = 0;
for (const file of process.argv.slice(2)) {
  const uri = pathToFileURL(resolve(file)).href;
  const answer = new Promise((done) => answers.set(uri, done));
  await connection.sendNotification('textDocument/didOpen', {
    textDocument: { uri, languageId: 'yaml', version: 1, text: readFileSync(file, 'utf8') },
  });
  for (const { range, message } of await answer) {
    console.error(`${file}:${range.start.line + 1}:${range.start.character + 1}: ${message}`);
    complaints += 1;
  }
}
clearTimeout(patience);
server.removeAllListeners('exit');
server.kill();
process.exit(complaints > 0 ? 1 : 0);
