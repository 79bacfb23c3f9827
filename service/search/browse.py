"""Lists episodes by date, and podcasts by title or size."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
import orjson

from indexer.errors import EpisodeSearchError, UnknownEpisode
from indexer.index.columns.filters import Filters, label_key
from indexer.snapshot import FacetCount, Snapshot
from service.search.cancellation import check

PodcastOrder = Literal["title", "episodes"]

_MAX_EPISODES_READ = 20  # to find a podcast's link and image in one of them


class UnknownCursor(EpisodeSearchError):
    """The cursor names no episode of this snapshot."""


class EpisodePage(NamedTuple):
    records: list[bytes]  # JSON, as stored
    next: str | None
    total: int
    facets: dict[str, list[FacetCount]] | None


@dataclass(frozen=True, slots=True)
class PodcastEntry:
    id: str
    title: str
    episodes: int
    latest: str | None  # the date of the newest episode
    link: str | None
    image: str | None


def browse(
    snapshot: Snapshot, filters: Filters, facets: Sequence[str], limit: int, cursor: str | None
) -> EpisodePage:
    """A page of episodes, the newest first. Raises UnknownCursor."""
    columns = snapshot.columns
    rows = columns.rows(filters)
    after = -1 if cursor is None else int(columns.date_ranks[_row_of(snapshot, cursor)])
    page = columns.newest(rows, limit + 1, after).tolist()
    records = [snapshot.episodes.record(row) for row in page[:limit]]
    return EpisodePage(
        records,
        _cursor(records[-1]) if len(page) > limit else None,
        len(columns) if rows is None else len(rows),
        columns.facets(rows, facets) if facets else None,
    )


def podcasts(
    snapshot: Snapshot, order: PodcastOrder, limit: int, offset: int
) -> tuple[list[PodcastEntry], int]:
    """A page of podcasts, and how many there are."""
    count = snapshot.columns.podcasts.episodes
    places = np.arange(len(count)) if order == "title" else np.argsort(-count, kind="stable")
    shown = places[offset : offset + limit].tolist()
    return [_podcast(snapshot, position) for position in shown], len(count)


def _podcast(snapshot: Snapshot, position: int) -> PodcastEntry:
    check()
    podcasts = snapshot.columns.podcasts
    identity, title = podcasts.ids[position], podcasts.titles[position]
    episode = _record(snapshot, int(podcasts.newest[position]))
    podcast = _fields_of(identity, episode) or _fields_of_others(snapshot, identity)
    return PodcastEntry(
        id=identity,
        title=title,
        episodes=int(podcasts.episodes[position]),
        latest=episode.get("published_at"),
        link=podcast.get("link"),
        image=podcast.get("image"),
    )


def _fields_of(identity: str, episode: dict[str, Any]) -> dict[str, Any] | None:
    """The episode's podcast, if it is this one: a merged episode may name it in also_in only."""
    podcast: dict[str, Any] = episode.get("podcast") or {}
    own = str(podcast.get("id") or podcast["title"]) if podcast else ""
    return podcast if podcast and label_key(own) == label_key(identity) else None


def _fields_of_others(snapshot: Snapshot, identity: str) -> dict[str, Any]:
    """The podcast as one of its newest episodes has it; empty if none has it."""
    rows = snapshot.columns.rows(Filters(podcast=(identity,)))
    newest = snapshot.columns.newest(rows, _MAX_EPISODES_READ).tolist()
    found = (_fields_of(identity, _record(snapshot, row)) for row in newest)
    return next((podcast for podcast in found if podcast), {})


def _record(snapshot: Snapshot, row: int) -> dict[str, Any]:
    record: dict[str, Any] = orjson.loads(snapshot.episodes.record(row))
    return record


def _cursor(record: bytes) -> str:
    """The cursor names the last episode of the page, so it stays valid after a swap."""
    episode_id: str = orjson.loads(record)["id"]
    return urlsafe_b64encode(episode_id.encode()).decode().rstrip("=")


def _row_of(snapshot: Snapshot, cursor: str) -> int:
    try:
        padded = cursor.encode() + b"=" * (-len(cursor) % 4)
        return snapshot.episodes.row_of(urlsafe_b64decode(padded).decode())
    except (ValueError, UnknownEpisode):
        raise UnknownCursor(
            "The cursor is of no episode that is served now; leave it out to begin again."
        ) from None
