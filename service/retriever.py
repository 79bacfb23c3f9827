"""Question -> hits, over one snapshot. Knows no HTTP."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import orjson

from indexer.encoder import Vectors
from indexer.episode import fold
from indexer.snapshot import Positions, Ranking, Snapshot
from service.fusion import CANDIDATES, Ranked, Weights, fuse, rank_dense, rank_lexical
from service.highlight import Highlight, highlight
from service.question_cache import QuestionCache

Mode = Literal["hybrid", "dense", "lexical"]

DEFAULT_WEIGHTS = Weights()
DEEP_CANDIDATES = 1200  # for pages past the first ones


@dataclass(frozen=True, slots=True)
class Question:
    text: str
    k: int
    offset: int = 0
    mode: Mode = "hybrid"


@dataclass(frozen=True, slots=True)
class Hit:
    rank: int
    score: float
    scores: dict[str, float]
    highlight: Highlight | None
    episode: bytes  # the JSON object, as stored


class Retriever:
    """Safe to share between threads."""

    def __init__(
        self, snapshot: Snapshot, cache: QuestionCache, weights: Weights = DEFAULT_WEIGHTS
    ) -> None:
        self.snapshot = snapshot
        self._cache = cache
        self._weights = weights

    def search(self, questions: Sequence[Question]) -> list[list[Hit]]:
        texts = [fold(question.text) for question in questions]
        vectors = self._vectors(texts)
        nearest = self._nearest(vectors, max(map(_depth, questions)))
        return [
            self._answer(question, text, vector, dense)
            for question, text, vector, dense in zip(
                questions, texts, vectors, nearest, strict=True
            )
        ]

    def similar(self, episode_id: str, k: int) -> list[Hit]:
        """The nearest other episodes. Raises UnknownEpisode."""
        row = self.snapshot.episodes.row_of(episode_id)
        own, _ = self.snapshot.passages.gather(np.array([row]))
        vector = self.snapshot.dense.vectors[own[0]]
        (nearest,) = self._nearest(vector[None], k + len(own))
        others = nearest.at(nearest.rows != row).at(slice(k))
        return self._hits(rank_dense(self.snapshot, vector, others, self._weights), frozenset(), 0)

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

    def _nearest(self, vectors: Vectors, depth: int) -> list[Ranking]:
        positions, scores = self.snapshot.dense.search(vectors, depth)
        return [self._by_row(*found) for found in zip(positions, scores, strict=True)]

    def _by_row(self, positions: Positions, scores: Vectors) -> Ranking:
        """A row is as near as the nearest of its passages."""
        rows = self.snapshot.passages.rows_of(positions)
        _, first = np.unique(rows, return_index=True)
        first.sort()
        return Ranking(rows[first], scores[first])

    def _answer(
        self, question: Question, text: str, vector: Vectors, nearest: Ranking
    ) -> list[Hit]:
        stop = question.offset + question.k
        ranked = self._ranked(question.mode, text, vector, nearest.at(slice(CANDIDATES)))
        if stop > len(ranked.rows) and _is_deep(question):
            ranked = ranked.then(self._ranked(question.mode, text, vector, nearest))
        terms = frozenset(self.snapshot.lexical.terms(text))
        return self._hits(ranked.at(slice(question.offset, stop)), terms, question.offset)

    def _ranked(self, mode: Mode, text: str, vector: Vectors, nearest: Ranking) -> Ranked:
        """Both sides to the same depth."""
        if mode == "dense":
            return rank_dense(self.snapshot, vector, nearest, self._weights)
        depth = max(CANDIDATES, len(nearest.rows))
        words = self.snapshot.lexical.search(text, depth)
        if mode == "lexical":
            return rank_lexical(self.snapshot, vector, words)
        return fuse(self.snapshot, vector, nearest, words, self._weights)

    def _hits(self, ranked: Ranked, terms: frozenset[str], offset: int) -> list[Hit]:
        return [
            self._hit(ranked, place, offset + place + 1, terms) for place in range(len(ranked.rows))
        ]

    def _hit(self, ranked: Ranked, place: int, rank: int, terms: frozenset[str]) -> Hit:
        record = self.snapshot.episodes.record(int(ranked.rows[place]))
        position = int(ranked.best_clause[place])
        shown = None
        if position >= 0:
            sentence = self.snapshot.evidence.sentence(position)
            summary = orjson.loads(record)["summary"]
            shown = highlight(summary, sentence, terms, self.snapshot.lexical)
        scores = {
            "dense": float(ranked.dense[place]),
            "evidence": float(ranked.evidence[place]),
            "lexical": float(ranked.lexical[place]),
        }
        return Hit(rank, float(ranked.scores[place]), scores, shown, record)


def _is_deep(question: Question) -> bool:
    return question.offset + question.k > CANDIDATES


def _depth(question: Question) -> int:
    """What a page shows does not depend on which pages were asked for before: the first pages

    rank the same candidates, and pages past them come from one deeper search behind those.
    """
    return DEEP_CANDIDATES if _is_deep(question) else CANDIDATES
