"""Requests one document within limits, and again after temporary failures."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from tempfile import NamedTemporaryFile

import httpx2
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, stop_after_attempt

from indexer.corpus.fetching.addresses import with_login_of
from indexer.corpus.fetching.answer import EndedForGood, MayPass, NotFetched
from indexer.corpus.fetching.hosts import Hosts
from indexer.corpus.fetching.kept_page import KeptPage
from indexer.corpus.fetching.public_addresses import PrivateAddress, UnknownHost

_MOST_REDIRECTS = 5
_ATTEMPTS = 2
_PERMANENT = {httpx2.codes.MOVED_PERMANENTLY, httpx2.codes.PERMANENT_REDIRECT}
_MAY_PASS = {408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524}
_LASTING = (PrivateAddress, UnknownHost, httpx2.UnsupportedProtocol)
# Some hosts name no packing, or the character set, where the name of a packing belongs.
_PACKINGS = {
    "",
    "identity",
    "none",
    "utf-8",
    "utf8",
    "gzip",
    "x-gzip",
    "deflate",
    "br",
}  # one at most: packed twice, little becomes very much


OnAnswer = Callable[[str, Mapping[str, str]], None]  # an address, and the headers it answers with


def ignore_headers(_: str, __: Mapping[str, str]) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Bounds:
    """Limits on one request."""

    most_bytes: int
    seconds: float  # of one request
    most_wait: float  # seconds, if a host asks to wait
    backoff: float  # seconds before the second attempt, if it does not


@dataclass(frozen=True, slots=True)
class Document:
    """The document of an address, and its new address if it has moved."""

    address: str
    kept: KeptPage
    moved_to: str | None

    @property
    def place(self) -> str:
        return self.moved_to or self.address


@dataclass(frozen=True, slots=True)
class Exchange:
    """Asks for documents and keeps them in `directory`."""

    client: httpx2.AsyncClient
    hosts: Hosts
    directory: Path
    bounds: Bounds
    on_answer: OnAnswer = ignore_headers

    async def document(self, address: str) -> Document:
        """Raises NotFetched."""
        attempts = AsyncRetrying(
            stop=stop_after_attempt(_ATTEMPTS),
            retry=retry_if_exception_type(MayPass),
            wait=self._pause,
            reraise=True,
        )
        return await attempts(self._attempt, address)

    def _pause(self, state: RetryCallState) -> float:
        failure = state.outcome and state.outcome.exception()
        asked = failure.pause if isinstance(failure, MayPass) else None
        return self.bounds.backoff if asked is None else asked

    async def _attempt(self, address: str) -> Document:
        try:
            return await self._document(address)
        except TimeoutError:
            reason = f"did not answer within {self.bounds.seconds:g} seconds"
            raise NotFetched(reason) from None
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
            reason = f"could not be fetched ({str(error) or type(error).__name__})"
            lasts = isinstance(error, _LASTING) or not isinstance(error, httpx2.TransportError)
            raise (NotFetched if lasts else MayPass)(reason) from error

    async def _document(self, address: str) -> Document:
        kept = KeptPage(self.directory, address)
        async with self._response(address, kept.conditions()) as (response, moved_to):
            self.on_answer(address, response.headers)
            if response.status_code == httpx2.codes.NOT_MODIFIED and kept.file.is_file():
                return Document(address, kept, moved_to)
            self._refuse_status(response)
            if response.headers.get("content-encoding", "").strip().lower() not in _PACKINGS:
                raise NotFetched("comes packed in a way that was not asked for")
            body = await self._body(response)
            kept.replace(
                body, response.headers, str(response.url.copy_with(userinfo=b"", fragment=None))
            )
        return Document(address, kept, moved_to)

    @asynccontextmanager
    async def _response(
        self, address: str, headers: dict[str, str]
    ) -> AsyncIterator[tuple[httpx2.Response, str | None]]:
        """The response at the end of all redirects, and where lasting ones lead."""
        request = self.client.build_request("GET", address, headers=headers)
        place, lasting = address, True
        for _ in range(_MOST_REDIRECTS + 1):
            async with self.hosts.turn(request.url), asyncio.timeout(self.bounds.seconds):
                response = await self.client.send(request, stream=True)
                try:
                    if response.next_request is None:
                        yield response, None if place == address else place
                        return
                finally:
                    await response.aclose()
            request = response.next_request
            lasting = lasting and response.status_code in _PERMANENT
            place = with_login_of(place, str(request.url)) if lasting else place
        raise NotFetched(f"redirects more than {_MOST_REDIRECTS} times")

    def _refuse_status(self, response: httpx2.Response) -> None:
        code = response.status_code
        reason = f"answers {code} {response.reason_phrase}".strip()
        if code == httpx2.codes.GONE:
            raise EndedForGood("answers 410 Gone; take it out of the list")
        if code in _MAY_PASS:
            raise self._passing(response, reason)
        if code != httpx2.codes.OK:
            raise NotFetched(reason)

    def _passing(self, response: httpx2.Response, reason: str) -> NotFetched:
        pause = _retry_after(response.headers.get("retry-after", ""))
        if response.status_code == httpx2.codes.TOO_MANY_REQUESTS:  # it speaks for its host
            self.hosts.rest(response.url, self.bounds.backoff if pause is None else pause)
        if pause is not None and pause > self.bounds.most_wait:
            return NotFetched(f"{reason}, and asks to wait {pause:,.0f} seconds")
        return MayPass(reason, pause)

    async def _body(self, response: httpx2.Response) -> Path:
        with NamedTemporaryFile(dir=self.directory, delete=False) as file:
            try:
                async for part in response.aiter_bytes():
                    file.write(part)
                    if file.tell() > self.bounds.most_bytes:
                        raise NotFetched(f"is larger than {self.bounds.most_bytes >> 20} MiB")
            except BaseException:
                Path(file.name).unlink()
                raise
        return Path(file.name)


def _retry_after(value: str) -> float | None:
    """Seconds from now, of a number of seconds or a date; None where it is neither."""
    if value.strip().isdecimal():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return None
