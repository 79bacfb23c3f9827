"""Question -> hits, over one snapshot. Knows no HTTP."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import orjson

from indexer.encoder import Vectors
from indexer.episode import fold
from indexer.snapshot import Positions, Ranking, Snapshot
from service.fusion import Ranked, fuse, measure
from service.highlight import Highlight, highlight
from service.question_cache import QuestionCache

Mode = Literal["hybrid", "dense", "lexical"]

CANDIDATES = 100  # from each side; more ranked no better
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

    def __init__(self, snapshot: Snapshot, cache: QuestionCache) -> None:
        self.snapshot = snapshot
        self._cache = cache

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
        others = nearest.rows != row
        ranking = Ranking(nearest.rows[others][:k], nearest.scores[others][:k])
        return self._hits(measure(self.snapshot, vector, ranking), frozenset(), 0)

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

    def _answer(self, question: Question, text: str, vector: Vectors, dense: Ranking) -> list[Hit]:
        stop = question.offset + question.k
        page = slice(question.offset, stop)
        if question.mode == "dense":
            ranked = measure(self.snapshot, vector, _page(dense, page))
        elif question.mode == "lexical":
            ranked = measure(
                self.snapshot, vector, _page(self.snapshot.lexical.search(text, stop), page)
            )
        else:
            ranked = self._fused(text, vector, dense, stop).at(page)
        terms = frozenset(self.snapshot.lexical.terms(text))
        return self._hits(ranked, terms, question.offset)

    def _fused(self, text: str, vector: Vectors, dense: Ranking, stop: int) -> Ranked:
        """The first pages' candidates; for pages past them, all of a deeper search behind those,

        so that what a page shows does not depend on which pages were asked for.
        """
        top = _page(dense, slice(CANDIDATES))
        ranked = fuse(self.snapshot, vector, top, self.snapshot.lexical.search(text, CANDIDATES))
        if stop <= len(ranked.rows) or len(ranked.rows) == len(self.snapshot.episodes):
            return ranked
        deep_words = self.snapshot.lexical.search(text, DEEP_CANDIDATES)
        return ranked.then(fuse(self.snapshot, vector, dense, deep_words))

    def _hits(self, ranked: Ranked, terms: frozenset[str], offset: int) -> list[Hit]:
        return [
            self._hit(ranked, place, offset + place + 1, terms) for place in range(len(ranked.rows))
        ]

    def _hit(self, ranked: Ranked, place: int, rank: int, terms: frozenset[str]) -> Hit:
        record = self.snapshot.episodes.record(int(ranked.rows[place]))
        position = int(ranked.best_sentence[place])
        shown = None
        if position >= 0:
            sentence = self.snapshot.sentences.span(position)
            summary = orjson.loads(record)["summary"]
            shown = highlight(summary, sentence, terms, self.snapshot.lexical)
        scores = {
            "dense": float(ranked.dense[place]),
            "sentence": float(ranked.sentence[place]),
            "lexical": float(ranked.lexical[place]),
        }
        return Hit(rank, float(ranked.scores[place]), scores, shown, record)


def _depth(question: Question) -> int:
    return CANDIDATES if question.offset + question.k <= CANDIDATES else DEEP_CANDIDATES


def _page(ranking: Ranking, page: slice) -> Ranking:
    return Ranking(ranking.rows[page], ranking.scores[page])
