"""The blocking client."""

import time
from collections.abc import Iterator
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


class Client:
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
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        self._url = url.rstrip("/")
        self._retries = retries
        self._http = httpx2.Client(headers=calls.headers(key), timeout=timeout, transport=transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def search(self, question: str, **options: Unpack[SearchOptions]) -> SearchResult:
        """Episodes that answer a question, best first."""
        return self._run(calls.search(question, options))

    def similar(self, episode_id: str, **options: Unpack[SimilarOptions]) -> SimilarResult:
        """Episodes similar to one, most similar first."""
        return self._run(calls.similar(episode_id, **options))

    def more_like(self, *like: str, **options: Unpack[LikeOptions]) -> LikeResult:
        """Episodes similar to several, which are given by ids or texts."""
        return self._run(calls.more_like(like, options))

    def episode(self, episode_id: str) -> EpisodeBody:
        return self._run(calls.episode(episode_id))

    def episodes(self, **options: Unpack[BrowseOptions]) -> Iterator[EpisodeBody]:
        """All episodes that pass the filters, newest first; `limit` is the size of a page."""
        cursor: str | None = None
        while True:
            page = self._run(calls.episodes(cursor, options))
            yield from page.episodes
            cursor = page.next
            if cursor is None:
                return

    def podcasts(self) -> Iterator[ListedPodcast]:
        """All podcasts by title."""
        offset, total = 0, 1
        while offset < total:
            page = self._run(calls.podcasts(offset))
            yield from page.podcasts
            offset, total = offset + calls.PODCASTS_A_PAGE, page.total

    def snapshot(self) -> SnapshotBody:
        """The snapshot in force: its corpus, encoder and index."""
        return self._run(calls.snapshot())

    def _run(self, call: Call[M]) -> M:
        for attempt in range(self._retries):
            response = self._send(call)
            pause = calls.pause_before_retry(response, attempt)
            if pause is None:
                return call.read(response)
            time.sleep(pause)
        return call.read(self._send(call))

    def _send(self, call: Call[M]) -> httpx2.Response:
        address = f"{self._url}{call.path}"
        try:
            return self._http.request(call.method, address, params=call.parameters, json=call.body)
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise NotReachable(f"{self._url} does not answer ({error}).") from error
