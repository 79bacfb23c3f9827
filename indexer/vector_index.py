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
_FEW = 1024  # vectors that are compared one and all sooner than faiss has passed over the others


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

    def search(self, vectors: Vectors, k: int, among: Rows | None = None) -> tuple[Rows, Scores]:
        """(n, dimension) -> rows and scores, (n, min(k, rows)) each, best first.

        `among` has the rows to search, ascending; without it that is all of them. Asking for no
        more than there is keeps faiss from padding with row -1.
        """
        if among is None:
            scores, rows = self._index.search(vectors, min(k, len(self)))
            return rows, scores
        if len(among) <= _FEW:
            return self._search_few(vectors, k, among)
        scores, rows = self._index.search(vectors, min(k, len(among)), params=self._only(among))
        return rows, scores

    def _search_few(self, vectors: Vectors, k: int, among: Rows) -> tuple[Rows, Scores]:
        scores: Scores = vectors @ self.rows(among).T
        best = np.argsort(-scores, axis=1, kind="stable")[:, :k]
        return among[best], np.take_along_axis(scores, best, axis=1)

    def _only(self, among: Rows) -> Any:
        chosen = np.zeros(len(self), np.bool_)
        chosen[among] = True
        bits: Any = np.packbits(chosen, bitorder="little")
        selector = faiss.IDSelectorBitmap(bits)  # type: ignore[call-arg]
        return faiss.SearchParameters(sel=selector)  # type: ignore[call-arg]
