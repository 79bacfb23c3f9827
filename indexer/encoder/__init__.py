"""Turns text into vectors.

`model` finds and verifies a model's files. `torch_models` loads them with sentence-transformers and
exports ONNX graphs. `artifact` is the export in fp32 and int8, `artifact_cache` stores it so that
each model is exported once, and `parity_check` compares its vectors with the model's own.
`onnx_encoder` runs it without torch, so the service needs no torch. `pair` is a larger encoder for
the documents beside that of the questions, `device` chooses where documents are embedded, and
`reranker` is a cross-encoder.
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


class Encoder(Protocol):
    """Text -> unit vector; models may encode documents and queries differently.

    A text of which the model knows no word, as of emoji, has a vector of zeros, near to none.
    """

    @property
    def dimension(self) -> int: ...

    @property
    def precision(self) -> str:
        """The arithmetic: `int8` or `fp32` for ONNX graphs, `torch` for sentence-transformers."""

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        """(n, dimension) float32, each row of length one."""

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """(n, dimension) float32, each row of length one."""
