"""A client of msgpack_service.py: many requests at once, each answer compared with its own question.

Usage: msgpack_client.py URL USER PASSWORD COUNT; prints how many answers were right.
"""

import asyncio
import sys

import msgpack
import nats


async def ask(nc, number):
    blob = bytes(range(256)) * (number % 40)
    lines = [{"name": "café \N{SNOWMAN}", "price_cents": number, "count": 3}, {"name": "x", "price_cents": 7, "count": number}]
    order = {"id": number, "lines": lines, "blob": blob}
    reply = await nc.request("orders.total", msgpack.packb(order), timeout=15)
    wanted = {"order": number, "total_cents": 10 * number, "digest": blob[::-1], "kind": "bytes"}
    return msgpack.unpackb(reply.data) == wanted


async def main(url, user, password, count):
    nc = await nats.connect(url, user=user, password=password, allow_reconnect=False, connect_timeout=20)
    answers = await asyncio.gather(*(ask(nc, number) for number in range(int(count))))
    print("right", sum(answers), flush=True)
    await nc.close()


asyncio.run(main(*sys.argv[1:]))
