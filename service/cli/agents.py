"""Serves the tools of agents over standard input and output."""

import asyncio
import os
import signal
import sys

from service.cli import INTERRUPTED
from service.cli.answers import LOCAL_URL, Source, local_transport
from service.cli.failures import reported
from service.client import AsyncClient, NotReachable, Overloaded
from service.mcp.server import create_server


def run_stdio(source: Source) -> None:
    """Until standard input ends; a service at `source.url` is asked, or the local snapshot.

    Ctrl-C ends the process at once, since the thread that reads standard input cannot be stopped.
    """
    signal.signal(signal.SIGINT, _end)
    with reported():
        asyncio.run(_remote(source.url, source.key) if source.url else _local(source))


def _end(*_: object) -> None:
    print("Interrupted.", file=sys.stderr, flush=True)
    os._exit(INTERRUPTED)


async def _remote(url: str, key: str | None) -> None:
    async with AsyncClient(url, key=key) as client:
        await client.snapshot()  # fails where nothing answers, before an agent sees tools
        await create_server(client).run_stdio_async()


async def _local(source: Source) -> None:
    async with (
        local_transport(source.snapshots) as transport,
        AsyncClient(LOCAL_URL, transport=transport, retries=0) as client,
    ):
        try:
            await client.snapshot()
        except Overloaded as error:  # no snapshot that can be opened
            raise NotReachable(error.detail) from error
        await create_server(client).run_stdio_async()
