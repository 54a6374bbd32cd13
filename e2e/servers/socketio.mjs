// BuildPixel on npm socket.io, with connection state recovery where the settings ask for it.
// Like many applications it registers its join handler late, after a lookup of the user.

import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { BUILD, TOKEN } from '../reference/service.mjs';
import { Build, Gate, Room, runCommands, report, settings } from './build.mjs';

const build = new Build();
const gate = new Gate();
const room = new Room();
const http = createServer((request, response) => build.answer(request, response));
const { recovery: connectionStateRecovery } = settings;
const io = new Server(http, { transports: ['websocket'], ...(connectionStateRecovery && { connectionStateRecovery }) });

io.use(async (socket, next) => {
  report('middleware');
  // A database lookup takes time. npm socket.io has replayed the missed lines of a recovered session by now.
  await gate.pass('connections');
  next(socket.handshake.auth.token === TOKEN ? undefined : new Error('invalid token'));
});

io.on('connection', async (socket) => {
  room.connect(socket);
  let registered = false;
  socket.onAny((name) => {
    if (name === 'join:build' && !registered) room.join(socket, false);
  });
  await gate.pass('joins');
  registered = true;
  socket.on('join:build', ({ buildId }) => room.join(socket, buildId === BUILD));
});

await runCommands({ build, gate, room, http, io: () => io }, (port) =>
  new Promise((listening) => http.listen(port, '127.0.0.1', listening)),
);
