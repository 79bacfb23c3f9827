"""Turns questions into hits over one snapshot; knows no HTTP."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from math import isnan
from typing import Literal, NamedTuple

import numpy as np
import orjson
from numpy.typing import NDArray

from indexer.encoder import Vectors
from indexer.episode import fold
from indexer.index.columns.filters import NO_FILTERS, Filters, seconds_of
from indexer.index.words.term_matcher import TermMatcher
from indexer.ranking.calibration import Floats, features_of
from indexer.ranking.calibration.term_coverage import coverage_of
from indexer.ranking.fusion import CANDIDATES, FusionWeights, Ranked, fuse, rank_dense, rank_lexical
from indexer.ranking.reranking import rerank
from indexer.snapshot import FacetCount, Positions, Ranking, Rows, Selection, Snapshot
from service.search.background import in_background
from service.search.cancellation import Cancellation, Cancelled, check
from service.search.highlight import Highlight, Highlighter
from service.search.question_cache import QuestionCache, Recent
from service.search.question_encoder import QuestionEncoder
from service.search.result_order import Sort, limit_per_podcast, newest_first, with_recency
from service.search.similar import Similar
from service.telemetry.stage_timing import stage

Mode = Literal["hybrid", "dense", "lexical"]

Probabilities = NDArray[np.float64]

DEFAULT_WEIGHTS = FusionWeights()
DEEP_CANDIDATES = 1200  # passages, so that a page past the first ones is as full
_DEPTHS = tuple(DEEP_CANDIDATES * 4**n for n in range(4))  # passages
_MIN_EPISODES_FOR_THREAD = 500_000  # episodes; of 100,000 a thread costs as much as it saves
_DEEPEST_HIT = 1100  # the last of the last page


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

    @property
    def is_of_all(self) -> bool:
        """Whether even the first hit needs a deeper search."""
        counted_by_relevance = self.facets and self.min_relevance
        return bool(counted_by_relevance or self.recency or self.sort == "date")


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


_NO_ANSWER = Answer([], answered=False)  # to one who does not wait for it


class _Asked(NamedTuple):
    """A question with its vector, filters and terms, each computed once."""

    question: Question
    text: str
    vector: Vectors
    selection: Selection | None  # of the rows that pass its filters
    terms: TermMatcher
    weight: float  # of them


class Retriever:
    """Safe to share between threads."""

    def __init__(
        self,
        snapshot: Snapshot,
        cache: QuestionCache,
        weights: FusionWeights = DEFAULT_WEIGHTS,
        cached_answers: int = 0,
    ) -> None:
        self.snapshot = snapshot
        self._indexes = snapshot.indexes
        self._columns = snapshot.columns
        self._calibration = snapshot.calibration
        self._encode = QuestionEncoder(snapshot.encoder, snapshot.manifest.encoder, cache)
        self._weights = weights
        self._now = min(snapshot.columns.latest, seconds_of(snapshot.manifest.built_at))
        self.similar = Similar(snapshot, self._encode)
        self._answers: Recent[Question, Answer] = Recent(cached_answers)

    def remembered(self, question: Question) -> Answer | None:
        """The cached answer of this snapshot; None if there is none."""
        return self._answers.get(question)

    def search(
        self, questions: Sequence[Question], cancellations: Sequence[Cancellation] = ()
    ) -> list[Answer]:
        """An answer to each question; one whose cancellation is cancelled is not answered."""
        texts = [fold(question.text) for question in questions]
        selections = [self._columns.select(question.filters) for question in questions]
        look_up = partial(self._words, texts, selections)
        # Of several questions the processors have enough to do.
        worth_it = len(questions) == 1 and len(self._columns) > _MIN_EPISODES_FOR_THREAD
        with in_background(look_up, worth_it=worth_it) as words:
            with stage("encode"):
                vectors = self._encode(texts)
            with stage("dense"):
                nearest = self._nearest(questions, vectors)
            found = zip(nearest, words(), strict=True)
        asked = map(self._asked, questions, texts, vectors, selections)
        watched = cancellations or [Cancellation() for _ in questions]
        return [
            self._answer_unless_cancelled(cancellation, each, *of_it)
            for cancellation, each, of_it in zip(watched, asked, found, strict=True)
        ]

    def _words(self, texts: list[str], selections: list[Selection | None]) -> list[Ranking]:
        with stage("lexical"):
            search = self._indexes.lexical.search
            pairs = zip(texts, selections, strict=True)
            return [search(text, CANDIDATES, selection) for text, selection in pairs]

    def _asked(
        self, question: Question, text: str, vector: Vectors, selection: Selection | None
    ) -> _Asked:
        lexical = self._indexes.lexical
        terms = TermMatcher(lexical, lexical.term_weights(text))
        return _Asked(question, text, vector, selection, terms, lexical.weight(text))

    def _nearest(self, questions: Sequence[Question], vectors: Vectors) -> list[Ranking]:
        """Nearest rows; questions with the same filters share one search."""
        together: defaultdict[Filters, list[int]] = defaultdict(list)
        for position, question in enumerate(questions):
            together[question.filters].append(position)
        found: dict[int, Ranking] = {}
        for filters, places in together.items():
            rows = self._columns.rows(filters)
            nearest = self._indexes.nearest(vectors[places], CANDIDATES, rows)
            found |= zip(places, nearest, strict=True)
        return [found[position] for position in range(len(questions))]

    def _answer_unless_cancelled(
        self, cancellation: Cancellation, asked: _Asked, nearest: Ranking, words: Ranking
    ) -> Answer:
        try:
            with cancellation.watched():
                check()
                answer = self._answer(asked, nearest, words)
        except Cancelled:
            return _NO_ANSWER
        self._answers.put(asked.question, answer)
        return answer

    def _answer(self, asked: _Asked, nearest: Ranking, words: Ranking) -> Answer:
        question = asked.question
        stop = question.offset + question.k
        ranked = self._reranked(asked, self._ranked(asked, nearest, words))
        answered = self._is_answered(asked, ranked)
        relevant = self._relevant(asked, ranked)
        grouped = self._grouped(relevant, question)
        whole = self._is_whole(asked, ranked)
        if not whole and (question.is_of_all or len(grouped.rows) < stop):
            relevant = self._relevant(asked, ranked.extended_by(self._deeper(asked)))
            grouped = self._grouped(relevant, question)
            whole = True
        hits = self._hits(asked, grouped.at(slice(question.offset, stop)))
        return Answer(hits, answered, self._facets(asked, relevant, whole))

    def _relevant(self, asked: _Asked, ranked: Ranked) -> Ranked:
        """The relevant hits in the order of the answer's pages."""
        question = asked.question
        if question.recency:
            ranked = with_recency(ranked, self._columns, question.recency, self._now)
        places = self._likely(asked, ranked)
        if question.sort == "date":
            places = newest_first(places, ranked.rows, self._columns)
        return ranked.at(places)

    def _likely(self, asked: _Asked, ranked: Ranked) -> Positions:
        """Positions of hits that reach `min_relevance`; reads only texts that could reach it."""
        least = asked.question.min_relevance
        if not least:
            return np.arange(len(ranked.rows))
        most = features_of(ranked, np.ones(len(ranked.rows)), asked.weight)
        likely: Positions = np.flatnonzero(self._calibration.relevance.probability(most) >= least)
        return likely[self._relevance(asked, ranked.at(likely)) >= least]

    def _relevance(self, asked: _Asked, ranked: Ranked) -> Probabilities:
        return self._calibration.relevance.probability(self._features(asked, ranked))

    def _features(self, asked: _Asked, ranked: Ranked) -> Floats:
        coverage = coverage_of(asked.terms, self.snapshot.episodes, ranked.rows)
        return features_of(ranked, coverage, asked.weight)

    def _grouped(self, shown: Ranked, question: Question) -> Ranked:
        if not question.per_podcast:
            return shown
        places = np.arange(len(shown.rows))
        return shown.at(limit_per_podcast(places, shown.rows, self._columns, question.per_podcast))

    def _facets(
        self, asked: _Asked, relevant: Ranked, whole: bool
    ) -> dict[str, list[FacetCount]] | None:
        """Facets of all hits that paging would show."""
        if not asked.question.facets:
            return None
        check()
        rows = relevant.rows if whole else self._reachable(asked)
        return self._columns.facets(rows, asked.question.facets)

    def _reachable(self, asked: _Asked) -> Rows:
        """The rows of a deeper search, unranked, to be counted."""
        nearest = self._deep(asked).rows
        words = self._indexes.lexical.search(asked.text, DEEP_CANDIDATES, asked.selection).rows
        found = {"dense": nearest, "lexical": words}
        mode = asked.question.mode
        return found[mode] if mode in found else np.union1d(nearest, words)

    def _is_answered(self, asked: _Asked, ranked: Ranked) -> bool:
        """Whether the best hit answers, wherever it is shown."""
        features = self._features(asked, ranked.at(slice(1)))
        chances = self._calibration.answerable.probability(features)
        return bool((chances > 0.5).any())

    def _is_whole(self, asked: _Asked, ranked: Ranked) -> bool:
        """Whether a deeper search would find no more.

        A hit of too little relevance says nothing of those below it: relevance may rise again.
        """
        if asked.question.mode == "lexical":
            return len(ranked.rows) < CANDIDATES
        return len(ranked.rows) == self._passing(asked)

    def _passing(self, asked: _Asked) -> int:
        return len(self._columns if asked.selection is None else asked.selection.rows)

    def _deeper(self, asked: _Asked) -> Ranked:
        """Rank deeper, for later pages; the first pages do not change by it."""
        check()
        with stage("lexical"):
            words = self._indexes.lexical.search(asked.text, DEEP_CANDIDATES, asked.selection)
        return self._ranked(asked, self._deep(asked), words)

    def _deep(self, asked: _Asked) -> Ranking:
        """The nearest rows, as many as the last page needs; of very long texts there may be fewer.

        Each row has any number of passages, so that more of them may be needed than rows.
        """
        rows = asked.selection.rows if asked.selection else None
        wanted = min(_DEEPEST_HIT, self._passing(asked))
        for depth in _DEPTHS:
            check()
            (nearest,) = self._indexes.nearest(asked.vector[None], depth, rows)
            if len(nearest.rows) >= wanted:
                break
        return nearest.at(slice(DEEP_CANDIDATES))

    def _ranked(self, asked: _Asked, nearest: Ranking, words: Ranking) -> Ranked:
        """Rank the candidates by the question's mode."""
        mode, vector = asked.question.mode, asked.vector
        if mode == "dense":
            return rank_dense(self._indexes, vector, nearest, words, self._weights)
        if mode == "lexical":
            return rank_lexical(self._indexes, vector, words)
        return fuse(self._indexes, vector, nearest, words, self._weights)

    def _reranked(self, asked: _Asked, ranked: Ranked) -> Ranked:
        """The first hits read by the reranker; once a question, however deep its page."""
        reranker = self.snapshot.reranker
        if not reranker or asked.question.mode != "hybrid":
            return ranked
        return rerank(reranker, self.snapshot.episodes, asked.text, ranked)

    def _hits(self, asked: _Asked, ranked: Ranked) -> list[Hit]:
        check()
        records = [self.snapshot.episodes.record(row) for row in ranked.rows.tolist()]
        summaries = [orjson.loads(record)["summary"] for record in records]
        coverage = coverage_of(asked.terms, self.snapshot.episodes, ranked.rows)
        features = features_of(ranked, coverage, asked.weight)
        relevance = self._calibration.relevance.probability(features).tolist()
        ranked = ranked._replace(lexical=np.where(coverage > 0, ranked.lexical, np.float32(0)))
        with stage("evidence"):
            highlighter = Highlighter(self._indexes, asked.vector, asked.terms)
            shown = list(highlighter.highlights(ranked.rows, summaries))
        columns = zip(ranked.scores.tolist(), relevance, _scores(ranked), strict=True)
        return [
            Hit(rank, *measured, highlight, record)
            for rank, (measured, highlight, record) in enumerate(
                zip(columns, shown, records, strict=True), asked.question.offset + 1
            )
        ]


def _scores(ranked: Ranked) -> Iterator[dict[str, float]]:
    """The scores of each hit by side; the reranker's only if it was asked."""
    names = ("dense", "evidence", "lexical", "reranker")
    for row in zip(*(getattr(ranked, name).tolist() for name in names), strict=True):
        yield {name: value for name, value in zip(names, row, strict=True) if not isnan(value)}
