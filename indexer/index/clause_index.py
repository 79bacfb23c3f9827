"""Stores a vector for every clause, and the sentence that contains the clause.

The vectors are int8, memory-mapped, and read only for the candidates of a question.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

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
    spans: Path  # (clauses, 2) uint32: start and stop of the sentence in the summary
    starts: Path  # (rows + 1,) int64


class ClauseWriter:
    """Writes the sentences of the clauses, row by row."""

    def __init__(self, files: ClauseFiles) -> None:
        self._spans = ArrayWriter(files.spans, np.uint32, 2)
        self._starts = ArrayWriter(files.starts, np.int64)
        self._starts.append([0])

    def add(self, counts: ArrayLike, sentences: ArrayLike) -> None:
        """Add rows: (rows,) their numbers of clauses, and (clauses, 2) the sentences of these."""
        self._starts.append(len(self._spans) + np.cumsum(counts, dtype=np.int64))
        self._spans.append(sentences)

    def close(self) -> None:
        self._spans.close()
        self._starts.close()


class CodeWriter:
    """Writes the vectors of the clauses as int8, in the same order."""

    def __init__(self, files: ClauseFiles, dimension: int) -> None:
        self._codes = ArrayWriter(files.codes, np.int8, dimension)
        self._scales = ArrayWriter(files.scales, np.float32)

    def add(self, vectors: Vectors) -> None:
        largest = np.abs(vectors).max(axis=1, initial=1e-9)
        scales = (largest / _LARGEST_CODE).astype(np.float32)
        self.add_coded(np.rint(vectors / scales[:, None]), scales)

    def add_coded(self, codes: ArrayLike, scales: NDArray[np.float32]) -> None:
        """Add (n, dimension) codes from -127 to 127, and (n,) the factors of the codes."""
        self._codes.append(codes)
        self._scales.append(scales)

    def close(self) -> None:
        self._codes.close()
        self._scales.close()


@dataclass(frozen=True, slots=True)
class ClauseVectors:
    """Vectors of some clauses, read once to be compared with several vectors."""

    codes: Vectors  # (n, dimension), unscaled, since scaling the n cosines is cheaper
    scales: NDArray[np.float32]

    def cosines(self, vector: Vectors) -> NDArray[np.float32]:
        """(n,): the cosines, within .003 of the exact ones."""
        products: NDArray[np.float32] = self.codes @ vector
        products *= self.scales
        return products


class ClauseCodes(Protocol):
    """Where the vectors of the clauses are."""

    def coded(self, positions: Positions) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
        """(n, dimension) codes and (n,) factors, as CodeWriter.add_coded takes them."""
        ...


class StoredCodes:
    """Vectors in the files of the snapshot."""

    def __init__(self, files: ClauseFiles) -> None:
        self._codes: NDArray[Any] = mapped(files.codes)
        self._scales: NDArray[Any] = mapped(files.scales)

    def coded(self, positions: Positions) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
        return self._codes.take(positions, axis=0), self._scales.take(positions)


class ClauseIndex:
    def __init__(self, files: ClauseFiles, codes: ClauseCodes | None = None) -> None:
        """`codes` are elsewhere than in the files, if they are given."""
        self.segments = Segments(np.load(files.starts))
        self._codes = codes or StoredCodes(files)
        self._spans: NDArray[Any] = mapped(files.spans)

    def clauses(self, positions: Positions) -> ClauseVectors:
        codes, scales = self._codes.coded(positions)
        return ClauseVectors(codes.astype(np.float32), scales)

    def vectors(self, positions: Positions) -> Vectors:
        """(n, dimension) float32; their cosines are within .003 of the exact ones."""
        clauses = self.clauses(positions)
        return clauses.codes * clauses.scales[:, None]

    def coded(self, positions: Positions) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
        """(n, dimension) codes and (n,) factors, as CodeWriter.add_coded takes them."""
        return self._codes.coded(positions)

    def spans(self, positions: Positions) -> NDArray[np.uint32]:
        """(n, 2): start and stop of the sentence of each clause."""
        spans: NDArray[np.uint32] = self._spans[positions]
        return spans

    def sentences(self, positions: Positions) -> list[Span]:
        """The sentence that contains each clause."""
        return [Span(start, stop) for start, stop in self.spans(positions).tolist()]
