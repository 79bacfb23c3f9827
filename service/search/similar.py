"""Turns examples into similar episodes over one snapshot; knows no HTTP."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from indexer.errors import UnknownEpisode
from indexer.index.columns.filters import NO_FILTERS, Filters
from indexer.index.words.term_matcher import TermMatcher
from indexer.ranking.calibration import features_of
from indexer.ranking.calibration.term_coverage import coverage_of
from indexer.ranking.fusion import Ranked
from indexer.ranking.more_like_this import (
    MOST_CLAUSES,
    MOST_LIKED_CLAUSES,
    Encode,
    Example,
    Examples,
    Profile,
    SimilarityWeights,
    best_pair,
    candidates,
    rank,
)
from indexer.snapshot import Rows, Selection, Snapshot
from service.search.cancellation import check
from service.search.diversification import Candidate, DiverseSelection, Limits, Pick
from service.search.highlight import Highlight

Only = Literal["same_series", "duplicates"]

DEFAULT_WEIGHTS = SimilarityWeights()
CANDIDATES = 200  # from each side
RINGS = 4  # of candidates, where the first are not enough
MAX_PARTS = 500  # of a story that are compared
_SIDES = ("dense", "evidence", "lexical")

# No one word that people ask with: long, with a number in it, or an address.
_ID = re.compile(r"(?=\S*\d)\S{12,}|\S+://\S+")


@dataclass(frozen=True, slots=True)
class SimilarQuery:
    """A request for similar episodes; each item is an episode id or a text."""

    like: tuple[str, ...]
    unlike: tuple[str, ...] = ()
    k: int = 10
    per_podcast: int | None = None
    diversity: float = 0.0
    exclude: tuple[str, ...] = ()
    collapse: bool = False
    only: Only | None = None
    filters: Filters = NO_FILTERS


@dataclass(frozen=True, slots=True)
class Because:
    """The two sentences that match best."""

    liked: str
    this: str


@dataclass(frozen=True, slots=True)
class SimilarHit:
    rank: int
    score: float
    relevance: float
    scores: dict[str, float]
    highlight: Highlight | None
    because: Because | None
    same_series: bool  # as something liked
    duplicate_of: str | None  # of what is liked, or of a hit before it
    episode: bytes  # the JSON object, as stored


class Similar:
    """Safe to share between threads."""

    def __init__(
        self, snapshot: Snapshot, encode: Encode, weights: SimilarityWeights = DEFAULT_WEIGHTS
    ) -> None:
        self._snapshot = snapshot
        self._episodes = snapshot.episodes
        self._indexes = snapshot.indexes
        self._examples = Examples(snapshot.indexes, snapshot.episodes)
        self.encode = encode
        self._weights = weights

    def hits(self, asked: SimilarQuery) -> list[SimilarHit]:
        """Raises UnknownEpisode for an unknown id, liked or excluded."""
        profile = self._profile(asked)
        liked = self._rows(asked.like)
        barred = [*liked, *self._rows(asked.unlike), *map(self._episodes.row_of, asked.exclude)]
        selection = DiverseSelection(self._snapshot, liked, _limits(asked))
        among = self._snapshot.columns.select(asked.filters)
        parts = self._parts(profile, liked, among)
        for ranked in self._rings(profile, parts, barred, asked.only, among, selection):
            selection.choose(ranked)
            if selection.is_over:
                break
        return list(self._hits(profile, selection.picks))

    def _profile(self, asked: SimilarQuery) -> Profile:
        """Texts share the clauses that one request may have encoded, episodes those compared."""
        sides = asked.like, asked.unlike
        items = len(asked.like) + len(asked.unlike)
        texts = sum(self._row(item) is None for side in sides for item in side)
        most = MOST_CLAUSES // max(1, texts), MOST_LIKED_CLAUSES // max(1, items - texts)
        return Profile(*([self._example(item, *most) for item in side] for side in sides))

    def _example(self, item: str, most_of_text: int, most_of_episode: int) -> Example:
        check()
        row = self._row(item)
        if row is None:
            return self._examples.of_text(item, self.encode, most_of_text)
        return self._examples.of_episode(row, most_of_episode)

    def _row(self, item: str) -> int | None:
        """The row of an episode id; None for a text."""
        try:
            return self._episodes.row_of(item)
        except UnknownEpisode:
            if _ID.fullmatch(item):
                raise
            return None

    def _rows(self, items: Sequence[str]) -> list[int]:
        return [row for row in map(self._row, items) if row is not None]

    def _parts(self, profile: Profile, liked: Sequence[int], among: Selection | None) -> Rows:
        """Rows of the series of the liked episodes that pass the filters: the nearest of many."""
        parts = self._snapshot.series.parts_of(np.array(liked, np.int64))
        parts = parts if among is None else np.intersect1d(parts, among.rows)
        if len(parts) <= MAX_PARTS:
            return parts
        (nearest,) = self._indexes.nearest(profile.vector[None], MAX_PARTS, parts)
        return np.sort(nearest.rows)

    def _rings(
        self,
        profile: Profile,
        parts: Rows,
        barred: Sequence[int],
        only: Only | None,
        among: Selection | None,
        selection: DiverseSelection,
    ) -> Iterator[Ranked]:
        """What may be shown, ring after ring; what is farther out does not score above.

        `parts` are in the first ring, however unlike they are told. Later rings hold the nearest of
        what is still open; there are few of them, or one request would rank the whole corpus.
        """
        seen, lowest = np.unique(np.array(barred, np.int64)), np.float32(np.inf)
        rows, words = candidates(self._indexes, profile, CANDIDATES, among)
        rows = np.setdiff1d(parts if only == "same_series" else np.union1d(rows, parts), seen)
        for _ in range(RINGS):
            check()
            ranked = rank(self._indexes, profile, rows, words, self._weights)
            yield ranked._replace(scores=np.minimum(ranked.scores, lowest))
            seen, lowest = np.union1d(seen, rows), min(lowest, ranked.scores.min(initial=lowest))
            left = self._left(seen, among, selection)
            if only or not len(left):
                return
            rows, words = candidates(self._indexes, profile, CANDIDATES, among, left)

    def _left(self, seen: Rows, among: Selection | None, selection: DiverseSelection) -> Rows:
        """Rows that are not seen yet, pass the filters and are of no podcast that is full."""
        rows = np.arange(len(self._snapshot.columns)) if among is None else among.rows
        return selection.open_rows(np.setdiff1d(rows, seen, assume_unique=True))

    def _hits(self, profile: Profile, picks: Sequence[Pick]) -> Iterator[SimilarHit]:
        for position, pick in enumerate(picks, 1):
            check()
            because, highlight = self._because(profile, pick.shown)
            yield SimilarHit(
                rank=position,
                score=float(pick.measured.scores[0]),
                relevance=self._relevance(profile, pick.measured),
                scores={side: float(getattr(pick.measured, side)[0]) for side in _SIDES},
                highlight=highlight,
                because=because,
                same_series=pick.same_series,
                duplicate_of=pick.duplicate_of,
                episode=pick.shown.record,
            )

    def _relevance(self, profile: Profile, measured: Ranked) -> float:
        """Relevance, as of a question that consists of the profile's terms."""
        lexical = self._indexes.lexical
        weight = sum(map(lexical.idf, profile.term_weights)) / lexical.idf("")
        coverage = coverage_of(
            TermMatcher(lexical, profile.term_weights), self._episodes, measured.rows
        )
        features = features_of(measured, coverage, weight)
        return float(self._snapshot.calibration.relevance.probability(features)[0])

    def _because(
        self, profile: Profile, shown: Candidate
    ) -> tuple[Because | None, Highlight | None]:
        pair = best_pair(profile.likes, self._examples.of_episode(shown.row))
        if pair is None:
            return None, None
        liked, (start, stop) = pair
        text = str(shown.fields["summary"])[start:stop]
        return Because(liked, text), Highlight(text, start, stop, [])


def _limits(asked: SimilarQuery) -> Limits:
    return Limits(
        most=asked.k,
        per_podcast=asked.per_podcast,
        diversity=asked.diversity,
        collapse=asked.collapse,
        only_duplicates=asked.only == "duplicates",
    )
