"""An encoder that costs next to nothing: what is measured is everything but the model.

The vector of a text follows from a hash of it, so equal texts have equal ones. All of them
together lie as those of real episodes do, and questions as those of real titles.
"""

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from indexer.encoder import Vectors
from tests.benchmarks.scale.likeness import DIMENSION, Likeness

_POOL = 16_384  # shows, and as many ways to stray from one; a text takes the sum of two of these


class GivenEncoder:
    precision = "int8"
    dimension = DIMENSION

    def __init__(self) -> None:
        self._likeness = Likeness()
        self._shows = self._likeness.shows(_POOL)
        self._strays = np.random.default_rng(0).standard_normal((_POOL, DIMENSION), np.float32)

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        show, one, other, far = _hashed(texts).T
        astray = np.sqrt(np.log(2**32 / (far + 1.0)) / 2).astype(np.float32)
        strays = self._strays[one % _POOL] + self._strays[other % _POOL]
        return self._likeness.of_shows(self._shows[show % _POOL], strays * astray[:, None])

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return self._likeness.questions(self.encode_documents(texts))


def _hashed(texts: Sequence[str]) -> NDArray[np.uint32]:
    """(texts, 4)."""
    hashes = b"".join(blake2b(text.encode(), digest_size=16).digest() for text in texts)
    return np.frombuffer(hashes, np.uint32).reshape(-1, 4)
