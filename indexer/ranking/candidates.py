"""The vectors of a question's candidates, read once and compared with two vectors."""

import numpy as np

from indexer.encoder import Vectors
from indexer.index.indexes import Indexes
from indexer.storage.segments import Positions, Rows, Scores

LATER_PASSAGE_HANDICAP = 0.05  # of a stretch of a long text: short texts have higher cosines


class CandidateTexts:
    """Their passages."""

    def __init__(self, indexes: Indexes, rows: Rows) -> None:
        positions, self._counts = indexes.passages.gather(rows)
        self._vectors = indexes.dense.rows(positions)
        self._first = np.cumsum(self._counts) - self._counts
        self._handicap = np.full(len(positions), LATER_PASSAGE_HANDICAP, np.float32)
        self._handicap[self._first] = 0

    @property
    def whole(self) -> Vectors:
        """Each row's first passage, which is its whole text."""
        whole: Vectors = self._vectors[self._first]
        return whole

    def cosines(self, vector: Vectors) -> Scores:
        """Of each row's best passage."""
        nothing = np.zeros(len(self._counts), np.float32)
        return _best_of(self._vectors @ vector - self._handicap, self._counts, nothing)


class CandidateClauses:
    """Their clauses."""

    def __init__(self, indexes: Indexes, rows: Rows) -> None:
        positions, self._counts = indexes.evidence.segments.gather(rows)
        self._clauses = indexes.evidence.clauses(positions)

    def cosines(self, vector: Vectors, texts: Scores) -> Scores:
        """Of each row's best clause; of its text where it has none."""
        return _best_of(self._clauses.cosines(vector), self._counts, texts)


def _best_of(values: Scores, counts: Positions, otherwise: Scores) -> Scores:
    """The largest value of each row; `otherwise` for a row that owns none."""
    best = otherwise.copy()
    owning = np.flatnonzero(counts)
    if len(owning):
        starts = np.cumsum(counts[owning]) - counts[owning]
        best[owning] = np.maximum.reduceat(values, starts)
    return best
