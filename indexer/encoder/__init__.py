"""How does text become a vector?

`model` finds a model's files and verifies them. `reference` alone loads them with
sentence-transformers and exports them as an ONNX graph; `artifact` is the export, its int8
sibling and what `proof` needs to show that they give the model's own vectors, and is `kept` once
per model. `onnx` runs it without torch, which is all that a service needs. `device` says where
documents are embedded. `reranker` is the same for a cross-encoder.
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


class Encoder(Protocol):
    """Text -> vector, for the two sides of a search."""

    @property
    def dimension(self) -> int: ...

    @property
    def precision(self) -> str:
        """What the numbers are computed in: `int8`, `fp32` or `torch`."""

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        """(n, dimension) float32, each row of length one."""

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """(n, dimension) float32, each row of length one."""
