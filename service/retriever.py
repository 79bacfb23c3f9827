"""Question -> hits, over one snapshot. Knows no HTTP."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from indexer.encoder import Vectors
from indexer.episode import fold
from indexer.snapshot import Snapshot
from service.question_cache import QuestionCache


@dataclass(frozen=True, slots=True)
class Question:
    text: str
    k: int
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Hit:
    rank: int
    score: float
    episode: bytes  # the JSON object, as stored


class Retriever:
    """Safe to share between threads."""

    def __init__(self, snapshot: Snapshot, cache: QuestionCache) -> None:
        self.snapshot = snapshot
        self._cache = cache

    def search(self, questions: Sequence[Question]) -> list[list[Hit]]:
        vectors = self._vectors([fold(question.text) for question in questions])
        deepest = max(question.offset + question.k for question in questions)
        rows, scores = self.snapshot.dense.search(vectors, deepest)
        return [
            self._hits(*found, question.k, question.offset)
            for found, question in zip(zip(rows, scores, strict=True), questions, strict=True)
        ]

    def similar(self, episode_id: str, k: int) -> list[Hit]:
        """The nearest other episodes. Raises UnknownEpisode."""
        row = self.snapshot.episodes.row_of(episode_id)
        vector = self.snapshot.dense.vectors[row : row + 1]
        rows, scores = self.snapshot.dense.search(vector, k + 1)
        others = rows[0] != row
        return self._hits(rows[0][others], scores[0][others], k)

    def _vectors(self, texts: list[str]) -> Vectors:
        fingerprint = self.snapshot.manifest.encoder.fingerprint
        found = {text: self._cache.get((fingerprint, text)) for text in texts}
        unknown = [text for text, vector in found.items() if vector is None]
        if unknown:
            for text, vector in zip(
                unknown, self.snapshot.encoder.encode_queries(unknown), strict=True
            ):
                found[text] = vector
                self._cache.put((fingerprint, text), vector)
        return np.stack([vector for text in texts if (vector := found[text]) is not None])

    def _hits(
        self, rows: Sequence[int], scores: Sequence[float], k: int, offset: int = 0
    ) -> list[Hit]:
        chosen = slice(offset, offset + k)
        ranked = enumerate(zip(rows[chosen], scores[chosen], strict=True), offset + 1)
        return [
            Hit(rank, float(score), self.snapshot.episodes.record(int(row)))
            for rank, (row, score) in ranked
        ]
