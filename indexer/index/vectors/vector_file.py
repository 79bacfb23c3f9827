"""Stores all vectors in float16 in one memory-mapped file, for exact comparison."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexer.encoder import Vectors
from indexer.storage.segments import Positions, Scores

_MAX_WIDENED = 4_000  # vectors, six megabytes in float32
_WIDE = np.arange(1 << 16, dtype=np.uint16).view(np.float16).astype(np.float32)  # by its bits
WINDOW = 16_384  # vectors held in memory at a time


class VectorWriter:
    def __init__(self, file: Path) -> None:
        self._file = file
        file.open("wb").close()

    def add(self, vectors: Vectors) -> None:
        """Append (n, dimension) unit vectors."""
        with self._file.open("ab") as stream:
            stream.write(vectors.astype(np.float16).tobytes())


class VectorFile:
    """(positions, dimension) float16, without a header; cosines are within .0005 of float32's."""

    def __init__(self, file: Path, dimension: int) -> None:
        self.dimension = dimension
        mapped = np.memmap(file, np.float16, "r") if file.stat().st_size else np.empty(0)
        # A plain ndarray of the same pages, because slicing a numpy.memmap is many times slower.
        self._halves = np.asarray(mapped, np.float16).reshape(-1, dimension)
        # A small file is converted to float32 once and not for every question.
        few = len(self._halves) <= _MAX_WIDENED
        self._widened = _widened(self._halves) if few else None

    def __len__(self) -> int:
        return len(self._halves)

    def rows(self, positions: Positions | slice) -> Vectors:
        """(…, dimension) float32."""
        if self._widened is None:
            return _widened(self._halves[positions])
        return self._widened[positions]

    def halves(self, positions: Positions) -> NDArray[np.float16]:
        """(n, dimension) float16, as stored."""
        return self._halves.take(positions, axis=0)

    def windows(self) -> list[slice]:
        starts = range(0, len(self), WINDOW)
        return [slice(start, min(start + WINDOW, len(self))) for start in starts]


def _widened(halves: NDArray[np.float16]) -> Vectors:
    """In float32; looking each number up takes a third of the time of converting it."""
    return _WIDE.take(halves.view(np.uint16))


def best_first(positions: Positions, scores: Scores, k: int) -> tuple[Positions, Scores]:
    """(n, up to k): the `k` highest scores of each row, best first, with their positions."""
    if k < scores.shape[1]:
        highest = np.argpartition(-scores, k, axis=1)[:, :k]
        positions = np.take_along_axis(positions, highest, axis=1)
        scores = np.take_along_axis(scores, highest, axis=1)
    order = np.argsort(-scores, axis=1, kind="stable")
    return np.take_along_axis(positions, order, axis=1), np.take_along_axis(scores, order, axis=1)
