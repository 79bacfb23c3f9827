"""What there is, without a question: episodes by date, podcasts by name or size."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
import orjson

from indexer.errors import EpisodeSearchError, UnknownEpisode
from indexer.index.columns.filters import Filters
from indexer.snapshot import FacetCount, Snapshot

PodcastOrder = Literal["title", "episodes"]


class UnknownCursor(EpisodeSearchError):
    """It is of no episode here, or was never one of ours."""


class EpisodePage(NamedTuple):
    records: list[bytes]  # JSON, as stored
    next: str | None
    total: int
    facets: dict[str, list[FacetCount]] | None


@dataclass(frozen=True, slots=True)
class PodcastEntry:
    title: str
    episodes: int
    latest: str | None  # as the newest episode says it
    link: str | None
    image: str | None


def browse(
    snapshot: Snapshot, filters: Filters, facets: Sequence[str], limit: int, cursor: str | None
) -> EpisodePage:
    """The newest first. Raises UnknownCursor."""
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
    """A page of them, and how many there are."""
    count, _ = snapshot.columns.podcasts
    places = np.arange(len(count)) if order == "title" else np.argsort(-count, kind="stable")
    shown = places[offset : offset + limit].tolist()
    return [_podcast(snapshot, position) for position in shown], len(count)


def _podcast(snapshot: Snapshot, position: int) -> PodcastEntry:
    """Its newest episode knows the rest."""
    count, newest = snapshot.columns.podcasts
    episode: dict[str, Any] = orjson.loads(snapshot.episodes.record(int(newest[position])))
    return PodcastEntry(
        title=snapshot.columns.podcast_title(position),
        episodes=int(count[position]),
        latest=episode.get("published_at"),
        link=episode["podcast"].get("link"),
        image=episode["podcast"].get("image"),
    )


def _cursor(record: bytes) -> str:
    """The last episode shown: it keeps the place when another snapshot is swapped in."""
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
