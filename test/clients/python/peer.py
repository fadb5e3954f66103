"""nats-py behind the command protocol of peers/program.ts: one JSON command per line in, one JSON answer per line out.

Owns its connections and what they received; decides nothing. It ends when its input ends.
"""

import asyncio
import hashlib
import json
import sys

import nats
from nats import errors


def patterned(size):
    return bytes((i * 31 + (i >> 8)) & 0xFF for i in range(size))


def record(msg):
    data = msg.data
    return {
        "subject": msg.subject,
        "reply": msg.reply,
        "size": len(data),
        "payload": data.decode() if len(data) <= 1024 else "sha256:" + hashlib.sha256(data).hexdigest(),
        "headers": {key: [value] for key, value in (msg.headers or {}).items()},
    }


def kind_of(error):
    if isinstance(error, errors.NoRespondersError):
        return "no-responders"
    if isinstance(error, (errors.TimeoutError, asyncio.TimeoutError)):
        return "timeout"
    if isinstance(error, errors.MaxPayloadError):
        return "max-payload"
    if isinstance(error, errors.AuthorizationError) or "authorization violation" in str(error).lower():
        return "authorization"
    return "other"


async def settled(nc):
    """All that was asked of the library before has reached the server and was handled.

    Its flush writes the PING ahead of what is still waiting in its own buffer, and only then that buffer: the answer
    to a second PING is the one that stands behind everything.
    """
    await nc.flush()
    await nc.flush()


class Inbox:
    """What one subscription received, and the wish to be told when there is enough of it."""

    def __init__(self):
        self.messages = []
        self.changed = asyncio.Condition()
        self.subscription = None

    async def take(self, msg):
        self.messages.append(record(msg))
        async with self.changed:
            self.changed.notify_all()

    async def wait_for(self, count):
        async with self.changed:
            await self.changed.wait_for(lambda: len(self.messages) >= count)
        return self.messages


class Peer:
    def __init__(self):
        self.connections = {}
        self.inboxes = {}
        self.tasks = set()

    def say(self, line):
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()

    async def serve(self):
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(limit=1 << 24)
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        while line := await reader.readline():
            task = loop.create_task(self.answer(json.loads(line)))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    async def answer(self, command):
        try:
            result = await getattr(self, "do_" + command["do"])(command)
            self.say({"id": command["id"], "result": result})
        except Exception as error:  # whatever the library raises is the answer
            text = f"{type(error).__name__}: {error}"
            self.say({"id": command["id"], "error": {"kind": kind_of(error), "text": text}})

    async def do_connect(self, command):
        number = len(self.connections) + 1
        self.connections[number] = None
        failures = []

        def event(name):
            async def callback():
                self.say({"event": name, "conn": number})

            return callback

        async def failed(error):
            failures.append(error)

        options = {}
        if "user" in command:
            options = {"user": command["user"], "password": command["password"]}
        if "seed" in command:
            options = {"nkeys_seed_str": command["seed"]}
        try:
            self.connections[number] = await nats.connect(
                command["url"],
                connect_timeout=20,
                max_reconnect_attempts=command.get("attempts", 400),
                reconnect_time_wait=0.05,
                allow_reconnect=not options,
                error_cb=failed,
                disconnected_cb=event("disconnected"),
                reconnected_cb=event("reconnected"),
                closed_cb=event("closed"),
                lame_duck_mode_cb=event("lame-duck"),
                **options,
            )
        except errors.NoServersError:
            # The reason stands in the error callback; "no servers" alone would hide it.
            raise failures[-1] if failures else errors.NoServersError()
        return number

    async def do_subscribe(self, command):
        nc = self.connections[command["conn"]]
        inbox = Inbox()
        inbox.subscription = await nc.subscribe(command["subject"], queue=command.get("queue", ""), cb=inbox.take)
        if "max" in command:
            await inbox.subscription.unsubscribe(command["max"])
        await settled(nc)
        number = len(self.inboxes) + 1
        self.inboxes[number] = inbox
        return number

    async def do_echo(self, command):
        nc = self.connections[command["conn"]]

        async def reply(msg):
            await nc.publish(msg.reply, msg.data, headers=msg.headers)

        await nc.subscribe(command["subject"], queue=command.get("queue", ""), cb=reply)
        await settled(nc)

    async def do_publish(self, command):
        nc = self.connections[command["conn"]]
        await nc.publish(command["subject"], self.payload(command), headers=self.headers(command))
        await settled(nc)

    async def do_publish_numbered(self, command):
        nc = self.connections[command["conn"]]
        for number in range(command["count"]):
            await nc.publish(command["subject"], f"{command['prefix']}{number}".encode())
        await settled(nc)

    async def do_request(self, command):
        nc = self.connections[command["conn"]]
        timeout = command["timeout_ms"] / 1000
        return record(
            await nc.request(
                command["subject"], self.payload(command), timeout=timeout, headers=self.headers(command)
            )
        )

    async def do_received(self, command):
        return await self.inboxes[command["sub"]].wait_for(command["count"])

    async def do_unsubscribe(self, command):
        await self.inboxes[command["sub"]].subscription.unsubscribe()

    async def do_drain_sub(self, command):
        inbox = self.inboxes[command["sub"]]
        await inbox.subscription.drain()
        return inbox.messages

    async def do_flush(self, command):
        await settled(self.connections[command["conn"]])

    async def do_drain(self, command):
        await self.connections[command["conn"]].drain()

    async def do_close(self, command):
        await self.connections[command["conn"]].close()

    def payload(self, command):
        return patterned(command["size"]) if "size" in command else command.get("text", "").encode()

    def headers(self, command):
        return {key: values[0] for key, values in command["headers"].items()} if "headers" in command else None


asyncio.run(Peer().serve())
