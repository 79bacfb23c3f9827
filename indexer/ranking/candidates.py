"""The vectors of a question's candidates, read once and compared with the question twice."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from indexer.encoder import Vectors
from indexer.index.clause_index import ClauseVectors
from indexer.index.indexes import Indexes
from indexer.storage.segments import Positions, Rows, Scores, Segments, best_of

LATER_PASSAGE_HANDICAP = np.float32(0.05)  # of the cosines of later passages, which are shorter


@dataclass(frozen=True)
class CandidateTexts:
    """Vectors of the passages of candidates."""

    vectors: Vectors  # (passages, dimension)
    passages: Segments  # of each candidate, in `vectors`

    @classmethod
    def of(cls, indexes: Indexes, rows: Rows) -> Self:
        positions, counts = indexes.passages.gather(rows)
        return cls(indexes.dense.rows(positions), Segments.of_counts(counts))

    def at(self, places: Positions) -> Self:
        """Some of the candidates."""
        positions, counts = self.passages.gather(places)
        return type(self)(self.vectors[positions], Segments.of_counts(counts))

    @property
    def whole(self) -> Vectors:
        """(rows, dimension): the first passage of each row, which is its whole text."""
        if len(self.passages) == len(self.vectors):
            return self.vectors
        whole: Vectors = self.vectors[self.passages.starts[:-1]]
        return whole

    def cosines(self, vector: Vectors) -> Scores:
        """(rows,): the cosine of the best passage of each row."""
        cosines: Scores = self.vectors @ vector
        if len(self.passages) == len(cosines):
            return cosines
        starts = self.passages.starts[:-1]
        whole = cosines[starts]
        cosines -= LATER_PASSAGE_HANDICAP
        cosines[starts] = whole
        return np.maximum.reduceat(cosines, starts)


@dataclass(frozen=True)
class CandidateClauses:
    """Vectors of the clauses of candidates."""

    clauses: ClauseVectors
    counts: Positions  # (rows,) clauses of each row

    @classmethod
    def of(cls, indexes: Indexes, rows: Rows) -> Self:
        positions, counts = indexes.evidence.segments.gather(rows)
        return cls(indexes.evidence.clauses(positions), counts)

    def cosines(self, vector: Vectors, texts: Scores) -> Scores:
        """(rows,): the cosine of the best clause of each row; of its text if it has none."""
        return best_of(self.clauses.cosines(vector), self.counts, texts)
