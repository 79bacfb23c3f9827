"""Feeds that have an address: fetched a few at a time, within bounds, only when they changed."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2

from indexer.corpus.fetching.answer import Answer, Ended, EndedForGood, NotFetched
from indexer.corpus.fetching.exchange import Bounds, Exchange, OnAnswer, ignore_headers
from indexer.corpus.fetching.hosts import Hosts
from indexer.corpus.fetching.public_addresses import PublicTransport
from indexer.corpus.fetching.walk import Walk
from indexer.execution.progress import progress

_MOST_BYTES = 64 << 20
_SECONDS = 30.0
_SECONDS_OF_SILENCE = 10.0
_MOST_WAIT = 60.0
_BACKOFF = 1.0
_USER_AGENT = "episode-search (podcast feed reader)"


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Fetches addresses; returns the answer of each, or the reason why there is none."""

    directory: Path  # what was fetched, and with which marks, from one build to the next
    allow_private: bool = False
    most_bytes: int = _MOST_BYTES
    seconds: float = _SECONDS
    most_wait: float = _MOST_WAIT
    backoff: float = _BACKOFF
    on_answer: OnAnswer = ignore_headers
    follow: bool = True  # from web pages to feeds, and to further pages of a feed
    unit: str = "feeds"

    def __call__(self, addresses: Sequence[str]) -> dict[str, Answer | str]:
        self.directory.mkdir(parents=True, exist_ok=True)
        self.directory.chmod(0o700)  # what private feeds say is for the owner alone
        for left_behind in self.directory.glob("tmp*"):  # by a build that was killed
            left_behind.unlink()
        with progress("fetch", len(addresses), unit=self.unit) as advance:
            return asyncio.run(self._fetch_all(addresses, advance))

    async def _fetch_all(
        self, addresses: Sequence[str], advance: Callable[[int], object]
    ) -> dict[str, Answer | str]:
        async with self._exchange() as exchange:

            async def fetch(address: str) -> Answer | str:
                try:
                    if not self.follow:
                        return Answer(((await exchange.document(address)).kept.page,))
                    return await Walk(exchange).answer(address)
                except EndedForGood as reason:
                    return Ended(reason)
                except NotFetched as reason:
                    return str(reason)
                finally:
                    advance(1)

            answers = await asyncio.gather(*map(fetch, addresses))
        return dict(zip(addresses, answers, strict=True))

    @asynccontextmanager
    async def _exchange(self) -> AsyncIterator[Exchange]:
        bounds = Bounds(self.most_bytes, self.seconds, self.most_wait, self.backoff)
        async with self._client() as client:
            yield Exchange(client, Hosts(self.most_wait), self.directory, bounds, self.on_answer)

    def _client(self) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(
            transport=PublicTransport(allow_private=self.allow_private),
            headers={"User-Agent": _USER_AGENT, "Accept-Encoding": "gzip, deflate, br"},
            timeout=_SECONDS_OF_SILENCE,
            trust_env=False,
        )
