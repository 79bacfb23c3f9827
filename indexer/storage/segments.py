"""Segments of an array: each row owns consecutive positions in it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Positions = NDArray[np.int64]
Rows = NDArray[np.int64]
Scores = NDArray[np.float32]


def are_in(rows: Rows, others: Rows) -> NDArray[np.bool_]:
    """(rows,): whether each of `rows` is among `others`, which are in ascending order."""
    if not len(others):
        return np.zeros(len(rows), np.bool_)
    found: NDArray[np.bool_] = others.take(np.searchsorted(others, rows), mode="clip") == rows
    return found


@dataclass(frozen=True, slots=True)
class Segments:
    """Row r owns the positions from starts[r] up to, but without, starts[r + 1]."""

    starts: Positions  # (rows + 1,)

    def __len__(self) -> int:
        return len(self.starts) - 1

    def rows_of(self, positions: Positions) -> Rows:
        """The row that owns each position."""
        return np.searchsorted(self.starts, positions, side="right") - 1

    def gather(self, rows: Rows, most: int | None = None) -> tuple[Positions, Positions]:
        """All positions of `rows`, row by row, and (rows,) how many each row has.

        No more than the first `most` of each, where that is given.
        """
        first = self.starts[rows]
        counts = self.starts[rows + 1] - first
        if most is not None:
            counts = np.minimum(counts, most)
        ends = np.cumsum(counts)
        total = int(ends[-1]) if len(ends) else 0
        return np.arange(total) + np.repeat(first - (ends - counts), counts), counts
