"""The requests of a client and how their responses are read, for both clients alike."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from http import HTTPMethod, HTTPStatus
from typing import Any, Generic, TypeVar, Unpack
from urllib.parse import quote

import httpx2
from pydantic import BaseModel, ValidationError

from service.api.schemas.answers import EpisodesResponse, PodcastsResponse
from service.api.schemas.episodes import EpisodeBody
from service.api.schemas.operations import SnapshotBody
from service.client.errors import PASSING, ClientError, Overloaded, Refused, another_version
from service.client.options import BrowseOptions, LikeOptions, SearchOptions, SimilarOptions
from service.client.results import LikeResult, SearchResult, SimilarResult

M = TypeVar("M", bound=BaseModel)

RETRIES = 2
TIMEOUT_SECONDS = 30.0
PODCASTS_A_PAGE = 1000
_MAX_PAUSE_SECONDS = 30.0
_FIRST_PAUSE_SECONDS = 0.5
_NO_ROUTE = "Not Found."  # what a service says of a path that it does not know


@dataclass(frozen=True)
class Call(Generic[M]):
    """One request and the model of its answer."""

    path: str
    answer: type[M]
    parameters: Mapping[str, Any] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None

    @property
    def method(self) -> HTTPMethod:
        return HTTPMethod.GET if self.body is None else HTTPMethod.POST

    def read(self, response: httpx2.Response) -> M:
        """The answer. Raises Refused or Overloaded, and NotReachable for another version."""
        if response.is_success:
            try:
                return self.answer.model_validate_json(response.content)
            except ValidationError as error:
                raise another_version(response.url) from error
        raise failure(response)


def search(question: str, options: SearchOptions) -> Call[SearchResult]:
    return Call("/search", SearchResult, body=_plain({"q": question, **options}))


def similar(episode_id: str, **options: Unpack[SimilarOptions]) -> Call[SimilarResult]:
    return Call(f"{episode_path(episode_id)}/similar", SimilarResult, _plain(options))


def more_like(like: Sequence[str], options: LikeOptions) -> Call[LikeResult]:
    return Call("/similar", LikeResult, body=_plain({"like": like, **options}))


def episode(episode_id: str) -> Call[EpisodeBody]:
    return Call(episode_path(episode_id), EpisodeBody)


def episodes(cursor: str | None, options: BrowseOptions) -> Call[EpisodesResponse]:
    page = {} if cursor is None else {"cursor": cursor}
    return Call("/episodes", EpisodesResponse, _plain({**options, **page}))


def podcasts(offset: int) -> Call[PodcastsResponse]:
    return Call("/podcasts", PodcastsResponse, {"limit": PODCASTS_A_PAGE, "offset": offset})


def snapshot() -> Call[SnapshotBody]:
    return Call("/snapshot", SnapshotBody)


def headers(key: str | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"} if key else {}


def pause_before_retry(response: httpx2.Response, attempt: int) -> float | None:
    """Seconds to wait before this request is sent again; None if that would not help.

    The value of Retry-After, unless it is above half a minute: then the caller is told, since an
    earlier request would be refused too. Without it, pauses double.
    """
    if response.status_code not in PASSING:
        return None
    told = _retry_after(response)
    if told is None:
        return min(_FIRST_PAUSE_SECONDS * (1 << attempt), _MAX_PAUSE_SECONDS)
    return told if told <= _MAX_PAUSE_SECONDS else None


def _retry_after(response: httpx2.Response) -> float | None:
    """The seconds that Retry-After tells, as a number or by a date; None if it tells neither."""
    told: str = response.headers.get("Retry-After", "").strip()
    if told.isdecimal():
        return float(told)
    until = _moment(told)
    since = _moment(response.headers.get("Date", "")) or datetime.now(UTC)
    return max(0.0, (until - since).total_seconds()) if until else None


def _moment(told: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(told)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _plain(options: Mapping[str, Any]) -> dict[str, Any]:
    """What JSON and a query string can say."""
    return {name: _value(value) for name, value in options.items() if value is not None}


def _value(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, Sequence) and not isinstance(value, str) else value


def episode_path(episode_id: str) -> str:
    return f"/episodes/{quote(episode_id, safe='')}"


def detail_of(response: httpx2.Response) -> str:
    """The service's message, or the response's text if a proxy answered in another form."""
    try:
        return str(response.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return f"{response.url} answered {response.status_code} {response.reason_phrase}."


def failure(response: httpx2.Response) -> ClientError:
    """What a response of another status than success means."""
    status, detail = response.status_code, detail_of(response)
    no_route = status == HTTPStatus.NOT_FOUND and detail == _NO_ROUTE
    if no_route or response.is_redirect:
        return another_version(response.url)
    if status in PASSING:
        return Overloaded(status, detail, _retry_after(response))
    return Refused(status, detail)
