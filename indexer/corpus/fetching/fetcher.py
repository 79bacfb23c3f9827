"""Feeds that have an address: fetched a few at a time, within bounds, only when they changed."""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile

import httpx2

from indexer.corpus.fetching.public_addresses import PublicTransport
from indexer.corpus.sources import Ended
from indexer.execution.progress import progress

_AT_A_TIME = 8
_MOST_REDIRECTS = 5
_MOST_BYTES = 64 << 20
_SECONDS = 30.0
_SECONDS_OF_SILENCE = 10.0
_USER_AGENT = "episode-search (podcast feed reader)"
# Some hosts name no packing, or the character set, where the name of a packing belongs.
_PACKINGS = {
    "",
    "identity",
    "none",
    "utf-8",
    "gzip",
    "x-gzip",
    "deflate",
}  # one at most: packed twice, little becomes very much
_CONDITIONS = {"etag": "If-None-Match", "last-modified": "If-Modified-Since"}


class NotFetched(Exception):
    """The reason, in half a sentence."""


class EndedForGood(NotFetched):
    """The publisher says that the feed is gone and does not come back."""


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Fetches addresses; returns the file of each, or the reason why there is none."""

    directory: Path  # what was fetched, and with which marks, from one build to the next
    allow_private: bool = False
    most_bytes: int = _MOST_BYTES
    seconds: float = _SECONDS
    on_answer: Callable[[str, Mapping[str, str]], None] | None = None  # an address, its headers

    def __call__(self, addresses: Sequence[str]) -> dict[str, Path | str]:
        self.directory.mkdir(parents=True, exist_ok=True)
        self.directory.chmod(0o700)  # what private feeds say is for the owner alone
        for left_behind in self.directory.glob("tmp*"):  # by a build that was killed
            left_behind.unlink()
        with progress("fetch", len(addresses), unit="feeds") as advance:
            return asyncio.run(self._fetch_all(addresses, advance))

    async def _fetch_all(
        self, addresses: Sequence[str], advance: Callable[[int], object]
    ) -> dict[str, Path | str]:
        turns = asyncio.Semaphore(_AT_A_TIME)
        async with self._client() as client:

            async def fetch(address: str) -> Path | str:
                async with turns:
                    try:
                        return await self._fetch(client, address)
                    except EndedForGood as reason:
                        return Ended(reason)
                    except NotFetched as reason:
                        return str(reason)
                    finally:
                        advance(1)

            results = await asyncio.gather(*map(fetch, addresses))
        return dict(zip(addresses, results, strict=True))

    def _client(self) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(
            transport=PublicTransport(allow_private=self.allow_private),
            headers={"User-Agent": _USER_AGENT, "Accept-Encoding": "gzip, deflate"},
            timeout=_SECONDS_OF_SILENCE,
            follow_redirects=True,
            max_redirects=_MOST_REDIRECTS,
            trust_env=False,
        )

    async def _fetch(self, client: httpx2.AsyncClient, address: str) -> Path:
        try:
            async with asyncio.timeout(self.seconds):
                return await self._answer(client, address)
        except TimeoutError:
            raise NotFetched(f"did not answer within {self.seconds:g} seconds") from None
        except httpx2.TooManyRedirects:
            raise NotFetched(f"redirects more than {_MOST_REDIRECTS} times") from None
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
            reason = str(error) or type(error).__name__
            raise NotFetched(f"could not be fetched ({reason})") from error

    async def _answer(self, client: httpx2.AsyncClient, address: str) -> Path:
        kept = _Kept(self.directory, address)
        async with client.stream("GET", address, headers=kept.conditions()) as response:
            if self.on_answer:
                self.on_answer(address, {n.lower(): v for n, v in response.headers.items()})
            if response.status_code == httpx2.codes.NOT_MODIFIED and kept.body.is_file():
                return kept.body
            if response.status_code == httpx2.codes.GONE:
                raise EndedForGood("answers 410 Gone; take it out of the list")
            if response.status_code != httpx2.codes.OK:
                raise NotFetched(f"answers {response.status_code} {response.reason_phrase}".strip())
            if response.headers.get("content-encoding", "").lower() not in _PACKINGS:
                raise NotFetched("comes packed in a way that was not asked for")
            await self._keep(response, kept)
        return kept.body

    async def _keep(self, response: httpx2.Response, kept: "_Kept") -> None:
        with NamedTemporaryFile(dir=self.directory, delete=False) as file:
            try:
                async for part in response.aiter_bytes():
                    file.write(part)
                    if file.tell() > self.most_bytes:
                        raise NotFetched(f"is larger than {self.most_bytes >> 20} MiB")
            except BaseException:
                Path(file.name).unlink()
                raise
        kept.replace(Path(file.name), response.headers)


class _Kept:
    """The last answer of an address, with its ETag and Last-Modified."""

    def __init__(self, directory: Path, address: str) -> None:
        name = sha256(address.encode()).hexdigest()[:32]
        self.body = directory / f"{name}.body"
        self._marks = directory / f"{name}.json"

    def conditions(self) -> dict[str, str]:
        if not self.body.is_file():
            return {}
        try:
            marks = json.loads(self._marks.read_bytes())
        except (OSError, ValueError):
            return {}
        return {_CONDITIONS[name]: value for name, value in marks.items()}

    def replace(self, body: Path, headers: httpx2.Headers) -> None:
        # Without its marks a body is fetched anew; with another's it would never be.
        self._marks.unlink(missing_ok=True)
        body.replace(self.body)
        marks = {name: headers[name] for name in _CONDITIONS if name in headers}
        self._marks.write_text(json.dumps(marks))
