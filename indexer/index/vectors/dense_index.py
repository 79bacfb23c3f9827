"""What finds the vectors nearest to a question: FAISS in this process, or another engine."""

from collections.abc import Iterable
from typing import Protocol

from indexer.encoder import Vectors
from indexer.index.columns.filters import NO_FILTERS, Filters
from indexer.storage.segments import Positions, Scores


class DenseIndex(Protocol):
    """The vectors of the passages of one snapshot; safe to share between threads."""

    def __len__(self) -> int: ...

    def rows(self, positions: Positions) -> Vectors:
        """(n, dimension) float32."""
        ...

    def search(
        self,
        vectors: Vectors,
        k: int,
        among: Positions | None = None,
        passing: Filters = NO_FILTERS,
    ) -> tuple[Iterable[Positions], Iterable[Scores]]:
        """For each of (n, dimension), positions and scores of up to `k` vectors, best first.

        `among`, in ascending order, has the positions to search; without it, all are searched. All
        of these pass the filters `passing`, by which an engine may select them itself.
        """
        ...
