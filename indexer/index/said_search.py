"""Finds passages of transcripts, by vector and by word.

Both indexes are coarse: a passage takes 24 bytes for its vector, and about a byte for each of its
words. What is found is compared by the finer codes of `said_index`.
"""

from dataclasses import dataclass, replace
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
        if among is None:
            return self._near(vector, depth)
        if len(among) <= _FEW_ROWS:
            own, _ = self.said.segments.gather(among)
            return self._near(vector, depth, own)
        found = self._near(vector, _DEEPER * depth)
        kept: Positions = found[self._are_of(among, found)][:depth]
        return kept

    def _near(self, vector: Vectors, depth: int, own: Positions | None = None) -> Positions:
        """By the coarse codes if all are searched, since finer ones compare what is found."""
        effort = self.near.effort
        if effort is None or own is not None:
            positions: Positions = self.near.search(vector[None], depth, own)[0][0]
            return positions
        found = self.near.candidates(vector[None], replace(effort, candidates=depth))[0]
        coarse: Positions = found[found >= 0]
        return coarse

    def saying(self, question: QuestionTerms, depth: int, among: Rows | None = None) -> Ranking:
        """The passages that say a question's words, best first, by BM25 among all passages."""
        terms = self.words.weighed(question.counts)
        if among is None:
            return self.words.search(terms, depth)
        found = self.words.search(terms, _DEEPER * depth)
        return found.at(self._are_of(among, found.rows))

    def _are_of(self, rows: Rows, passages: Positions) -> NDArray[np.bool_]:
        return are_in(self.said.segments.rows_of(passages), rows)
