"""Vectors -> the rows nearest to a question. The only importer of faiss."""

from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from indexer.encoder import Vectors

Rows = NDArray[np.int64]
Scores = NDArray[np.float32]

KIND = "IndexFlatIP"


class VectorIndex:
    """Exact inner product over unit vectors, which is their cosine."""

    def __init__(self, index: Any) -> None:
        self._index = index

    @classmethod
    def empty(cls, dimension: int) -> "VectorIndex":
        return cls(faiss.IndexFlatIP(dimension))

    @classmethod
    def open(cls, file: Path) -> "VectorIndex":
        """Memory-mapped: processes that open the same file share its pages."""
        return cls(faiss.read_index(str(file), faiss.IO_FLAG_MMAP_IFC))

    def add(self, vectors: Vectors) -> None:
        self._index.add(np.ascontiguousarray(vectors, np.float32))

    def write(self, file: Path) -> None:
        # Through Python's file: faiss's own lets a full disk pass when it closes a small one.
        with file.open("wb") as stream:
            writer = faiss.PyCallbackIOWriter(stream.write)  # type: ignore[attr-defined]
            faiss.write_index(self._index, writer)

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def rows(self, positions: Rows) -> Vectors:
        """(n, dimension) float32, a copy."""
        shape = (len(self), self._index.d)
        view: Vectors = faiss.rev_swig_ptr(self._index.get_xb(), shape[0] * shape[1]).reshape(shape)
        return view[positions]

    def search(self, vectors: Vectors, k: int) -> tuple[Rows, Scores]:
        """(n, dimension) -> rows and scores, (n, min(k, rows)) each, best first.

        Asking for no more than there is keeps faiss from padding with row -1.
        """
        scores, rows = self._index.search(vectors, min(k, len(self)))
        return rows, scores
