// BuildPixel as a NestJS gateway. NestJS handles messages while an asynchronous `handleConnection` still
// waits, so a guard may refuse the first join with an `exception` event.
// The decorators are applied by hand: there is no TypeScript here.

import 'reflect-metadata';
import { Module, UseGuards } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { IoAdapter } from '@nestjs/platform-socket.io';
import {
  ConnectedSocket,
  MessageBody,
  SubscribeMessage,
  WebSocketGateway,
  WebSocketServer,
  WsException,
} from '@nestjs/websockets';
import { BUILD, TOKEN } from '../reference/service.mjs';
import { Build, Gate, Room, runCommands, report } from './build.mjs';

const build = new Build();
const gate = new Gate();
const room = new Room();

/** Refuses messages of sockets whose `handleConnection` has not ended. */
class Known {
  canActivate(context) {
    const socket = context.switchToWs().getClient();
    if (socket.data.user) return true;
    room.join(socket, false);
    throw new WsException('not authenticated yet');
  }
}

class BuildGateway {
  server;

  afterInit(server) {
    server.use((socket, next) => {
      report('middleware');
      next(socket.handshake.auth.token === TOKEN ? undefined : new Error('invalid token'));
    });
  }

  async handleConnection(socket) {
    room.connect(socket);
    await gate.pass('joins');
    socket.data.user = 'ci';
  }

  join({ buildId }, socket) {
    room.join(socket, buildId === BUILD);
  }
}

class AppModule {}

/** Applies decorators of a method, or of its parameter `index`. */
function decorate(type, method, decorators, index) {
  const place = index ?? Object.getOwnPropertyDescriptor(type.prototype, method);
  for (const decorator of decorators) decorator(type.prototype, method, place);
}

decorate(BuildGateway, 'join', [MessageBody()], 0);
decorate(BuildGateway, 'join', [ConnectedSocket()], 1);
decorate(BuildGateway, 'join', [UseGuards(Known), SubscribeMessage('join:build')]);
WebSocketServer()(BuildGateway.prototype, 'server');
WebSocketGateway({ transports: ['websocket'] })(BuildGateway);
Module({ providers: [BuildGateway] })(AppModule);

const app = await NestFactory.create(AppModule, { logger: ['error'], bodyParser: false });
app.useWebSocketAdapter(new IoAdapter(app));
app.use((request, response) => build.answer(request, response));
await app.init();

await runCommands({ build, gate, room, http: app.getHttpServer(), io: () => app.get(BuildGateway).server }, (port) =>
  app.listen(port, '127.0.0.1'),
);
