"""The vectors of a question's candidates, read once and compared with the question twice."""

import numpy as np

from indexer.encoder import Vectors
from indexer.index.indexes import Indexes
from indexer.storage.segments import Positions, Rows, Scores

LATER_PASSAGE_HANDICAP = 0.05  # subtracted from the cosines of later passages, which are shorter


class CandidateTexts:
    """Vectors of the passages of candidates."""

    def __init__(self, indexes: Indexes, rows: Rows) -> None:
        positions, self._counts = indexes.passages.gather(rows)
        self._vectors = indexes.dense.rows(positions)
        self._first = np.cumsum(self._counts) - self._counts
        self._handicap = np.full(len(positions), LATER_PASSAGE_HANDICAP, np.float32)
        self._handicap[self._first] = 0

    @property
    def whole(self) -> Vectors:
        """(rows, dimension): the first passage of each row, which is its whole text."""
        whole: Vectors = self._vectors[self._first]
        return whole

    def cosines(self, vector: Vectors) -> Scores:
        """(rows,): the cosine of the best passage of each row."""
        nothing = np.zeros(len(self._counts), np.float32)
        return _best_of(self._vectors @ vector - self._handicap, self._counts, nothing)


class CandidateClauses:
    """Vectors of the clauses of candidates."""

    def __init__(self, indexes: Indexes, rows: Rows) -> None:
        positions, self._counts = indexes.evidence.segments.gather(rows)
        self._clauses = indexes.evidence.clauses(positions)

    def cosines(self, vector: Vectors, texts: Scores) -> Scores:
        """(rows,): the cosine of the best clause of each row; of its text if it has none."""
        return _best_of(self._clauses.cosines(vector), self._counts, texts)


def _best_of(values: Scores, counts: Positions, otherwise: Scores) -> Scores:
    """(rows,): the largest value of each row; `otherwise` for a row without values."""
    best = otherwise.copy()
    owning = np.flatnonzero(counts)
    if len(owning):
        starts = np.cumsum(counts[owning]) - counts[owning]
        best[owning] = np.maximum.reduceat(values, starts)
    return best
