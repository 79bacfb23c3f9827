"""Selects similar episodes: few of each podcast, each story once, unlike each other.

Maximal marginal relevance (Carbonell and Goldstein 1998) over the vectors of whole texts.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import orjson

from indexer.encoder import Vectors
from indexer.ranking.fusion import Ranked
from indexer.ranking.more_like_this import first_vectors
from indexer.snapshot import Snapshot
from service.search.repeat_rule import LEAST_COSINE, Wording


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of a selection."""

    most: int
    per_podcast: int | None = None
    diversity: float = 0.0  # 0: the best; 1: the most unlike what is shown already
    collapse: bool = False  # no second part of a series, no duplicate
    only_duplicates: bool = False


@dataclass(frozen=True)
class Candidate:
    """An episode that is liked or selected; later candidates are compared with it."""

    row: int
    record: bytes
    vector: Vectors
    series: int  # -1 for no part of any

    @cached_property
    def fields(self) -> dict[str, object]:
        fields: dict[str, object] = orjson.loads(self.record)
        return fields

    @cached_property
    def wording(self) -> Wording:
        return Wording.of(str(self.fields.get("title", "")), str(self.fields["summary"]))

    @property
    def podcast(self) -> str | None:
        podcast = self.fields.get("podcast")
        return str(podcast.get("id") or podcast["title"]) if isinstance(podcast, dict) else None

    def repeats(self, other: "Candidate") -> bool:
        """Whether both are the same episode."""
        if float(self.vector @ other.vector) < LEAST_COSINE or self._is_other_part(other):
            return False
        return self.wording.repeats(other.wording)

    def is_part_with(self, other: "Candidate") -> bool:
        return self.series >= 0 and self.series == other.series

    def _is_other_part(self, other: "Candidate") -> bool:
        return self.is_part_with(other) and self.wording.numbers != other.wording.numbers


@dataclass(frozen=True)
class Pick:
    shown: Candidate
    measured: Ranked  # of it alone
    same_series: bool  # as something liked
    duplicate_of: str | None


class DiverseSelection:
    def __init__(self, snapshot: Snapshot, liked: Sequence[int], limits: Limits) -> None:
        self._snapshot = snapshot
        self._limits = limits
        vectors = first_vectors(snapshot.indexes, np.array(liked, np.int64))
        self._liked = [self._shown(*pair) for pair in zip(liked, vectors, strict=True)]
        self._of_podcast: Counter[str | None] = Counter()
        self.picks: list[Pick] = []

    @property
    def is_full(self) -> bool:
        return len(self.picks) >= self._limits.most

    def choose(self, ranked: Ranked) -> None:
        """Select from `ranked`, best first, until the selection is full."""
        vectors = first_vectors(self._snapshot.indexes, ranked.rows)
        diversity = np.float32(self._limits.diversity)
        closest = np.zeros(len(vectors), np.float32)
        for pick in self.picks:
            closest = np.maximum(closest, vectors @ pick.shown.vector)
        left = np.ones(len(vectors), bool)
        while left.any() and not self.is_full:
            merits = (1 - diversity) * ranked.scores - diversity * closest
            position = int(np.where(left, merits, -np.inf).argmax())
            left[position] = False
            if self._takes(ranked.at(slice(position, position + 1)), vectors[position]):
                closest = np.maximum(closest, vectors @ vectors[position])

    def _takes(self, measured: Ranked, vector: Vectors) -> bool:
        shown = self._shown(int(measured.rows[0]), vector)
        before = [*self._liked, *(pick.shown for pick in self.picks)]
        duplicate_of = next((other for other in before if shown.repeats(other)), None)
        if not self._may(shown, duplicate_of, before):
            return False
        same_series = any(map(shown.is_part_with, self._liked))
        original = str(duplicate_of.fields["id"]) if duplicate_of else None
        self.picks.append(Pick(shown, measured, same_series, original))
        self._of_podcast[shown.podcast] += 1
        return True

    def _may(
        self, shown: Candidate, duplicate_of: Candidate | None, before: Sequence[Candidate]
    ) -> bool:
        limits = self._limits
        if limits.only_duplicates and duplicate_of not in self._liked:
            return False
        if limits.collapse and (duplicate_of or any(map(shown.is_part_with, before))):
            return False
        most = limits.per_podcast if shown.podcast else None
        return most is None or self._of_podcast[shown.podcast] < most

    def _shown(self, row: int, vector: Vectors) -> Candidate:
        record = self._snapshot.episodes.record(row)
        return Candidate(row, record, vector, int(self._snapshot.series.numbers[row]))
