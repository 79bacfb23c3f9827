"""The vectors of a snapshot that are in an engine, read as if they were in its files."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexer.encoder import Vectors
from indexer.errors import EngineUnavailable
from indexer.index.columns.filters import NO_FILTERS, Filters
from indexer.index.engine.engine import MOST_HITS, Generation, Ids
from indexer.index.engine.entity_ids import Entities
from indexer.index.engine.wire import clauses_a_pack, unpacked
from indexer.index.vectors.vector_file import best_first
from indexer.storage.segments import Positions, Scores, Segments, are_in

_MOST_COMPARED = 500  # passages of a selection that are read and compared here, which is exact
_DEEPER = 4  # factor of a further search, if too few of the found passages are selected


@dataclass(frozen=True)
class EngineVectors:
    """A DenseIndex."""

    generation: Generation
    entities: Entities
    passages: Segments
    effort: int

    def __len__(self) -> int:
        return len(self.entities)

    def rows(self, positions: Positions) -> Vectors:
        rows = self.passages.rows_of(positions)
        return self.generation.vectors(
            self.entities.of(rows, positions - self.passages.starts[rows])
        )

    def search(
        self,
        vectors: Vectors,
        k: int,
        among: Positions | None = None,
        passing: Filters = NO_FILTERS,
    ) -> tuple[Iterable[Positions], Iterable[Scores]]:
        """As DenseIndex; it finds no more than 16,384 passages."""
        k = min(k, len(self) if among is None else len(among), MOST_HITS)
        if not k or not len(vectors):
            return np.empty((len(vectors), k), np.int64), np.empty((len(vectors), k), np.float32)
        if among is not None and len(among) <= _MOST_COMPARED:
            return self._compared(vectors, k, among)
        depth = k
        while True:
            found = self.generation.search(vectors, depth, passing, self.effort)
            chosen = [self._chosen(*each, among) for each in found]
            pairs = zip(found, chosen, strict=True)
            if depth >= MOST_HITS or all(
                len(at) >= k or len(ids) < depth for (ids, _), (at, _) in pairs
            ):
                return [at[:k] for at, _ in chosen], [scores[:k] for _, scores in chosen]
            depth = min(_DEEPER * depth, MOST_HITS)

    def _compared(
        self, vectors: Vectors, k: int, among: Positions
    ) -> tuple[Iterable[Positions], Iterable[Scores]]:
        scores = vectors @ self.rows(among).T
        return best_first(np.tile(among, (len(vectors), 1)), scores, k)

    def _chosen(
        self, ids: Ids, scores: Scores, among: Positions | None
    ) -> tuple[Positions, Scores]:
        """The found passages that are to be searched."""
        positions, known = self.entities.positions_of(ids)
        if not known.all():
            raise EngineUnavailable(
                f"{self.generation.name} is written again; the snapshot after it is being opened."
            )
        if among is None:
            return positions, scores
        chosen = are_in(positions, among)
        return positions[chosen], scores[chosen]


@dataclass(frozen=True)
class EngineCodes:
    """ClauseCodes."""

    generation: Generation
    entities: Entities
    clauses: Segments  # of each row
    dimension: int

    def coded(self, positions: Positions) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
        if not len(positions):
            return np.empty((0, self.dimension), np.int8), np.empty(0, np.float32)
        a_pack = clauses_a_pack(self.dimension)
        rows = self.clauses.rows_of(positions)
        places = positions - self.clauses.starts[rows]
        ids, of = np.unique(self.entities.of(rows, places // a_pack), return_inverse=True)
        packs = [unpacked(text, self.dimension) for text in self.generation.clauses(ids)]
        starts = np.cumsum([0, *(len(scales) for _, scales in packs)])
        at = starts[of] + places % a_pack
        codes, scales = map(np.concatenate, zip(*packs, strict=True))
        return codes[at], scales[at]
