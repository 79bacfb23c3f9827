"""The asynchronous client."""

import asyncio
from collections.abc import AsyncIterator
from typing import Self, Unpack

import httpx2

from service.api.schemas.answers import ListedPodcast
from service.api.schemas.episodes import EpisodeBody
from service.api.schemas.operations import SnapshotBody
from service.client import calls
from service.client.calls import RETRIES, TIMEOUT_SECONDS, Call, M
from service.client.errors import NotReachable
from service.client.options import BrowseOptions, LikeOptions, SearchOptions, SimilarOptions
from service.client.results import LikeResult, SearchResult, SimilarResult


class AsyncClient:
    """Asks the service at `url`. Each call raises NotReachable, Refused or Overloaded.

    A temporarily refused request is sent again up to `retries` times, after Retry-After, unless
    that is longer than half a minute.
    """

    def __init__(
        self,
        url: str = "http://localhost:8000",
        *,
        key: str | None = None,
        timeout: float = TIMEOUT_SECONDS,
        retries: int = RETRIES,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self._url = url.rstrip("/")
        self._retries = retries
        self._http = httpx2.AsyncClient(
            headers=calls.headers(key), timeout=timeout, transport=transport
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        await self._http.aclose()

    async def search(self, question: str, **options: Unpack[SearchOptions]) -> SearchResult:
        """Episodes that answer a question, best first."""
        return await self._run(calls.search(question, options))

    async def similar(self, episode_id: str, **options: Unpack[SimilarOptions]) -> SimilarResult:
        """Episodes similar to one, most similar first."""
        return await self._run(calls.similar(episode_id, **options))

    async def more_like(self, *like: str, **options: Unpack[LikeOptions]) -> LikeResult:
        """Episodes similar to several, which are given by ids or texts."""
        return await self._run(calls.more_like(like, options))

    async def episode(self, episode_id: str) -> EpisodeBody:
        return await self._run(calls.episode(episode_id))

    async def episodes(self, **options: Unpack[BrowseOptions]) -> AsyncIterator[EpisodeBody]:
        """All episodes that pass the filters, newest first; `limit` is the size of a page."""
        cursor: str | None = None
        while True:
            page = await self._run(calls.episodes(cursor, options))
            for episode in page.episodes:
                yield episode
            cursor = page.next
            if cursor is None:
                return

    async def podcasts(self) -> AsyncIterator[ListedPodcast]:
        """All podcasts by title."""
        offset, total = 0, 1
        while offset < total:
            page = await self._run(calls.podcasts(offset))
            for podcast in page.podcasts:
                yield podcast
            offset, total = offset + calls.PODCASTS_A_PAGE, page.total

    async def snapshot(self) -> SnapshotBody:
        """The snapshot in force: its corpus, encoder and index."""
        return await self._run(calls.snapshot())

    async def _run(self, call: Call[M]) -> M:
        for attempt in range(self._retries):
            response = await self._send(call)
            pause = calls.pause_before_retry(response, attempt)
            if pause is None:
                return call.read(response)
            await asyncio.sleep(pause)
        return call.read(await self._send(call))

    async def _send(self, call: Call[M]) -> httpx2.Response:
        address = f"{self._url}{call.path}"
        try:
            return await self._http.request(
                call.method, address, params=call.parameters, json=call.body
            )
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise NotReachable(f"{self._url} does not answer ({error}).") from error
