"""Question -> hits, over one snapshot. Knows no HTTP."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isnan
from typing import Literal, NamedTuple

import numpy as np
import orjson
from numpy.typing import NDArray

from indexer.calibration import features_of
from indexer.encoder import Vectors
from indexer.encoder.reranker import Reranker
from indexer.episode import embedding_text, fold
from indexer.filters import NO_FILTERS, Filters, seconds_of
from indexer.fusion import CANDIDATES, Ranked, Weights, fuse, rank_dense, rank_lexical
from indexer.snapshot import FacetCount, Positions, Ranking, Rows, Selection, Snapshot
from service.arrangement import Sort, aged, by_date, spread
from service.highlight import Highlight, Highlighter
from service.question_cache import QuestionCache, Recent
from service.question_encoder import QuestionEncoder
from service.similar import Similar
from service.stages import stage

Mode = Literal["hybrid", "dense", "lexical"]

Probabilities = NDArray[np.float64]

DEFAULT_WEIGHTS = Weights()
RERANKED = 20  # a cross-encoder reads every one of them anew
DEEP_CANDIDATES = 1200  # passages, so that a page past the first ones is as full
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
        """Whether no hit can be told without having ranked all."""
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


class _Shown(NamedTuple):
    ranked: Ranked
    relevance: Probabilities

    def at(self, places: slice | Positions) -> "_Shown":
        return _Shown(self.ranked.at(places), self.relevance[places])


class Retriever:
    """Safe to share between threads."""

    def __init__(
        self,
        snapshot: Snapshot,
        cache: QuestionCache,
        weights: Weights = DEFAULT_WEIGHTS,
        cached_answers: int = 0,
    ) -> None:
        self.snapshot = snapshot
        self._indexes = snapshot.indexes
        self._columns = snapshot.columns
        self._encode = QuestionEncoder(snapshot.encoder, snapshot.manifest.encoder, cache)
        self._weights = weights
        self._now = min(snapshot.columns.latest, seconds_of(snapshot.manifest.built_at))
        self.similar = Similar(snapshot, self._encode)
        self._answers: Recent[Question, Answer] = Recent(cached_answers)

    def remembered(self, question: Question) -> Answer | None:
        """The answer to a question that this snapshot was asked lately."""
        return self._answers.get(question)

    def search(self, questions: Sequence[Question]) -> list[Answer]:
        texts = [fold(question.text) for question in questions]
        with stage("encode"):
            vectors = self._encode(texts)
        with stage("dense"):
            nearest = self._nearest(questions, vectors)
        answers = [
            self._answer(*asked) for asked in zip(questions, texts, vectors, nearest, strict=True)
        ]
        for question, answer in zip(questions, answers, strict=True):
            self._answers.put(question, answer)
        return answers

    def _nearest(self, questions: Sequence[Question], vectors: Vectors) -> list[Ranking]:
        """In one search for all that are asked of the same rows."""
        together: defaultdict[Filters, list[int]] = defaultdict(list)
        for place, question in enumerate(questions):
            together[question.filters].append(place)
        found: dict[int, Ranking] = {}
        for filters, places in together.items():
            rows = self._columns.rows(filters)
            nearest = self._indexes.nearest(vectors[places], CANDIDATES, rows)
            found |= zip(places, nearest, strict=True)
        return [found[place] for place in range(len(questions))]

    def _answer(self, question: Question, text: str, vector: Vectors, nearest: Ranking) -> Answer:
        selection = self._columns.select(question.filters)
        stop = question.offset + question.k
        ranked = self._ranked(question.mode, text, vector, nearest, CANDIDATES, selection)
        answered = self._is_answered(ranked, text)
        relevant = self._relevant(ranked, question, text)
        grouped = self._grouped(relevant, question)
        # What is found deeper ranks below a hit that was left out already.
        left_out = len(relevant.ranked.rows) < len(ranked.rows)
        whole = left_out or self._is_all(ranked, question.mode, selection)
        if not whole and (question.is_of_all or len(grouped.ranked.rows) < stop):
            ranked = ranked.then(self._deeper(question.mode, text, vector, selection))
            relevant = self._relevant(ranked, question, text)
            grouped = self._grouped(relevant, question)
            whole = True
        facets = None
        if question.facets:
            rows = relevant.ranked.rows
            rows = rows if whole else self._reachable(question.mode, text, vector, selection)
            facets = self._columns.facets(rows, question.facets)
        page = grouped.at(slice(question.offset, stop))
        highlighter = Highlighter(self._indexes, vector, self._indexes.lexical.shares(text))
        hits = self._hits(page.ranked, page.relevance, highlighter, question.offset)
        return Answer(hits, answered, facets)

    def _relevant(self, ranked: Ranked, question: Question, text: str) -> "_Shown":
        """In the order of the answer's pages."""
        if question.recency:
            ranked = aged(ranked, self._columns, question.recency, self._now)
        relevance = self._relevance(ranked, text)
        places: Positions = np.flatnonzero(relevance >= question.min_relevance)
        if question.sort == "date":
            places = by_date(places, ranked.rows, self._columns)
        return _Shown(ranked, relevance).at(places)

    def _grouped(self, shown: "_Shown", question: Question) -> "_Shown":
        if not question.per_podcast:
            return shown
        rows = shown.ranked.rows
        return shown.at(spread(np.arange(len(rows)), rows, self._columns, question.per_podcast))

    def _reachable(
        self, mode: Mode, text: str, vector: Vectors, selection: Selection | None
    ) -> Rows:
        """The rows of a deeper search, which need no ranking to be counted."""
        nearest = self._deep(vector, selection).rows
        words = self._indexes.lexical.search(text, DEEP_CANDIDATES, selection).rows
        found = {"dense": nearest, "lexical": words}
        return found[mode] if mode in found else np.union1d(nearest, words)

    def _is_answered(self, ranked: Ranked, text: str) -> bool:
        """By the likeliest hit, wherever it is shown."""
        features = features_of(ranked.at(slice(1)), self._indexes.lexical.weight(text))
        chances = self.snapshot.calibration.answerable.probability(features.answerable)
        return bool((chances > 0.5).any())

    def _is_all(self, ranked: Ranked, mode: Mode, selection: Selection | None) -> bool:
        """Whether a deeper search would find no more."""
        if mode == "lexical":
            return len(ranked.rows) < CANDIDATES
        return len(ranked.rows) == len(self._columns if selection is None else selection.rows)

    def _deeper(
        self, mode: Mode, text: str, vector: Vectors, selection: Selection | None
    ) -> Ranked:
        """For pages past the first ones, which stay what they are whoever asks for more."""
        nearest = self._deep(vector, selection)
        return self._ranked(mode, text, vector, nearest, DEEP_CANDIDATES, selection)

    def _deep(self, vector: Vectors, selection: Selection | None) -> Ranking:
        """Enough rows for the last page, however many passages each of them has."""
        rows = selection.rows if selection else None
        wanted = min(_DEEPEST_HIT, len(self._columns if rows is None else rows))
        depth = DEEP_CANDIDATES
        (nearest,) = self._indexes.nearest(vector[None], depth, rows)
        while len(nearest.rows) < wanted:
            depth *= 4
            (nearest,) = self._indexes.nearest(vector[None], depth, rows)
        return nearest.at(slice(DEEP_CANDIDATES))

    def _ranked(
        self,
        mode: Mode,
        text: str,
        vector: Vectors,
        nearest: Ranking,
        depth: int,
        selection: Selection | None,
    ) -> Ranked:
        """`nearest` and what is found by word, both to one depth."""
        with stage("lexical"):
            words = self._indexes.lexical.search(text, depth, selection)
        if mode == "dense":
            return rank_dense(self._indexes, vector, nearest, words, self._weights)
        if mode == "lexical":
            return rank_lexical(self._indexes, vector, words)
        fused = fuse(self._indexes, vector, nearest, words, self._weights)
        reranker = self.snapshot.reranker
        return self._reranked(reranker, text, fused) if reranker else fused

    def _reranked(self, reranker: Reranker, text: str, ranked: Ranked) -> Ranked:
        rows = ranked.rows[:RERANKED].tolist()
        texts = [embedding_text(self.snapshot.episodes.episode(row)) for row in rows]
        return ranked.reranked(reranker.relevance(text, texts))

    def _relevance(self, ranked: Ranked, text: str) -> Probabilities:
        features = features_of(ranked, self._indexes.lexical.weight(text))
        return self.snapshot.calibration.relevance.probability(features.relevance)

    def _hits(
        self, ranked: Ranked, relevance: Probabilities, highlighter: Highlighter, offset: int
    ) -> list[Hit]:
        records = [self.snapshot.episodes.record(row) for row in ranked.rows.tolist()]
        summaries = [orjson.loads(record)["summary"] for record in records]
        with stage("evidence"):
            shown = list(highlighter.highlights(ranked.rows, summaries))
        columns = zip(ranked.scores.tolist(), relevance.tolist(), _scores(ranked), strict=True)
        return [
            Hit(rank, *measured, highlight, record)
            for rank, (measured, highlight, record) in enumerate(
                zip(columns, shown, records, strict=True), offset + 1
            )
        ]


def _scores(ranked: Ranked) -> Iterator[dict[str, float]]:
    """What each side measured; of the reranker only where it was asked."""
    names = ("dense", "evidence", "lexical", "reranker")
    for row in zip(*(getattr(ranked, name).tolist() for name in names), strict=True):
        yield {name: value for name, value in zip(names, row, strict=True) if not isnan(value)}
