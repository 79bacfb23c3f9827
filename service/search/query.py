"""Answers one question from a snapshot: ranking, relevance, highlights and facets."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isnan
from typing import Any, Literal

import numpy as np
import orjson

from indexer.encoder import Vectors
from indexer.index.columns.filters import NO_FILTERS, Filters, seconds_of
from indexer.ranking.calibration import GOOD_MATCH
from indexer.ranking.fusion import CANDIDATES, Ranked
from indexer.ranking.heard import coverage_of
from indexer.ranking.ranker import AnalyzedQuestion, Mode, Ranker
from indexer.ranking.relevance import Relevance
from indexer.snapshot import (
    Columns,
    FacetCount,
    Ranking,
    Rows,
    Snapshot,
)
from service.search.cancellation import Steps, check
from service.search.highlight import Highlight, ShownClauses, highlights
from service.search.moments import Moment, MomentFinder, Record, timed
from service.search.result_order import (
    Sort,
    limit_per_podcast,
    newest_first,
    with_preference,
    with_recency,
)
from service.telemetry.stage_timing import stage

Applied = Literal["filter", "weight", "none"]

DEEP_CANDIDATES = 1200  # passages, enough for the deepest page
_DEPTHS = tuple(DEEP_CANDIDATES * 4**n for n in range(4))  # passages
_DEEPEST_HIT = 1100  # the last hit of the last page
_HIT_BYTES = 1_000  # of a hit in memory, besides its record and its highlight
_MATCH_BYTES = 128  # a tuple of two numbers


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
    moments: list[Moment]
    episode: bytes  # the JSON object, as stored

    @property
    def held_bytes(self) -> int:
        highlight = self.highlight
        shown = len(highlight.text) + _MATCH_BYTES * len(highlight.matches) if highlight else 0
        said = sum(_HIT_BYTES + len(moment.text) for moment in self.moments)
        return _HIT_BYTES + len(self.episode) + shown + said


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
    ranker: Ranker
    question: Question
    analyzed: AnalyzedQuestion
    vector: Vectors  # (dimension,)
    good_match: float = GOOD_MATCH  # the least relevance of one

    @property
    def _columns(self) -> Columns:
        return self.snapshot.columns

    def answer(self, nearest: Ranking, words: Ranking) -> Steps[Answer]:
        """Answer from the given rankings, or from a deeper search if they are not enough.

        In three steps: the ranking, the relevance of its hits, and what is shown of them.
        """
        question = self.question
        stop = question.offset + question.k
        fused = self.ranker.fused(self.analyzed, self.vector, nearest, words)
        ranked = self.ranker.reranked(self.analyzed, fused)
        yield
        relevant, chances = self._relevant(ranked)
        grouped = self._grouped(relevant)
        whole = self._is_whole(ranked)
        if not whole and (question.is_of_all or len(grouped.rows) < stop):
            relevant, chances = self._relevant(ranked.extended_by(self._deeper()))
            grouped = self._grouped(relevant)
            whole = True
        shown = grouped.at(slice(question.offset, stop))
        answered = chances.best >= self.good_match
        yield
        return Answer(self._hits(shown, chances), answered, self._facets(relevant, whole))

    def _relevant(self, ranked: Ranked) -> tuple[Ranked, Relevance]:
        """The relevant hits in the order of the answer's pages, and the relevance of each."""
        question = self.question
        if (preferred := self._columns.rows(question.preferred)) is not None:
            ranked = with_preference(ranked, preferred)
        calibration = self.snapshot.calibration
        chances = Relevance(self.ranker, calibration, self.analyzed, ranked, check)
        if question.min_relevance:
            ranked = ranked.at(slice(chances.reaching(question.min_relevance)))
        if question.recency:
            ranked = with_recency(ranked, self._columns, question.recency, self._now())
        if question.sort == "date":
            places = np.arange(len(ranked.rows))
            ranked = ranked.at(newest_first(places, ranked.rows, self._columns))
        return ranked, chances

    def _now(self) -> int:
        """The date of the newest episode, or of the build if earlier; in seconds since 1970."""
        return min(self._columns.latest, seconds_of(self.snapshot.manifest.built_at))

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
        words = self.ranker.words(self.analyzed, DEEP_CANDIDATES).rows
        found = {"dense": nearest, "lexical": words}
        mode = self.question.mode
        return found[mode] if mode in found else np.union1d(nearest, words)

    def _is_whole(self, ranked: Ranked) -> bool:
        """Whether a deeper search would find no more rows.

        It cannot stop at the first irrelevant hit, because lower hits may be relevant.
        """
        if self.question.mode == "lexical":
            return len(ranked.rows) < CANDIDATES
        return len(ranked.rows) == self._passing()

    def _passing(self) -> int:
        selection = self.analyzed.selection
        return len(self._columns if selection is None else selection.rows)

    def _deeper(self) -> Ranked:
        """A deeper ranking for later pages; it does not change the first pages."""
        check()
        with stage("lexical"):
            words = self.ranker.words(self.analyzed, DEEP_CANDIDATES)
        return self.ranker.fused(self.analyzed, self.vector, self._deep(), words)

    def _deep(self) -> Ranking:
        """The nearest rows, as many as the last page needs, or fewer if texts are very long.

        A row may have many passages, so more passages than rows must be searched.
        """
        selection = self.analyzed.selection
        wanted = min(_DEEPEST_HIT, self._passing())
        for depth in _DEPTHS:
            check()
            (nearest,) = self.snapshot.indexes.nearest(self.vector[None], depth, selection)
            if len(nearest.rows) >= wanted:
                break
        return nearest.at(slice(DEEP_CANDIDATES))

    def _hits(self, shown: Ranked, chances: Relevance) -> list[Hit]:
        check()
        relevance = chances.of(shown.rows).tolist()
        found = chances.found(shown.rows)
        rows = shown.rows.tolist()
        records = self.snapshot.episodes.records_of(shown.rows)
        parsed = [*map(Record, rows, map(orjson.loads, records))]
        summaries = [record.fields["summary"] for record in parsed]
        covered = coverage_of(shown, found.coverage) > 0
        lexical = np.where(covered, shown.lexical, np.float32(0))
        shown = shown._replace(lexical=lexical)
        with stage("evidence"):
            indexes = self.snapshot.indexes
            clauses = ShownClauses.of(indexes, shown.rows, self.vector)
            sentences = map(timed, highlights(clauses, found, summaries), parsed)
            finder = MomentFinder(indexes, self.vector, self.analyzed.terms.shares)
            moments = finder.moments(parsed, clauses, found, found_by=shown.passages.tolist())
        columns = zip(shown.scores.tolist(), relevance, _scores(shown), strict=True)
        return [
            Hit(rank, *measured, highlight, said, record)
            for rank, (measured, highlight, said, record) in enumerate(
                zip(columns, sentences, moments, records, strict=True), self.question.offset + 1
            )
        ]


def _scores(ranked: Ranked) -> Iterator[dict[str, float]]:
    """The scores of each hit by name; that of the reranker only for reranked hits."""
    columns = (ranked.dense, ranked.evidence, ranked.lexical, ranked.reranker)
    for dense, evidence, lexical, reranker in zip(*(c.tolist() for c in columns), strict=True):
        scores = {"dense": dense, "evidence": evidence, "lexical": lexical}
        yield scores if isnan(reranker) else {**scores, "reranker": reranker}
