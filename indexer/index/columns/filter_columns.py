"""Columns that filter, sort and count rows without reading their texts."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from pathlib import Path
from typing import Any, NamedTuple
from weakref import proxy

import numpy as np
from numpy.typing import NDArray

from indexer.index.columns.filters import (
    NO_DATE,
    NO_FILTERS,
    PODCAST,
    SHOW,
    Attributes,
    Filters,
    Selection,
    label_key,
    shown_of,
)
from indexer.index.columns.labels import Counts, LabelFiles, Labels, LabelWriter
from indexer.storage.memory_map import mapped
from indexer.storage.segments import Rows, are_in

NO_PODCAST = -1
MAX_FACET_VALUES = 100  # values that are counted of a facet

_SELECTIONS_KEPT = 4  # cached, since the next page has the same filters


@dataclass(frozen=True)
class ColumnFiles:
    labels: LabelFiles
    published: Path  # (rows,) int64, seconds since 1970
    durations: Path  # (rows,) float32, seconds; nan where unknown
    newest_first: Path  # (rows,) uint32; the undated last, equal dates in the order of rows
    date_ranks: Path  # (rows,) uint32: the position of each row in newest_first


@dataclass(frozen=True, slots=True)
class FacetCount:
    value: str
    count: int


@dataclass(frozen=True, slots=True)
class PodcastCount(FacetCount):
    id: str  # the podcast's identity; the value is its title


class Podcasts(NamedTuple):
    """The id, title, number of episodes and newest row of each podcast, sorted by title."""

    ids: list[str]
    titles: list[str]
    episodes: NDArray[np.int64]
    newest: NDArray[np.uint32]  # rows


class ColumnWriter:
    def __init__(self, files: ColumnFiles) -> None:
        self._files = files
        self._labels = LabelWriter()
        self._published: list[int] = []
        self._durations: list[float] = []

    def add(self, attributes: Attributes) -> None:
        """Add the next row."""
        self._labels.add(attributes.labels)
        published, duration = attributes.published, attributes.duration_s
        self._published.append(NO_DATE if published is None else published)
        self._durations.append(np.nan if duration is None else duration)

    def close(self) -> None:
        published = np.array(self._published, np.int64)
        newest_first = np.argsort(~published, kind="stable").astype(np.uint32)
        date_ranks = np.empty_like(newest_first)
        date_ranks[newest_first] = np.arange(len(date_ranks))
        np.save(self._files.published, published)
        np.save(self._files.durations, np.array(self._durations, np.float32))
        np.save(self._files.newest_first, newest_first)
        np.save(self._files.date_ranks, date_ranks)
        self._labels.write(self._files.labels)


class Columns:
    """Columns of all rows; safe to share between threads."""

    def __init__(self, files: ColumnFiles, saying: Callable[[str], Rows] | None = None) -> None:
        """`saying` gives the rows whose text has a phrase; only filters by phrases need it."""
        self._saying = saying
        self.published: NDArray[np.int64] = mapped(files.published)
        self.date_ranks: NDArray[np.uint32] = mapped(files.date_ranks)
        self._newest_first = mapped(files.newest_first)
        self._durations = mapped(files.durations)
        self._labels = Labels(files.labels)
        # With a strong reference to this object, the cache would keep the snapshot mapped.
        self._select = lru_cache(_SELECTIONS_KEPT)(partial(Columns._selected, proxy(self)))

    def __len__(self) -> int:
        return len(self.published)

    @property
    def latest(self) -> int:
        """The newest date, in seconds since 1970; NO_DATE if no episode has a date."""
        return int(self.published[self._newest_first[0]])

    @cached_property
    def dated_share(self) -> float:
        """The share of rows with a date."""
        return float(np.mean(self.published != NO_DATE))

    @cached_property
    def timed_share(self) -> float:
        """The share of rows with a duration."""
        return float(1 - np.isnan(self._durations).mean())

    def names(self, field: str) -> list[str]:
        """The values of a field, in the order of their keys."""
        return [self._labels.name(code) for code in self._labels.field(field)]

    def counted(self, field: str) -> list[tuple[str, int]]:
        """The values of a field with their numbers of episodes, in the order of their keys."""
        codes = self._labels.field(field)
        counts = self._labels.counts(None)[codes.start : codes.stop].tolist()
        return list(zip(self.names(field), counts, strict=True))

    def used(self, field: str, rows: Rows | None) -> NDArray[np.bool_]:
        """(values,): whether any of `rows`, or of all for None, has each value of a field."""
        codes = self._labels.field(field)
        return self._labels.counts(rows)[codes.start : codes.stop] > 0

    def rows(self, filters: Filters) -> Rows | None:
        """The rows that pass, in ascending order; None if there are no filters."""
        selection = self.select(filters)
        return selection.rows if selection else None

    def select(self, filters: Filters) -> Selection | None:
        """The filters with the rows that pass; None if there are no filters."""
        return self._select(filters) if filters != NO_FILTERS else None

    def facets(self, rows: Rows | None, fields: Iterable[str]) -> dict[str, list[FacetCount]]:
        """The number of `rows`, or of all for None, with each value, most frequent first."""
        counts = self._labels.counts(rows)
        return {field: list(self._most_frequent(field, counts)) for field in fields}

    def newest(self, rows: Rows | None, limit: int, after: int = -1) -> Rows:
        """The `limit` newest of `rows`, or of all for None, with a date rank above `after`."""
        if rows is None:
            return self._newest_first[after + 1 : after + 1 + limit].astype(np.int64)
        ranks = self.date_ranks[rows]
        later = ranks[ranks > after]
        if len(later) > limit:
            later = np.partition(later, limit)[:limit]
        return self._newest_first[np.sort(later)].astype(np.int64)

    @cached_property
    def podcasts(self) -> Podcasts:
        codes, order = self._labels.field(self._podcast_field), self._podcast_order
        named = [shown_of(self._labels.name(codes[place])) for place in order.tolist()]
        newest = self._labels.least(self._podcast_field, self.date_ranks)
        counts = self._labels.counts(None)[codes.start : codes.stop]
        return Podcasts(
            [identity for identity, _ in named],
            [title for _, title in named],
            counts[order],
            self._newest_first[newest[order]],
        )

    @cached_property
    def _podcast_field(self) -> str:
        """Snapshots built before podcasts had an identity know them by their titles."""
        return SHOW if self._labels.field(SHOW) else PODCAST

    @cached_property
    def _podcast_order(self) -> NDArray[np.int64]:
        """The places of podcasts among their labels, in the order of their titles."""
        codes = self._labels.field(self._podcast_field)
        titles = [label_key(shown_of(self._labels.name(code))[1]) for code in codes]
        return np.array(sorted(range(len(codes)), key=titles.__getitem__), np.int64)

    def podcasts_of(self, rows: Rows) -> NDArray[np.int64]:
        """(rows,): a number for each row's podcast; NO_PODCAST if it has none."""
        return self._labels.first_of(rows, self._podcast_field, NO_PODCAST)

    def _most_frequent(self, field: str, counts: Counts) -> Iterator[FacetCount]:
        if field == PODCAST:
            yield from self._most_frequent_podcasts(counts)
            return
        codes = self._labels.field(field)
        inside = counts[codes.start : codes.stop]
        for place in _greatest(inside):
            yield FacetCount(self._labels.name(codes[place]), int(inside[place]))

    def _most_frequent_podcasts(self, counts: Counts) -> Iterator[FacetCount]:
        codes, order = self._labels.field(self._podcast_field), self._podcast_order
        inside = counts[codes.start : codes.stop][order]
        for place in _greatest(inside):
            identity, title = shown_of(self._labels.name(codes[int(order[place])]))
            yield PodcastCount(title, int(inside[place]), identity)

    def _selected(self, filters: Filters) -> Selection:
        rows: Rows | None = None
        for keys in filters.alternatives():
            having = self._having(keys)
            rows = having if rows is None else _in_both(rows, having)
        for column, bounds in (
            (self.published, filters.published_bounds()),
            (self._durations, filters.duration_bounds()),
        ):
            rows = _within(column, bounds, rows) if bounds else rows
        for phrase in filters.phrases:
            saying = self._rows_saying(phrase)
            rows = saying if rows is None else _in_both(rows, saying)
        if rows is None:
            rows = np.arange(len(self))
        for phrase in filters.without:
            rows = rows[~are_in(rows, self._rows_saying(phrase))]
        rows.flags.writeable = False
        return Selection(filters, rows)

    def _rows_saying(self, phrase: str) -> Rows:
        if self._saying is None:
            raise ValueError("these columns have no words")
        return self._saying(phrase)

    def _having(self, keys: list[str]) -> Rows:
        """The rows that have any of these labels."""
        found = [self._labels.rows(key) for key in keys]
        return found[0] if len(found) == 1 else np.unique(np.concatenate(found))


def _greatest(counts: Counts) -> list[int]:
    """The places of the greatest counts above zero, of equal ones the first."""
    order = np.argsort(-counts, kind="stable")[:MAX_FACET_VALUES]
    places: list[int] = order[counts[order] > 0].tolist()
    return places


def _in_both(some: Rows, others: Rows) -> Rows:
    few, many = sorted((some, others), key=len)
    return few[are_in(few, many)]


def _within(column: NDArray[Any], bounds: tuple[float, float], rows: Rows | None) -> Rows:
    """The rows whose value lies within the bounds, which are inclusive."""
    least, most = bounds
    values = column if rows is None else column[rows]
    places = np.flatnonzero((values >= least) & (values <= most))
    return places if rows is None else rows[places]
