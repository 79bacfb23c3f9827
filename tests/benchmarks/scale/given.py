"""An encoder that costs almost nothing, to measure everything but the model.

The vector of a text is derived from its hash, so equal texts have equal vectors. The vectors have
the neighbour cosines of real episodes, those of questions the ones of real titles.
"""

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from indexer.encoder import Vectors
from tests.benchmarks.scale.synthetic_vectors import DIMENSION, SyntheticVectors

_POOL = 16_384  # shows, and as many deviations from a show; a text adds two of these deviations


class GivenEncoder:
    precision = "int8"
    dimension = DIMENSION

    def __init__(self) -> None:
        self._synthetic = SyntheticVectors()
        self._shows = self._synthetic.shows(_POOL)
        self._strays = np.random.default_rng(0).standard_normal((_POOL, DIMENSION), np.float32)

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        show, one, other, far = _hashed(texts).T
        astray = np.sqrt(np.log(2**32 / (far + 1.0)) / 2).astype(np.float32)
        strays = self._strays[one % _POOL] + self._strays[other % _POOL]
        return self._synthetic.of_shows(self._shows[show % _POOL], strays * astray[:, None])

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return self._synthetic.questions(self.encode_documents(texts))


def _hashed(texts: Sequence[str]) -> NDArray[np.uint32]:
    """(texts, 4)."""
    hashes = b"".join(blake2b(text.encode(), digest_size=16).digest() for text in texts)
    return np.frombuffer(hashes, np.uint32).reshape(-1, 4)
