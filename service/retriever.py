"""Question -> hits, over one snapshot. Knows no HTTP."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import orjson
from numpy.typing import NDArray

from indexer.calibration import features_of
from indexer.encoder import Vectors
from indexer.episode import embedding_text, fold
from indexer.fusion import CANDIDATES, Ranked, Weights, fuse, rank_dense, rank_lexical
from indexer.snapshot import Ranking, Snapshot
from service.highlight import Highlight, Highlighter
from service.question_cache import QuestionCache

Mode = Literal["hybrid", "dense", "lexical"]

Probabilities = NDArray[np.float64]

DEFAULT_WEIGHTS = Weights()
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
        self, snapshot: Snapshot, cache: QuestionCache, weights: Weights = DEFAULT_WEIGHTS
    ) -> None:
        self.snapshot = snapshot
        self._indexes = snapshot.indexes
        self._cache = cache
        self._weights = weights

    def search(self, questions: Sequence[Question]) -> list[Answer]:
        texts = [fold(question.text) for question in questions]
        vectors = self._vectors(texts)
        nearest = self._indexes.nearest(vectors, CANDIDATES)
        return [
            self._answer(question, text, vector, dense)
            for question, text, vector, dense in zip(
                questions, texts, vectors, nearest, strict=True
            )
        ]

    def similar(self, episode_id: str, k: int) -> list[Hit]:
        """The nearest other episodes. Raises UnknownEpisode."""
        row = self.snapshot.episodes.row_of(episode_id)
        text = embedding_text(self.snapshot.episodes.episode(row))
        vector = self._indexes.dense.vectors[self._indexes.passages.starts[row]]
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
        return fuse(self._indexes, vector, nearest, words, self._weights)

    def _relevance(self, ranked: Ranked, text: str) -> Probabilities:
        features = features_of(ranked, self._indexes.lexical.weight(text))
        return self.snapshot.calibration.relevance.probability(features.relevance)

    def _hits(
        self, ranked: Ranked, relevance: Probabilities, highlighter: Highlighter, offset: int
    ) -> list[Hit]:
        return [
            self._hit(ranked, place, float(probability), highlighter, offset + place + 1)
            for place, probability in enumerate(relevance)
        ]

    def _hit(
        self, ranked: Ranked, place: int, relevance: float, highlighter: Highlighter, rank: int
    ) -> Hit:
        row = int(ranked.rows[place])
        record = self.snapshot.episodes.record(row)
        scores = {
            "dense": float(ranked.dense[place]),
            "evidence": float(ranked.evidence[place]),
            "lexical": float(ranked.lexical[place]),
        }
        shown = highlighter.best(row, orjson.loads(record)["summary"])
        return Hit(rank, float(ranked.scores[place]), relevance, scores, shown, record)
