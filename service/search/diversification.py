"""Selects similar episodes: few of each podcast, each story once, unlike each other.

Maximal marginal relevance (Carbonell and Goldstein 1998) over the vectors of whole texts.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
import orjson
from numpy.typing import NDArray

from indexer.encoder import Vectors
from indexer.ranking.fusion import Ranked
from indexer.ranking.more_like_this import first_vectors
from indexer.snapshot import NO_PODCAST, Positions, Rows, Snapshot
from indexer.storage.segments import Scores
from service.search.cancellation import check
from service.search.repeat_rule import LEAST_COSINE, Wording

MAX_REJECTED = 300  # texts that are read and then not selected, for one answer
MAX_COMPARED = 8  # earlier texts that one is compared with; a repeated one is among the nearest
NO_SERIES = -1


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of a selection."""

    most: int
    per_podcast: int | None = None
    diversity: float = 0.0  # from 0, by score alone, to 1, by dissimilarity to earlier hits alone
    collapse: bool = False  # no second part of a series, no duplicate
    only_duplicates: bool = False


@dataclass(frozen=True)
class Candidate:
    """An episode that is liked or selected; later candidates are compared with it."""

    row: int
    record: bytes
    vector: Vectors
    series: int  # NO_SERIES if it is part of none

    @cached_property
    def fields(self) -> dict[str, object]:
        fields: dict[str, object] = orjson.loads(self.record)
        return fields

    @cached_property
    def wording(self) -> Wording:
        return Wording.of(str(self.fields.get("title", "")), str(self.fields["summary"]))

    def repeats(self, other: "Candidate") -> bool:
        """Whether both are the same episode; called if their vectors are almost equal."""
        return not self._is_other_part(other) and self.wording.repeats(other.wording)

    def is_part_with(self, other: "Candidate") -> bool:
        return self.series != NO_SERIES and self.series == other.series

    def _is_other_part(self, other: "Candidate") -> bool:
        return self.is_part_with(other) and self.wording.numbers != other.wording.numbers


@dataclass(frozen=True)
class Pick:
    shown: Candidate
    measured: Ranked  # its scores, a ranking of one row
    same_series: bool  # as a liked episode
    duplicate_of: str | None


@dataclass
class _Ring:
    """Candidates of one ranking; `is_open` is false for those that may not be selected."""

    ranked: Ranked
    vectors: Vectors  # (candidates, dimension)
    podcasts: Positions  # a number for each podcast; NO_PODCAST for none
    series: Positions  # NO_SERIES for parts of none
    closest: Scores  # the largest cosine to a selected episode
    is_open: NDArray[np.bool_]

    @classmethod
    def of(cls, snapshot: Snapshot, ranked: Ranked) -> Self:
        rows = ranked.rows
        return cls(
            ranked,
            vectors=first_vectors(snapshot.indexes, rows),
            podcasts=snapshot.columns.podcasts_of(rows),
            series=snapshot.series.numbers[rows].astype(np.int64),
            closest=np.zeros(len(rows), np.float32),
            is_open=np.ones(len(rows), np.bool_),
        )

    def approach(self, vector: Vectors) -> None:
        """Update `closest` with one more selected episode."""
        self.closest = np.maximum(self.closest, self.vectors @ vector)

    def best_first(self, diversity: float) -> list[int]:
        """Positions of open candidates by maximal marginal relevance."""
        positions = np.flatnonzero(self.is_open)
        own, close = self.ranked.scores[positions], self.closest[positions]
        merits = np.float32(1 - diversity) * own - np.float32(diversity) * close
        best: list[int] = positions[np.argsort(-merits, kind="stable")].tolist()
        return best


class DiverseSelection:
    """Selects episodes; the work grows linearly with the number of candidates.

    Limits that need no text close many candidates at once. Texts are compared one by one, a limited
    number of times.
    """

    def __init__(self, snapshot: Snapshot, liked: Sequence[int], limits: Limits) -> None:
        self._snapshot = snapshot
        self._limits = limits
        self._vectors = first_vectors(snapshot.indexes, np.array(liked, np.int64))
        self._liked = [self._candidate(*pair) for pair in zip(liked, self._vectors, strict=True)]
        self._before = list(self._liked)  # then what is selected, as in self._vectors
        self._of_podcast: Counter[int] = Counter()
        self._stories = {liked.series for liked in self._liked} - {NO_SERIES}
        self._rejected = 0
        self.picks: list[Pick] = []

    @property
    def is_over(self) -> bool:
        """Whether the selection is full, or too many texts were read and not selected."""
        return len(self.picks) >= self._limits.most or self._rejected >= MAX_REJECTED

    def open_rows(self, rows: Rows) -> Rows:
        """Those of `rows` whose podcasts have not reached the limit."""
        if not self._limits.per_podcast:
            return rows
        podcasts = self._snapshot.columns.podcasts_of(rows)
        return rows[np.isin(podcasts, self._full_podcasts(), invert=True)]

    def choose(self, ranked: Ranked) -> None:
        """Select from `ranked`, best first, until the selection is over."""
        ring = _Ring.of(self._snapshot, ranked)
        self._close_rejected(ring)
        for pick in self.picks:
            ring.approach(pick.shown.vector)
        while not self.is_over:
            positions = ring.best_first(self._limits.diversity)
            taken = next((place for place in positions if self._takes(ring, place)), None)
            if taken is None:
                return
            ring.approach(ring.vectors[taken])
            self._close_rejected(ring)

    def _close_rejected(self, ring: _Ring) -> None:
        """Close the candidates that a limit forbids without reading their texts."""
        if self._limits.per_podcast:
            ring.is_open &= np.isin(ring.podcasts, self._full_podcasts(), invert=True)
        if self._limits.collapse:
            ring.is_open &= np.isin(ring.series, list(self._stories), invert=True)
        if self._limits.only_duplicates:
            liked = self._vectors[: len(self._liked)]
            may_repeat = _nearly_equal(ring.vectors, liked, ring.vectors @ liked.T)
            ring.is_open &= may_repeat.any(axis=1)

    def _full_podcasts(self) -> list[int]:
        most = self._limits.per_podcast or 0
        return [each for each, count in self._of_podcast.items() if count >= most]

    def _takes(self, ring: _Ring, place: int) -> bool:
        """Select the candidate unless a limit forbids it; each is tried once."""
        check()
        if self.is_over:
            return False
        ring.is_open[place] = False
        row, vector = int(ring.ranked.rows[place]), ring.vectors[place]
        shown = self._candidate(row, vector)
        repeated = self._repeated(shown)
        if not self._allows(repeated):
            self._rejected += 1
            return False
        same_series = any(map(shown.is_part_with, self._liked))
        original = str(repeated.fields["id"]) if repeated else None
        measured = ring.ranked.at(slice(place, place + 1))
        self._add(Pick(shown, measured, same_series, original), int(ring.podcasts[place]))
        return True

    def _allows(self, repeated: Candidate | None) -> bool:
        if repeated:
            return not self._limits.collapse
        return not self._limits.only_duplicates

    def _add(self, pick: Pick, podcast: int) -> None:
        self.picks.append(pick)
        self._before.append(pick.shown)
        self._vectors = np.vstack([self._vectors, pick.shown.vector])
        if podcast != NO_PODCAST:
            self._of_podcast[podcast] += 1
        if pick.shown.series != NO_SERIES:
            self._stories.add(pick.shown.series)

    def _repeated(self, shown: Candidate) -> Candidate | None:
        """The first of the nearest earlier episodes that it repeats."""
        compared = len(self._liked) if self._limits.only_duplicates else len(self._before)
        before = self._vectors[:compared]
        cosines = before @ shown.vector
        near = np.flatnonzero(_nearly_equal(before, shown.vector[None], cosines[:, None]))
        nearest = near[np.argsort(-cosines[near], kind="stable")][:MAX_COMPARED]
        others = (self._before[place] for place in sorted(nearest.tolist()))
        return next((other for other in others if shown.repeats(other)), None)

    def _candidate(self, row: int, vector: Vectors) -> Candidate:
        record = self._snapshot.episodes.record(row)
        return Candidate(row, record, vector, int(self._snapshot.series.numbers[row]))


def _nearly_equal(some: Vectors, others: Vectors, cosines: Vectors) -> NDArray[np.bool_]:
    """(some, others): of texts of unknown words, whose vectors are zero, the words decide."""
    near: NDArray[np.bool_] = cosines >= LEAST_COSINE
    near |= np.logical_not(some.any(axis=1, keepdims=True) | others.any(axis=1))
    return near
