"""Question -> hits, over one snapshot. Knows no HTTP."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isnan
from typing import Literal

import numpy as np
import orjson
from numpy.typing import NDArray

from indexer.calibration import features_of
from indexer.encoder import Vectors
from indexer.encoder.reranker import Reranker
from indexer.episode import embedding_text, fold
from indexer.fusion import CANDIDATES, Ranked, Weights, fuse, rank_dense, rank_lexical
from indexer.snapshot import Ranking, Snapshot
from service.highlight import Highlight, Highlighter
from service.question_cache import QuestionCache, Recent

Mode = Literal["hybrid", "dense", "lexical"]

Probabilities = NDArray[np.float64]

DEFAULT_WEIGHTS = Weights()
RERANKED = 20  # a cross-encoder reads every one of them anew
DEEP_CANDIDATES = 1200  # passages, so that a page past the first ones is as full


@dataclass(frozen=True, slots=True)
class Question:
    text: str
    k: int
    offset: int = 0
    mode: Mode = "hybrid"
    min_relevance: float = 0.0


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
        self._cache = cache
        self._weights = weights
        self._answers: Recent[Question, Answer] = Recent(cached_answers)

    def remembered(self, question: Question) -> Answer | None:
        """The answer to a question that this snapshot was asked lately."""
        return self._answers.get(question)

    def search(self, questions: Sequence[Question]) -> list[Answer]:
        texts = [fold(question.text) for question in questions]
        vectors = self._vectors(texts)
        nearest = self._indexes.nearest(vectors, CANDIDATES)
        answers = [
            self._answer(*asked) for asked in zip(questions, texts, vectors, nearest, strict=True)
        ]
        for question, answer in zip(questions, answers, strict=True):
            self._answers.put(question, answer)
        return answers

    def similar(self, episode_id: str, k: int) -> list[Hit]:
        """The nearest other episodes. Raises UnknownEpisode."""
        row = self.snapshot.episodes.row_of(episode_id)
        text = embedding_text(self.snapshot.episodes.episode(row))
        (vector,) = self._indexes.dense.rows(self._indexes.passages.starts[[row]])
        (nearest,) = self._indexes.nearest(vector[None], DEEP_CANDIDATES)
        others = nearest.at(nearest.rows != row).at(slice(k))
        words = self._indexes.lexical.search(text, CANDIDATES)
        ranked = rank_dense(self._indexes, vector, others, words, self._weights)
        highlighter = Highlighter(self._indexes, vector, {})
        return self._hits(ranked, self._relevance(ranked, text), highlighter, 0)

    def _vectors(self, texts: list[str]) -> Vectors:
        fingerprint = self.snapshot.manifest.encoder.fingerprint
        found = {text: self._cache.get((fingerprint, text)) for text in texts}
        unknown = [text for text, vector in found.items() if vector is None]
        if unknown:
            vectors = self.snapshot.encoder.encode_queries(unknown)
            for text, vector in zip(unknown, vectors, strict=True):
                found[text] = vector
                self._cache.put((fingerprint, text), vector)
        return np.stack([vector for text in texts if (vector := found[text]) is not None])

    def _answer(self, question: Question, text: str, vector: Vectors, nearest: Ranking) -> Answer:
        stop = question.offset + question.k
        ranked = self._ranked(question.mode, text, vector, nearest, CANDIDATES)
        if stop > len(ranked.rows) and not self._is_all(ranked, question.mode):
            ranked = ranked.then(self._deeper(question.mode, text, vector))
        features = features_of(ranked, self._indexes.lexical.weight(text))
        calibration = self.snapshot.calibration
        answered = bool((calibration.answerable.probability(features.answerable[:1]) > 0.5).any())
        relevance = calibration.relevance.probability(features.relevance)
        relevant = np.flatnonzero(relevance >= question.min_relevance)[question.offset : stop]
        highlighter = Highlighter(self._indexes, vector, self._indexes.lexical.shares(text))
        hits = self._hits(ranked.at(relevant), relevance[relevant], highlighter, question.offset)
        return Answer(hits, answered)

    def _is_all(self, ranked: Ranked, mode: Mode) -> bool:
        """Whether a deeper search would find no more."""
        found = len(ranked.rows) if mode == "lexical" else len(self._indexes.dense)
        return found < CANDIDATES

    def _deeper(self, mode: Mode, text: str, vector: Vectors) -> Ranked:
        """For pages past the first ones, which stay what they are whoever asks for more."""
        (nearest,) = self._indexes.nearest(vector[None], DEEP_CANDIDATES)
        return self._ranked(mode, text, vector, nearest, DEEP_CANDIDATES)

    def _ranked(
        self, mode: Mode, text: str, vector: Vectors, nearest: Ranking, depth: int
    ) -> Ranked:
        """`nearest` and what is found by word, both to one depth."""
        words = self._indexes.lexical.search(text, depth)
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
        shown = highlighter.highlights(ranked.rows, summaries)
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
