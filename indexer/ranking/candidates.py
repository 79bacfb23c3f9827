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
    """Vectors of the passages of candidates, row by row."""

    vectors: Vectors  # (passages, dimension)
    counts: Positions | None  # (rows,) passages of each; None if each has one

    @classmethod
    def of(cls, indexes: Indexes, rows: Rows) -> Self:
        positions, counts = indexes.passages.gather(rows)
        return cls(indexes.dense.rows(positions), counts if len(positions) > len(rows) else None)

    def at(self, places: Positions) -> Self:
        """Some of the candidates."""
        if self.counts is None:
            return type(self)(self.vectors[places], None)
        positions, counts = Segments.of_counts(self.counts).gather(places)
        return type(self)(self.vectors[positions], counts)

    @property
    def whole(self) -> Vectors:
        """(rows, dimension): the first passage of each row, which is its whole text."""
        return self.vectors if self.counts is None else self.vectors[_starts(self.counts)]

    def cosines(self, vector: Vectors) -> Scores:
        """(rows,): the cosine of the best passage of each row."""
        cosines: Scores = self.vectors @ vector
        if self.counts is None:
            return cosines
        starts = _starts(self.counts)
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


def _starts(counts: Positions) -> Positions:
    """(rows,): where each row begins, if each has so many of what follows row by row."""
    starts: Positions = counts.cumsum() - counts
    return starts
