"""The indexes of one snapshot together: vectors, words and clauses."""

from dataclasses import dataclass

import numpy as np

from indexer.encoder import Vectors
from indexer.index.clause_index import ClauseIndex
from indexer.index.vectors.vector_index import VectorIndex
from indexer.index.words.lexical_index import LexicalIndex, Ranking
from indexer.storage.segments import Positions, Rows, Segments


@dataclass(frozen=True)
class Indexes:
    dense: VectorIndex  # of passages
    passages: Segments  # whose they are
    evidence: ClauseIndex
    lexical: LexicalIndex

    def nearest(self, vectors: Vectors, depth: int, among: Rows | None = None) -> list[Ranking]:
        """The rows whose passages are among the `depth` nearest, for each of (n, dimension).

        Of all rows, or of those in `among`, which ascend.
        """
        passages = None if among is None else self.passages.gather(among)[0]
        positions, scores = self.dense.search(vectors, depth, passages)
        return [self._by_row(*found) for found in zip(positions, scores, strict=True)]

    def _by_row(self, positions: Positions, scores: Vectors) -> Ranking:
        """A row is as near as the nearest of its passages."""
        rows = self.passages.rows_of(positions)
        _, first = np.unique(rows, return_index=True)
        first.sort()
        return Ranking(rows[first], scores[first])
