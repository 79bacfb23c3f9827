"""Finds episodes similar to examples in a snapshot; does not depend on HTTP."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from indexer.errors import UnknownEpisode
from indexer.index.columns.filters import NO_FILTERS, Filters
from indexer.index.words.forward_index import TermShares
from indexer.ranking.calibration.features import Asked, leads_of
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
from indexer.snapshot import Ranking, Rows, Selection, Snapshot
from service.search.cancellation import check
from service.search.diversification import Candidate, DiverseSelection, Limits, Pick
from service.search.highlight import Highlight
from service.search.moments import Moment, Record, timed
from service.search.understanding.operators import operators_of

Only = Literal["same_series", "duplicates"]

DEFAULT_WEIGHTS = SimilarityWeights()
CANDIDATES = 200  # from each ranking
RINGS = 4  # sets of candidates that are tried until there are enough hits
MAX_PARTS = 500  # parts of a series that are compared
_SIDES = ("dense", "evidence", "lexical")

# Looks like an id and not like a text: a long word with a digit, or an address.
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
    moments: list[Moment]
    because: Because | None
    same_series: bool  # as a liked episode
    duplicate_of: str | None  # id of the liked episode or earlier hit that it repeats
    episode: bytes  # the JSON object, as stored


@dataclass(frozen=True)
class _Scope:
    """What is looked for, and among which rows."""

    profile: Profile
    liked: Sequence[int]
    barred: Rows  # liked, unliked or excluded; ascending
    among: Selection | None  # of the rows that pass the filters
    only: Only | None


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
        asked = self._with_operators(asked)
        scope = self._scope(asked)
        selection = DiverseSelection(self._snapshot, scope.liked, _limits(asked))
        for ranked in self._rings(scope, selection):
            selection.choose(ranked)
            if selection.is_over:
                break
        return list(self._hits(scope.profile, selection.picks))

    def _with_operators(self, asked: SimilarQuery) -> SimilarQuery:
        """The operators of liked texts are filters; a text of nothing else stays as it is."""
        read = {item: operators_of(item) for item in asked.like if self._row(item) is None}
        phrases = tuple(phrase for each in read.values() for phrase in each.phrases)
        without = tuple(phrase for each in read.values() for phrase in each.without)
        if not phrases and not without:
            return asked
        like = tuple(read[item].text or item if item in read else item for item in asked.like)
        filters = replace(asked.filters, phrases=phrases, without=without)
        return replace(asked, like=like, filters=filters)

    def _scope(self, asked: SimilarQuery) -> _Scope:
        liked = self._rows(asked.like)
        barred = [*liked, *self._rows(asked.unlike), *map(self._episodes.row_of, asked.exclude)]
        return _Scope(
            self._profile(asked),
            liked,
            np.unique(np.array(barred, np.int64)),
            self._snapshot.columns.select(asked.filters),
            asked.only,
        )

    def _profile(self, asked: SimilarQuery) -> Profile:
        """The examples; texts share a limit of encoded clauses, episodes one of compared ones."""
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

    def _rings(self, scope: _Scope, selection: DiverseSelection) -> Iterator[Ranked]:
        """Candidates in rings of increasing distance; scores never exceed those of the ring before.

        The parts of liked series are in the first ring, however dissimilar they are. Later rings
        have the nearest rows that may still be selected. Their number is limited, since otherwise
        one request could rank the whole corpus.
        """
        seen, lowest = scope.barred, np.float32(np.inf)
        rows, words = self._first_candidates(scope)
        for _ in range(RINGS):
            check()
            ranked = rank(self._indexes, scope.profile, rows, words, self._weights)
            yield ranked._replace(scores=np.minimum(ranked.scores, lowest))
            seen, lowest = np.union1d(seen, rows), min(lowest, ranked.scores.min(initial=lowest))
            left = self._left(seen, scope, selection)
            if scope.only or not len(left):
                return
            rows, words = candidates(self._indexes, scope.profile, CANDIDATES, scope.among, left)

    def _first_candidates(self, scope: _Scope) -> tuple[Rows, Ranking]:
        rows, words = candidates(self._indexes, scope.profile, CANDIDATES, scope.among)
        parts = self._parts(scope)
        rows = parts if scope.only == "same_series" else np.union1d(rows, parts)
        return np.setdiff1d(rows, scope.barred), words

    def _parts(self, scope: _Scope) -> Rows:
        """Rows of the liked episodes' series that pass the filters; of many, the nearest."""
        parts = self._snapshot.series.parts_of(np.array(scope.liked, np.int64))
        if scope.among is not None:
            parts = np.intersect1d(parts, scope.among.rows)
        if len(parts) <= MAX_PARTS:
            return parts
        filters = scope.among.filters if scope.among else NO_FILTERS
        among = Selection(filters, parts)
        (nearest,) = self._indexes.nearest(scope.profile.vector[None], MAX_PARTS, among)
        return np.sort(nearest.rows)

    def _left(self, seen: Rows, scope: _Scope, selection: DiverseSelection) -> Rows:
        """Unseen rows that pass the filters and whose podcasts have not reached the limit."""
        rows = np.arange(len(self._snapshot.columns)) if scope.among is None else scope.among.rows
        return selection.open_rows(np.setdiff1d(rows, seen, assume_unique=True))

    def _hits(self, profile: Profile, picks: Sequence[Pick]) -> Iterator[SimilarHit]:
        relevance = self._relevance(profile, [pick.measured for pick in picks])
        for position, pick in enumerate(picks, 1):
            check()
            because, highlight = self._because(profile, pick.shown)
            yield SimilarHit(
                rank=position,
                score=float(pick.measured.scores[0]),
                relevance=relevance[position - 1],
                scores={side: float(getattr(pick.measured, side)[0]) for side in _SIDES},
                highlight=timed(highlight, Record(pick.shown.row, pick.shown.fields)),
                moments=[],
                because=because,
                same_series=pick.same_series,
                duplicate_of=pick.duplicate_of,
                episode=pick.shown.record,
            )

    def _relevance(self, profile: Profile, measured: Sequence[Ranked]) -> list[float]:
        """The relevance of each hit for a question that consists of the profile's terms.

        As of a question, no hit has more than one of a higher score.
        """
        if not measured:
            return []
        columns: list[Any] = [*map(np.concatenate, zip(*measured, strict=True))]
        order = np.argsort(-columns[1], kind="stable")
        hits = Ranked(*columns).at(order)
        lexical = self._indexes.lexical
        weight = sum(map(lexical.idf, profile.term_weights)) / lexical.idf("")
        found = self._indexes.words.find(hits.rows, TermShares.of(profile.term_weights))
        terms, unsaid = len(profile.term_weights), 1 - found.covered_together
        asked = Asked(weight, terms, unsaid, len(self._episodes))
        features = asked.features(hits, leads_of(hits.scores), found.coverage)
        chances = self._snapshot.calibration.relevance.probability(features)
        falling = np.minimum.accumulate(chances)
        relevance: list[float] = falling[np.argsort(order)].tolist()
        return relevance

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
