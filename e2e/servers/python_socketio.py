"""BuildPixel on python-socketio and aiohttp. The connect handler looks the user up in the background, and a join that
comes too early is ignored silently. `server.mjs` explains the commands."""

import asyncio
import json
import sys

import socketio
from aiohttp import web

SETTINGS = {"window": 500, **json.loads(sys.argv[1])}
BUILD, PROJECT, SETTING, TOKEN = (SETTINGS["names"][key] for key in ("build", "project", "setting", "token"))
CREATED, FINISHED, DURATION_MS = "2026-05-10T14:23:45.000Z", "2026-05-10T14:25:15.000Z", 90_000
TERMINAL = ("complete", "failed", "superseded")
# A command may carry many lines of a log.
LONGEST_COMMAND_BYTES = 64 * 1024 * 1024


def report(event, **fields):
    """Writes one event for the test."""
    print(json.dumps({"event": event, **fields}), flush=True)


class Service:
    def __init__(self):
        self.lines = []
        self.status = "pending"
        self.fails = False
        # The kind of request that waits until a command opens the gate: `joins`, or none.
        self.shut = None
        self.opened = asyncio.Event()
        # The sockets that receive what is sent to the room.
        self.members = set()
        self.known = set()
        self.websockets = set()
        self.sio = socketio.AsyncServer(async_mode="aiohttp", transports=["websocket"])
        self.sio.on("connect", self.on_connect)
        self.sio.on("disconnect", self.on_disconnect)
        self.sio.on("join:build", self.on_join)
        self.sio.on("leave:build", self.on_leave)
        self.app = web.Application(middlewares=[self.remember_websocket])
        self.sio.attach(self.app)
        self.app.router.add_post(f"/projects/{PROJECT}/build-settings/{SETTING}/trigger", self.trigger)
        self.app.router.add_get(f"/builds/{BUILD}", self.build)

    # Socket.IO

    async def on_connect(self, sid, _environ, auth):
        report("middleware")
        if (auth or {}).get("token") != TOKEN:
            raise socketio.exceptions.ConnectionRefusedError("invalid token")
        report("connect", recovered=False)
        self.sio.start_background_task(self.look_up, sid)

    async def look_up(self, sid):
        while self.shut == "joins":
            await self.opened.wait()
        self.known.add(sid)

    async def on_join(self, sid, data):
        accepted = sid in self.known and data.get("buildId") == BUILD
        if accepted:
            await self.sio.enter_room(sid, BUILD)
            self.members.add(sid)
        report("join", accepted=accepted)

    async def on_leave(self, sid, _data):
        report("leave")
        await self.sio.leave_room(sid, BUILD)

    async def on_disconnect(self, sid, reason):
        self.members.discard(sid)
        self.known.discard(sid)
        report("gone", reason=reason)

    async def emit(self, name, payload):
        await self.sio.emit(name, {"buildId": BUILD, **payload}, room=BUILD)

    # REST

    @web.middleware
    async def remember_websocket(self, request, handler):
        if not request.path.startswith("/socket.io/"):
            return await handler(request)
        self.websockets.add(request.transport)
        try:
            return await handler(request)
        finally:
            self.websockets.discard(request.transport)

    def refusal(self, status, error):
        body = {"error": error, "message": f"refused: {error}", "requestId": "req_e2e"}
        return web.json_response(body, status=status)

    def may(self, request):
        return request.headers.get("Authorization") == f"Bearer {TOKEN}"

    async def trigger(self, request):
        if not self.may(request):
            return self.refusal(401, "invalid_token")
        body = {"buildId": BUILD, "projectId": PROJECT, "buildSettingId": SETTING, "status": self.status}
        return web.json_response(body, status=201)

    async def build(self, request):
        if not self.may(request):
            return self.refusal(401, "invalid_token")
        to = len(self.lines)
        start = max(0, to - SETTINGS["window"])
        ended = self.status in TERMINAL
        facts = {
            "id": BUILD,
            "projectId": PROJECT,
            "buildSettingId": SETTING,
            "status": self.status,
            "platform": "Win64",
            "buildType": "Shipping",
            "branch": "main",
            "commit": "9b1f0c3e5d7a2468ace013579bdf02468ace1357",
            "ueVersion": "5.4",
            "triggeredBy": "api_token:tok0000000000000000e2e01",
            "createdAt": CREATED,
            "finishedAt": FINISHED if ended else None,
            "durationMs": DURATION_MS if ended else None,
            "logs": self.lines[start:],
        }
        status = 500 if self.fails else 200
        response = self.refusal(500, "internal_error") if self.fails else web.json_response(facts)
        await response.prepare(request)
        await response.write_eof()
        report("get", status=status, **{"from": start, "to": to})
        return response

    # Commands

    async def listen(self, port):
        runner = web.AppRunner(self.app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        report("listening", port=runner.addresses[0][1])

    async def log(self, lines, by):
        for line in lines:
            line = dict(line)
            for _ in range(line.pop("times", 1)):
                if by != "stream":
                    self.lines.append(line)
                if by != "rest":
                    await self.emit("build:log", line)

    async def status_of(self, status, by):
        if by != "stream":
            self.status = status
        if by != "rest":
            await self.emit("build:status", {"status": status})

    async def lose(self, how):
        self.members.clear()
        sids = [sid for sid, _ in self.sio.manager.get_participants("/", None)]
        match how:
            case "kick" | "disconnect":
                # python-socketio ends the connection with the namespace.
                for sid in sids:
                    await self.sio.disconnect(sid)
            case "close":
                for sid in sids:
                    await self.sio.eio.disconnect(self.sio.manager.eio_sid_from_sid(sid, "/"))
            case "cut":
                for transport in list(self.websockets):
                    transport.abort()
            case _:
                raise ValueError(how)

    async def run(self, act, **fields):
        match act:
            case "listen":
                await self.listen(**fields)
            case "log":
                await self.log(**fields)
            case "status":
                await self.status_of(**fields)
            case "lose":
                await self.lose(**fields)
            case "shut":
                self.shut = fields["what"]
                self.opened.clear()
            case "open":
                self.shut = None
                self.opened.set()
            case "sync":
                pass
            case "rest":
                self.fails = fields["fails"]
            case _:
                raise ValueError(act)


async def main():
    service = Service()
    reader = asyncio.StreamReader(limit=LONGEST_COMMAND_BYTES)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while text := await reader.readline():
        command = json.loads(text)
        identity, members = command.pop("id"), len(service.members)
        await service.run(**command)
        report("done", id=identity, members=members)


asyncio.run(main())
