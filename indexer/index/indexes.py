"""The indexes of a snapshot: vectors, words and clauses."""

from dataclasses import dataclass

import numpy as np

from indexer.encoder import Vectors
from indexer.index.clause_index import ClauseIndex
from indexer.index.columns.filters import NO_FILTERS, Selection
from indexer.index.said_index import SaidIndex
from indexer.index.said_search import SaidSearch
from indexer.index.vectors.dense_index import DenseIndex
from indexer.index.words.forward_index import ForwardIndex
from indexer.index.words.lexical_index import LexicalIndex, Ranking
from indexer.storage.segments import Positions, Segments


@dataclass(frozen=True)
class Indexes:
    dense: DenseIndex  # of passages
    passages: Segments  # the passages of each row
    evidence: ClauseIndex
    lexical: LexicalIndex
    words: ForwardIndex
    said: SaidIndex | None = None  # if an episode has a transcript
    said_search: SaidSearch | None = None  # if what is said also finds episodes

    def nearest(
        self, vectors: Vectors, depth: int, among: Selection | None = None
    ) -> list[Ranking]:
        """For each of (n, dimension), the rows that own the `depth` nearest passages.

        `among` restricts the rows that are searched: to all that pass its filters, or some of them.
        """
        passages = None if among is None else self.passages.gather(among.rows)[0]
        filters = among.filters if among else NO_FILTERS
        positions, scores = self.dense.search(vectors, depth, passages, filters)
        return [self._by_row(*found) for found in zip(positions, scores, strict=True)]

    def _by_row(self, positions: Positions, scores: Vectors) -> Ranking:
        """The rows of these passages; the score of a row is that of its nearest passage."""
        if len(self.passages) == len(self.dense):  # each row has one
            return Ranking(positions, scores)
        rows = self.passages.rows_of(positions)
        _, first = np.unique(rows, return_index=True)
        first.sort()
        return Ranking(rows[first], scores[first])
