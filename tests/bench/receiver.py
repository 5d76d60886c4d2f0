"""A receiver of web hooks in a process of its own.

``python -m tests.bench.receiver COUNT`` prints its port, and a line once it has so many requests.
"""

from __future__ import annotations

import asyncio
import sys

from aiohttp import web


async def receive(count: int) -> None:
    """Answer every request with 204 until there were so many."""
    left, done = count, asyncio.Event()

    async def take(request: web.Request) -> web.Response:
        nonlocal left
        await request.read()
        left -= 1
        if left == 0:
            done.set()
        return web.Response(status=204)

    app = web.Application()
    app.router.add_post("/hook", take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    await done.wait()
    print("done", flush=True)
    # The answer to the last request is still to be sent.
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(receive(int(sys.argv[1])))
