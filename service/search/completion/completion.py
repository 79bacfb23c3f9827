"""Completes what is typed to titles, podcasts, people and tags."""

from dataclasses import dataclass

import numpy as np
import orjson

from indexer.index.columns.filters import Filters
from indexer.index.suggestions.suggestion_index import Entry, Kind
from indexer.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Suggestion:
    text: str
    kind: Kind
    id: str | None  # of the episode with this title


def complete(snapshot: Snapshot, typed: str, filters: Filters, limit: int) -> list[Suggestion]:
    """The best suggestions of which an episode passes the filters."""
    rows = snapshot.columns.rows(filters)

    def passes(entry: Entry) -> bool:
        if rows is None:
            return True
        if entry.kind != "title":
            return snapshot.columns.has_any(f"{entry.kind}:{entry.name}", rows)
        place = int(np.searchsorted(rows, entry.owner))
        return place < len(rows) and int(rows[place]) == entry.owner

    found = snapshot.suggestions.complete(typed, limit, passes)
    return [_suggestion(snapshot, entry) for entry in found]


def _suggestion(snapshot: Snapshot, entry: Entry) -> Suggestion:
    if entry.kind != "title":
        return Suggestion(entry.name, entry.kind, None)
    record = orjson.loads(snapshot.episodes.record(entry.owner))
    return Suggestion(entry.name, entry.kind, record["id"])
