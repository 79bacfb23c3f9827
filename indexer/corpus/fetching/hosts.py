"""Turns at hosts: few connections at once, two to a host, and rest for one that asks for it."""

import asyncio
import math
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2

from indexer.corpus.fetching.answer import NotFetched

_AT_A_TIME = 16
_AT_A_HOST = 2


class Hosts:
    """The hosts that one round of fetching asks."""

    def __init__(self, most_wait: float) -> None:
        self._most_wait = most_wait  # seconds, of one host in a round
        self._all = asyncio.Semaphore(_AT_A_TIME)
        self._hosts: defaultdict[bytes, _Host] = defaultdict(_Host)

    @asynccontextmanager
    async def turn(self, url: httpx2.URL) -> AsyncIterator[None]:
        """Wait for a connection to the host. Raises NotFetched where it asks for a longer rest.

        A turn that waits for its host holds no connection that others may have.
        """
        host = self._hosts[url.netloc]
        async with host.connections:
            while (rest := host.rests_until - _now()) > 0:
                if host.rests_until > host.given_up_at:
                    raise NotFetched(
                        "was not asked, since its host asks for a longer rest; "
                        "the next build asks again"
                    )
                await asyncio.sleep(rest)
            async with self._all:
                yield

    def rest(self, url: httpx2.URL, seconds: float) -> None:
        """Leave the host alone for that long."""
        host = self._hosts[url.netloc]
        host.rests_until = max(host.rests_until, _now() + seconds)
        host.given_up_at = min(host.given_up_at, _now() + self._most_wait)


class _Host:
    def __init__(self) -> None:
        self.connections = asyncio.Semaphore(_AT_A_HOST)
        self.rests_until = 0.0
        self.given_up_at = math.inf


def _now() -> float:
    return asyncio.get_running_loop().time()
