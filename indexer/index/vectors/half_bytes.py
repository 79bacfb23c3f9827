"""Stores vectors with four bits a number, for exact enough comparison: cosines are within .03."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer.encoder import Vectors
from indexer.index.vectors.vector_file import VectorFile
from indexer.storage.array_file import ArrayWriter
from indexer.storage.memory_map import mapped
from indexer.storage.segments import Positions

_LARGEST_CODE = 7
_ZERO = 8  # the code of 0
_PAIRS = np.array([(byte >> 4, byte & 15) for byte in range(256)], np.float32) - _ZERO
_BOTH = _PAIRS.view(np.uint64)[:, 0]  # the two numbers of each byte, taken at once


class HalfByteWriter:
    def __init__(self, codes: Path, scales: Path, dimension: int) -> None:
        self._codes = ArrayWriter(codes, np.uint8, (dimension + 1) // 2)
        self._scales = ArrayWriter(scales, np.float32)

    def add(self, vectors: Vectors) -> None:
        """Append (n, dimension) unit vectors."""
        scales = np.abs(vectors).max(axis=1, initial=1e-9) / _LARGEST_CODE
        codes = (np.rint(vectors / scales[:, None]) + _ZERO).astype(np.uint8)
        even = np.pad(codes, ((0, 0), (0, codes.shape[1] % 2)), constant_values=_ZERO)
        self._codes.append(even[:, ::2] << 4 | even[:, 1::2])
        self._scales.append(scales)

    def close(self) -> None:
        self._codes.close()
        self._scales.close()


class HalfByteVectors(VectorFile):
    """(positions, dimension), memory-mapped."""

    def __init__(self, codes: Path, scales: Path, dimension: int) -> None:
        self.dimension = dimension
        self._codes: NDArray[Any] = mapped(codes)  # (positions, dimension / 2) uint8: two numbers
        self._scales: NDArray[Any] = mapped(scales)

    def __len__(self) -> int:
        return len(self._codes)

    def rows(self, positions: Positions | slice) -> Vectors:
        unscaled = self._unscaled(positions)
        unscaled *= self._scales[positions][:, None]
        return unscaled

    def halves(self, positions: Positions) -> NDArray[np.float16]:
        return self.rows(positions).astype(np.float16)

    def cosines(self, positions: Positions | slice, vector: Vectors) -> NDArray[np.float32]:
        """(n,): the codes themselves are compared, since numbers are cheaper than vectors."""
        codes: NDArray[np.uint8] = self._codes[positions]
        even, odd = codes >> 4, codes[:, : self.dimension // 2] & 15
        products: NDArray[np.float32] = even.astype(np.float32) @ vector[::2]
        products += odd.astype(np.float32) @ vector[1::2]
        products -= _ZERO * vector.sum()
        products *= self._scales[positions]
        return products

    def _unscaled(self, positions: Positions | slice) -> Vectors:
        both = _BOTH.take(self._codes[positions])
        unscaled: Vectors = both.view(np.float32)[:, : self.dimension]
        return unscaled
