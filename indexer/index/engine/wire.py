"""Packs the clauses of an episode into few texts, which any engine can store."""

from base64 import b64decode, b64encode

import numpy as np
from numpy.typing import NDArray

MOST_BYTES = 65_535  # of a text in Milvus
_SCALE_BYTES = 4


def clauses_a_pack(dimension: int) -> int:
    """How many clauses one text holds."""
    return MOST_BYTES // 4 * 3 // (dimension + _SCALE_BYTES)


def packed(codes: NDArray[np.int8], scales: NDArray[np.float32]) -> bytes:
    """(n, dimension) codes and (n,) factors, in base64."""
    little = scales.astype("<f4").view(np.int8).reshape(-1, _SCALE_BYTES)
    return b64encode(np.hstack((codes, little)).tobytes())


def unpacked(text: bytes, dimension: int) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    both = np.frombuffer(b64decode(text), np.int8).reshape(-1, dimension + _SCALE_BYTES)
    scales = np.ascontiguousarray(both[:, dimension:]).view("<f4").ravel()
    return both[:, :dimension], scales.astype(np.float32)
