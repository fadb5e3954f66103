"""A service as an application writes it: msgpack in, msgpack out, user and password. Ends when its input ends.

Usage: msgpack_service.py URL USER PASSWORD
"""

import asyncio
import sys

import msgpack
import nats


async def order_total(msg):
    order = msgpack.unpackb(msg.data)
    total = sum(line["price_cents"] * line["count"] for line in order["lines"])
    answer = {"order": order["id"], "total_cents": total, "digest": order["blob"][::-1], "kind": type(order["blob"]).__name__}
    await msg.respond(msgpack.packb(answer))


async def main(url, user, password):
    nc = await nats.connect(url, user=user, password=password, name="msgpack service", connect_timeout=20)
    await nc.subscribe("orders.total", queue="totals", cb=order_total)
    await nc.flush()
    await nc.flush()  # the first PING may overtake the SUB inside the library
    print("ready", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await nc.drain()


asyncio.run(main(*sys.argv[1:]))
