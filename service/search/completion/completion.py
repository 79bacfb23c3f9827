"""Completes what is typed to titles, podcasts, people and tags."""

from dataclasses import dataclass

import numpy as np
import orjson

from indexer.index.columns.filters import NO_FILTERS, Filters
from indexer.index.suggestions.suggestion_index import Entry, Kind, Mask
from indexer.snapshot import Snapshot
from service.search.question_cache import Recent

_FILTERS_KEPT = 8  # the next letter is typed with the same filters


@dataclass(frozen=True, slots=True)
class Suggestion:
    text: str
    kind: Kind
    id: str | None  # of the episode with this title


class Completion:
    """Safe to share between threads."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._masks: Recent[Filters, Mask] = Recent(_FILTERS_KEPT)

    def complete(self, typed: str, filters: Filters, limit: int) -> list[Suggestion]:
        """The best suggestions of which an episode passes the filters."""
        mask = None if filters == NO_FILTERS else self._mask(filters)
        found = self._snapshot.suggestions.complete(typed, limit, mask)
        return [self._suggestion(entry) for entry in found]

    def _mask(self, filters: Filters) -> Mask:
        """(entries,): which names an episode has that passes."""
        mask = self._masks.get(filters)
        if mask is None:
            columns = self._snapshot.columns
            rows = columns.rows(filters)
            selected = np.zeros(len(columns), bool)
            selected[slice(None) if rows is None else rows] = True
            mask = self._snapshot.suggestions.mask(
                {
                    "title": selected,
                    "podcast": columns.used("podcast", rows),
                    "person": columns.used("person", rows),
                    "tag": columns.used("tag", rows),
                }
            )
            self._masks.put(filters, mask)
        return mask

    def _suggestion(self, entry: Entry) -> Suggestion:
        if entry.kind != "title":
            return Suggestion(entry.name, entry.kind, None)
        record = orjson.loads(self._snapshot.episodes.record(entry.owner))
        return Suggestion(entry.name, entry.kind, record["id"])
