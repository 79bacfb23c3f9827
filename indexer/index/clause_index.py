"""A vector for every clause, and the sentence that the clause stands in.

int8 on disk, memory-mapped, and read for the candidates of a question only.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from indexer.encoder import Vectors
from indexer.storage.array_file import ArrayWriter
from indexer.storage.memory_map import mapped
from indexer.storage.segments import Positions, Segments
from indexer.text.sentences import Span

TITLE = Span(0, 0)  # the sentence of a clause that is the episode's title

_LARGEST_CODE = 127


@dataclass(frozen=True)
class ClauseFiles:
    codes: Path  # (clauses, dimension) int8
    scales: Path  # (clauses,) float32
    spans: Path  # (clauses, 2) uint32: the sentence, in characters of the summary
    starts: Path  # (rows + 1,) int64


class ClauseWriter:
    """Where the clauses of each row stand, row by row."""

    def __init__(self, files: ClauseFiles) -> None:
        self._spans = ArrayWriter(files.spans, np.uint32, 2)
        self._starts = ArrayWriter(files.starts, np.int64)
        self._starts.append([0])

    def add(self, counts: ArrayLike, sentences: ArrayLike) -> None:
        """How many clauses each of some rows has, and (clauses, 2) where their sentences stand."""
        self._starts.append(len(self._spans) + np.cumsum(counts, dtype=np.int64))
        self._spans.append(sentences)

    def close(self) -> None:
        self._spans.close()
        self._starts.close()


class CodeWriter:
    """The vectors of all clauses, in the order of the clauses."""

    def __init__(self, files: ClauseFiles, dimension: int) -> None:
        self._codes = ArrayWriter(files.codes, np.int8, dimension)
        self._scales = ArrayWriter(files.scales, np.float32)

    def add(self, vectors: Vectors) -> None:
        largest = np.abs(vectors).max(axis=1, initial=1e-9)
        scales = (largest / _LARGEST_CODE).astype(np.float32)
        self.add_coded(np.rint(vectors / scales[:, None]), scales)

    def add_coded(self, codes: ArrayLike, scales: NDArray[np.float32]) -> None:
        """(n, dimension) whole numbers of -127 to 127, and what they are multiples of."""
        self._codes.append(codes)
        self._scales.append(scales)

    def close(self) -> None:
        self._codes.close()
        self._scales.close()


@dataclass(frozen=True, slots=True)
class ClauseVectors:
    """Some clauses, read once and compared with several vectors."""

    codes: Vectors  # (n, dimension), not scaled yet: it is cheaper to scale n cosines
    scales: NDArray[np.float32]

    def cosines(self, vector: Vectors) -> NDArray[np.float32]:
        """(n,), within .003 of the exact ones."""
        products: NDArray[np.float32] = self.codes @ vector
        products *= self.scales
        return products


class ClauseIndex:
    def __init__(self, files: ClauseFiles) -> None:
        self.segments = Segments(np.load(files.starts))
        self._codes: NDArray[Any] = mapped(files.codes)
        self._scales: NDArray[Any] = mapped(files.scales)
        self._spans: NDArray[Any] = mapped(files.spans)

    def clauses(self, positions: Positions) -> ClauseVectors:
        codes: Vectors = self._codes[positions].astype(np.float32)
        return ClauseVectors(codes, self._scales[positions])

    def vectors(self, positions: Positions) -> Vectors:
        """(n, dimension) float32; their cosines are within .003 of the exact ones."""
        clauses = self.clauses(positions)
        return clauses.codes * clauses.scales[:, None]

    def coded(self, positions: Positions) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
        """As a CodeWriter was given them."""
        return self._codes[positions], self._scales[positions]

    def spans(self, positions: Positions) -> NDArray[np.uint32]:
        """(n, 2)"""
        spans: NDArray[np.uint32] = self._spans[positions]
        return spans

    def sentences(self, positions: Positions) -> list[Span]:
        """The sentence that each clause stands in."""
        return [Span(start, stop) for start, stop in self.spans(positions).tolist()]
