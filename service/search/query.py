"""Answers one question from a snapshot: ranking, relevance, highlights and facets."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import isnan
from typing import Any, Literal

import numpy as np
import orjson
from numpy.typing import NDArray

from indexer.encoder import Vectors
from indexer.index.columns.filters import NO_FILTERS, Filters, seconds_of
from indexer.index.words.term_matcher import TermMatcher
from indexer.ranking.calibration import Floats, features_of
from indexer.ranking.calibration.term_coverage import coverage_of
from indexer.ranking.fusion import CANDIDATES, FusionWeights, Ranked, fuse, rank_dense, rank_lexical
from indexer.ranking.reranking import rerank
from indexer.snapshot import (
    Columns,
    FacetCount,
    Indexes,
    Positions,
    Ranking,
    Rows,
    Selection,
    Snapshot,
)
from service.search.cancellation import check
from service.search.highlight import Highlight, Highlighter
from service.search.result_order import (
    Sort,
    limit_per_podcast,
    newest_first,
    with_preference,
    with_recency,
)
from service.telemetry.stage_timing import stage

Mode = Literal["hybrid", "dense", "lexical"]

Applied = Literal["filter", "weight", "none"]

Probabilities = NDArray[np.float64]

DEEP_CANDIDATES = 1200  # passages, enough for the deepest page
_DEPTHS = tuple(DEEP_CANDIDATES * 4**n for n in range(4))  # passages
_DEEPEST_HIT = 1100  # the last hit of the last page
_TEXTS_A_STEP = 100  # read between two checks for cancellation


@dataclass(frozen=True, slots=True)
class Question:
    text: str
    k: int
    offset: int = 0
    mode: Mode = "hybrid"
    min_relevance: float = 0.0
    filters: Filters = NO_FILTERS
    sort: Sort = "relevance"
    recency: float = 0.0
    per_podcast: int | None = None
    facets: tuple[str, ...] = ()
    understand: bool = False  # whether constraints are read from the text
    as_words: tuple[str, ...] = ()  # parts of the text that are none
    preferred: Filters = NO_FILTERS  # hits that pass these come a little higher

    @property
    def is_of_all(self) -> bool:
        """Whether even the first hit needs a deeper search."""
        counted_by_relevance = self.facets and self.min_relevance
        preferring = self.recency or self.preferred != NO_FILTERS
        return bool(counted_by_relevance or preferring or self.sort == "date")


@dataclass(frozen=True, slots=True)
class Understood:
    """A part of the question, what it means, and how it is applied."""

    text: str
    filter: Mapping[str, Any]  # by the names of parameters
    applied: Applied


@dataclass(frozen=True, slots=True)
class Hit:
    rank: int
    score: float
    relevance: float  # the probability that this answers the question
    scores: dict[str, float]
    highlight: Highlight | None
    episode: bytes  # the JSON object, as stored


@dataclass(frozen=True, slots=True)
class Answer:
    hits: list[Hit]
    answered: bool
    facets: dict[str, list[FacetCount]] | None = None
    understood: tuple[Understood, ...] = ()
    meant: "Meant | None" = None


@dataclass(frozen=True, slots=True)
class Meant:
    """The answer to a question as it is probably meant: a word of it is in no episode."""

    query: str
    answer: Answer


@dataclass(frozen=True)
class Query:
    """A question with everything that its answer is computed from."""

    snapshot: Snapshot
    weights: FusionWeights
    question: Question
    text: str  # folded
    vector: Vectors  # (dimension,)
    selection: Selection | None  # of the rows that pass its filters

    @property
    def _indexes(self) -> Indexes:
        return self.snapshot.indexes

    @property
    def _columns(self) -> Columns:
        return self.snapshot.columns

    @cached_property
    def _terms(self) -> TermMatcher:
        lexical = self._indexes.lexical
        return TermMatcher(lexical, lexical.term_weights(self.text))

    @cached_property
    def _weight(self) -> float:
        """The weight of the question's terms."""
        return self._indexes.lexical.weight(self.text)

    def answer(self, nearest: Ranking, words: Ranking) -> Answer:
        """Answer from the given rankings, or from a deeper search if they are not enough."""
        question = self.question
        stop = question.offset + question.k
        ranked = self._reranked(self._ranked(nearest, words))
        answered = self._is_answered(ranked)
        relevant = self._relevant(ranked)
        grouped = self._grouped(relevant)
        whole = self._is_whole(ranked)
        if not whole and (question.is_of_all or len(grouped.rows) < stop):
            relevant = self._relevant(ranked.extended_by(self._deeper()))
            grouped = self._grouped(relevant)
            whole = True
        hits = self._hits(grouped.at(slice(question.offset, stop)))
        return Answer(hits, answered, self._facets(relevant, whole))

    def _relevant(self, ranked: Ranked) -> Ranked:
        """The relevant hits in the order of the answer's pages."""
        question = self.question
        if question.recency:
            ranked = with_recency(ranked, self._columns, question.recency, self._now())
        if (preferred := self._columns.rows(question.preferred)) is not None:
            ranked = with_preference(ranked, preferred)
        places = self._likely(ranked)
        if question.sort == "date":
            places = newest_first(places, ranked.rows, self._columns)
        return ranked.at(places)

    def _now(self) -> int:
        """The date of the newest episode, or of the build if earlier; in seconds since 1970."""
        return min(self._columns.latest, seconds_of(self.snapshot.manifest.built_at))

    def _likely(self, ranked: Ranked) -> Positions:
        """Positions of hits that reach `min_relevance`; reads only texts that could reach it."""
        least = self.question.min_relevance
        if not least:
            return np.arange(len(ranked.rows))
        most = features_of(ranked, np.ones(len(ranked.rows)), self._weight)
        likely: Positions = np.flatnonzero(self._probability(most) >= least)
        found = ranked.at(likely)
        return likely[self._probability(self._features(found)) >= least]

    def _probability(self, features: Floats) -> Probabilities:
        """(rows,): the probability that each row answers the question."""
        return self.snapshot.calibration.relevance.probability(features)

    def _features(self, ranked: Ranked) -> Floats:
        return features_of(ranked, self._coverage(ranked.rows), self._weight)

    def _coverage(self, rows: Rows) -> Floats:
        """(rows,): the share of the question that each text covers."""
        steps = np.split(rows, range(_TEXTS_A_STEP, len(rows), _TEXTS_A_STEP))
        return np.concatenate([self._coverage_of_few(step) for step in steps])

    def _coverage_of_few(self, rows: Rows) -> Floats:
        check()
        return coverage_of(self._terms, self.snapshot.episodes, rows)

    def _grouped(self, shown: Ranked) -> Ranked:
        most = self.question.per_podcast
        if not most:
            return shown
        places = np.arange(len(shown.rows))
        return shown.at(limit_per_podcast(places, shown.rows, self._columns, most))

    def _facets(self, relevant: Ranked, whole: bool) -> dict[str, list[FacetCount]] | None:
        """Facets of all hits that paging would show."""
        if not self.question.facets:
            return None
        check()
        rows = relevant.rows if whole else self._reachable()
        return self._columns.facets(rows, self.question.facets)

    def _reachable(self) -> Rows:
        """The unranked rows of a deeper search, for facets."""
        nearest = self._deep().rows
        words = self._indexes.lexical.search(self.text, DEEP_CANDIDATES, self.selection).rows
        found = {"dense": nearest, "lexical": words}
        mode = self.question.mode
        return found[mode] if mode in found else np.union1d(nearest, words)

    def _is_answered(self, ranked: Ranked) -> bool:
        """Whether the best hit answers the question, whatever page it is on."""
        features = self._features(ranked.at(slice(1)))
        chances = self.snapshot.calibration.answerable.probability(features)
        return bool((chances > 0.5).any())

    def _is_whole(self, ranked: Ranked) -> bool:
        """Whether a deeper search would find no more rows.

        It cannot stop at the first irrelevant hit, because lower hits may be relevant.
        """
        if self.question.mode == "lexical":
            return len(ranked.rows) < CANDIDATES
        return len(ranked.rows) == self._passing()

    def _passing(self) -> int:
        return len(self._columns if self.selection is None else self.selection.rows)

    def _deeper(self) -> Ranked:
        """A deeper ranking for later pages; it does not change the first pages."""
        check()
        with stage("lexical"):
            words = self._indexes.lexical.search(self.text, DEEP_CANDIDATES, self.selection)
        return self._ranked(self._deep(), words)

    def _deep(self) -> Ranking:
        """The nearest rows, as many as the last page needs, or fewer if texts are very long.

        A row may have many passages, so more passages than rows must be searched.
        """
        rows = self.selection.rows if self.selection else None
        wanted = min(_DEEPEST_HIT, self._passing())
        for depth in _DEPTHS:
            check()
            (nearest,) = self._indexes.nearest(self.vector[None], depth, rows)
            if len(nearest.rows) >= wanted:
                break
        return nearest.at(slice(DEEP_CANDIDATES))

    def _ranked(self, nearest: Ranking, words: Ranking) -> Ranked:
        """Rank the candidates by the question's mode."""
        mode, vector = self.question.mode, self.vector
        if mode == "dense":
            return rank_dense(self._indexes, vector, nearest, words, self.weights)
        if mode == "lexical":
            return rank_lexical(self._indexes, vector, words)
        return fuse(self._indexes, vector, nearest, words, self.weights)

    def _reranked(self, ranked: Ranked) -> Ranked:
        """Rerank the first hits; only once for each question, however deep the page is."""
        reranker = self.snapshot.reranker
        if not reranker or self.question.mode != "hybrid":
            return ranked
        return rerank(reranker, self.snapshot.episodes, self.text, ranked)

    def _hits(self, ranked: Ranked) -> list[Hit]:
        check()
        records = [self.snapshot.episodes.record(row) for row in ranked.rows.tolist()]
        summaries = [orjson.loads(record)["summary"] for record in records]
        coverage = self._coverage(ranked.rows)
        features = features_of(ranked, coverage, self._weight)
        relevance = self._probability(features).tolist()
        ranked = ranked._replace(lexical=np.where(coverage > 0, ranked.lexical, np.float32(0)))
        with stage("evidence"):
            highlighter = Highlighter(self._indexes, self.vector, self._terms)
            shown = list(highlighter.highlights(ranked.rows, summaries))
        columns = zip(ranked.scores.tolist(), relevance, _scores(ranked), strict=True)
        return [
            Hit(rank, *measured, highlight, record)
            for rank, (measured, highlight, record) in enumerate(
                zip(columns, shown, records, strict=True), self.question.offset + 1
            )
        ]


def _scores(ranked: Ranked) -> Iterator[dict[str, float]]:
    """The scores of each hit by name; that of the reranker only for reranked hits."""
    names = ("dense", "evidence", "lexical", "reranker")
    for row in zip(*(getattr(ranked, name).tolist() for name in names), strict=True):
        yield {name: value for name, value in zip(names, row, strict=True) if not isnan(value)}
