"""Finds passages of transcripts, by vector and by word.

Both indexes are coarse: a passage takes 24 bytes for its vector, the best of which are compared by
the finer codes of `said_index`, and about a byte for each of its words.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexer.encoder import Vectors
from indexer.index.said_index import SaidIndex
from indexer.index.vectors.vector_index import VectorIndex
from indexer.index.words.lexical_index import LexicalIndex, Ranking
from indexer.index.words.question_terms import QuestionTerms
from indexer.storage.segments import Positions, Rows, are_in

_FEW_ROWS = 1_000  # a smaller selection is searched alone; of a larger one, the best of all rows
_DEEPER = 10


@dataclass(frozen=True)
class SaidSearchFiles:
    words: Path  # a directory
    codes: Path  # a FAISS index; absent if search is exact


@dataclass(frozen=True)
class SaidSearch:
    said: SaidIndex
    near: VectorIndex
    words: LexicalIndex

    def nearest(self, vector: Vectors, depth: int, among: Rows | None = None) -> Positions:
        """The passages nearest to a vector, in no order; of the rows `among`, ascending."""
        few = among is not None and len(among) <= _FEW_ROWS
        own = self.said.segments.gather(among)[0] if among is not None and few else None
        deep = depth if among is None or few else _DEEPER * depth
        [found], _ = self.near.search(vector[None], deep, own)
        positions: Positions = found
        if among is not None and not few:
            positions = positions[self._are_of(among, positions)][:depth]
        return positions

    def saying(self, question: QuestionTerms, depth: int, among: Rows | None = None) -> Ranking:
        """The passages that say a question's words, best first, by BM25 among all passages."""
        terms = self.words.weighed(question.counts)
        if among is None:
            return self.words.search(terms, depth)
        found = self.words.search(terms, _DEEPER * depth)
        return found.at(self._are_of(among, found.rows))

    def _are_of(self, rows: Rows, passages: Positions) -> NDArray[np.bool_]:
        return are_in(self.said.segments.rows_of(passages), rows)
