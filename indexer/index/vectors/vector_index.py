"""Finds the vectors nearest to a question. The only importer of faiss.

Up to a few thousand vectors: exhaustive search. More: 4-bit product quantization (three dimensions
a code), whose best candidates are compared exactly. Very many: the same codes in an inverted file,
of which only the lists nearest to the question are scanned. `make bench-scale` prints what each
costs.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from math import isqrt
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from indexer.encoder import Vectors
from indexer.index.vectors.record import IndexRecord
from indexer.index.vectors.vector_file import WINDOW, VectorFile, best_first
from indexer.storage.segments import Positions, Scores

EXACT = "exact"
CODES = "product codes, refined"
_METRIC = "inner product"

MOST_EXACT = 4_000  # vectors; the codes of more are passed over sooner
MOST_IN_ONE_LIST = 50_000  # codes; of more it pays to choose the lists
_MIN_EXHAUSTIVE = 4_000  # vectors to search among that are compared one and all, at least
_CODES_A_VECTOR = 50  # are passed over in the time that comparing one takes
_CANDIDATES_A_HIT = 2  # at least
_MORE_AMONG = 8  # times as many candidates
_DIMENSIONS_A_CODE = (3, 2, 1)  # the first that divides all
_LISTS_A_ROOT = 2  # of the number of vectors: more leave more out, and take more memory
_TRAINED_ON = 10_000  # vectors
_TRAINED_ON_A_LIST = 100  # vectors: of fewer, some lists become far larger than others
_ITERATIONS = 8
_SEED = 7


@dataclass(frozen=True)
class VectorFiles:
    vectors: Path  # as VectorFile has them
    codes: Path  # faiss's own; absent where the search is exact


@dataclass(frozen=True)
class SearchParameters:
    """What a search spends: more of it finds more."""

    probes: int  # lists that are passed over
    candidates: int  # vectors that are compared exactly


class VectorIndex:
    """Safe to share between threads, and between processes that are forked."""

    def __init__(self, vectors: VectorFile, index: Any, effort: SearchParameters | None) -> None:
        self.vectors = vectors
        self.effort = effort  # None: exact
        self._index = index

    @classmethod
    def of(cls, vectors: VectorFile) -> "VectorIndex":
        """By what suits so many; where that is not exact, with the least effort."""
        if len(vectors) <= MOST_EXACT:
            return cls(vectors, _all(vectors), None)
        lists = 1 if len(vectors) <= MOST_IN_ONE_LIST else _LISTS_A_ROOT * isqrt(len(vectors))
        return cls(vectors, _codes(vectors, lists), SearchParameters(probes=1, candidates=1))

    @classmethod
    def open(cls, files: VectorFiles, dimension: int, record: IndexRecord) -> "VectorIndex":
        vectors = VectorFile(files.vectors, dimension)
        if record.kind == EXACT:
            return cls(vectors, _all(vectors), None)
        effort = SearchParameters(
            int(record.parameters["probes"]), int(record.parameters["candidates"])
        )
        return cls(vectors, faiss.read_index(str(files.codes)), effort)

    def with_effort(self, effort: SearchParameters) -> "VectorIndex":
        return VectorIndex(self.vectors, self._index, effort)

    @property
    def codes_a_list(self) -> float:
        """In the mean."""
        return len(self) / float(self._index.nlist)

    def write_codes(self, file: Path) -> None:
        # Through Python's file: faiss's own lets a full disk pass when it closes a small one.
        with file.open("wb") as stream:
            writer = faiss.PyCallbackIOWriter(stream.write)  # type: ignore[attr-defined]
            faiss.write_index(self._index, writer)

    def record(self, recall: float) -> IndexRecord:
        if self.effort is None:
            return IndexRecord(kind=EXACT, metric=_METRIC, parameters={}, recall_at_10=recall)
        parameters = {"lists": self._index.nlist, **asdict(self.effort)}
        return IndexRecord(kind=CODES, metric=_METRIC, parameters=parameters, recall_at_10=recall)

    def __len__(self) -> int:
        return len(self.vectors)

    def rows(self, positions: Positions) -> Vectors:
        """(n, dimension) float32."""
        return self.vectors.rows(positions)

    def search(
        self, vectors: Vectors, k: int, among: Positions | None = None
    ) -> tuple[Positions, Scores]:
        """(n, dimension) -> positions and scores, (n, min(k, positions)) each, best first.

        `among` has the positions to search, ascending; without it that is all of them.
        """
        k = min(k, len(self) if among is None else len(among))
        if not k or not len(vectors):
            return np.empty((len(vectors), k), np.int64), np.empty((len(vectors), k), np.float32)
        if among is not None and (self.effort is None or self._are_few(among)):
            return self._among_few(vectors, k, among)
        if self.effort is None:
            scores, positions = self._index.search(vectors, k)
            return positions, scores
        found = self._enough(vectors, k, among, self.effort)
        if (found[:, k - 1] < 0).any():  # codes of equal vectors tell none from another
            return self._among_few(vectors, k, np.arange(len(self)) if among is None else among)
        return self._refined(vectors, found, k)

    def nearest(self, vectors: Vectors, k: int) -> tuple[Positions, Scores]:
        """The same with every vector compared: for many questions, and no filter."""
        windows = self.vectors.windows()
        found = [nearest(self.vectors.rows(window), vectors, k) for window in windows]
        positions, scores = zip(*found, strict=True)
        shifted = [window.start + at for window, at in zip(windows, positions, strict=True)]
        return best_first(np.hstack(shifted), np.hstack(scores), k)

    def _are_few(self, among: Positions) -> bool:
        return len(among) <= _MIN_EXHAUSTIVE + len(self) // _CODES_A_VECTOR

    def _among_few(self, vectors: Vectors, k: int, among: Positions) -> tuple[Positions, Scores]:
        parts = np.split(among, range(WINDOW, len(among), WINDOW))
        found = [self._compared(part, vectors, k) for part in parts]
        positions, scores = map(np.hstack, zip(*found, strict=True))
        return best_first(positions, scores, k)

    def candidates(
        self, vectors: Vectors, effort: SearchParameters, among: Positions | None = None
    ) -> Positions:
        """(n, candidates), by their codes the best first, of which -1 is none."""
        selector = None if among is None else self._only(among)
        parameters = faiss.SearchParametersIVF(  # type: ignore[call-arg]
            nprobe=effort.probes, sel=selector
        )
        _, found = self._index.search(vectors, effort.candidates, params=parameters)
        positions: Positions = found
        return positions

    def _enough(
        self, vectors: Vectors, k: int, among: Positions | None, effort: SearchParameters
    ) -> Positions:
        """(n, at least k), of which -1 is none.

        What a filter lets pass may lie far from the question, where codes tell less and any list
        may have it: then no list is left out, and more is compared.
        """
        count, every = max(effort.candidates, _CANDIDATES_A_HIT * k), self._index.nlist
        if among is not None:
            return self.candidates(vectors, SearchParameters(every, _MORE_AMONG * count), among)
        found = self.candidates(vectors, SearchParameters(effort.probes, count))
        if (found[:, k - 1] < 0).any():  # the lists nearby hold too few
            return self.candidates(vectors, SearchParameters(every, count))
        return found

    def _refined(self, vectors: Vectors, found: Positions, k: int) -> tuple[Positions, Scores]:
        """The best `k` by their vectors; -1 dies here."""
        pairs = zip(found, vectors, strict=True)
        best = [self._compared(at[at >= 0], vector[None], k) for at, vector in pairs]
        positions, scores = zip(*best, strict=True)
        return np.concatenate(positions), np.concatenate(scores)

    def _compared(self, at: Positions, vectors: Vectors, k: int) -> tuple[Positions, Scores]:
        """Where there are fewer than `k`, the last scores are the least there can be."""
        scores, found = _exact(self.vectors.halves(at)).search(vectors, k)
        return at[found], scores

    def _only(self, among: Positions) -> Any:
        chosen = np.zeros(len(self), np.bool_)
        chosen[among] = True
        bits: Any = np.packbits(chosen, bitorder="little")
        return faiss.IDSelectorBitmap(bits)  # type: ignore[call-arg]

    def ranks_of_lists(self, vectors: Vectors, positions: Positions) -> Positions:
        """How many lists are nearer to (n, dimension) than that of each of (n, m) positions."""
        quantizer = self._index.quantizer
        _, order = quantizer.search(vectors, self._index.nlist)
        rows = self.vectors.rows(positions.ravel())
        lists = quantizer.assign(rows, 1).reshape(positions.shape)
        ranks: Positions = np.take_along_axis(np.argsort(order, axis=1), lists, axis=1)
        return ranks


def nearest(of: Vectors, to: Vectors, k: int) -> tuple[Positions, Scores]:
    """Exactly, by inner product: positions in (m, dimension) `of`, and scores, (n, k) each."""
    scores, positions = faiss.knn(to, of, k, metric=faiss.METRIC_INNER_PRODUCT)
    return positions, scores


def _all(vectors: VectorFile) -> Any:
    return _exact(vectors.halves(np.arange(len(vectors))))


def _exact(halves: NDArray[np.float16]) -> Any:
    """Compares (m, dimension) one and all: many times faster than widening them first."""
    precision = faiss.ScalarQuantizer.QT_fp16
    index = faiss.IndexScalarQuantizer(halves.shape[1], precision, faiss.METRIC_INNER_PRODUCT)
    index.add_sa_codes(halves.view(np.uint8))
    return index


def _codes(vectors: VectorFile, lists: int) -> Any:
    """Four bits for three dimensions of what tells a vector from the centre of its list."""
    dimension = vectors.dimension
    index = faiss.IndexIVFPQFastScan(
        _centroids(vectors, lists),
        dimension,
        lists,
        dimension // next(size for size in _DIMENSIONS_A_CODE if dimension % size == 0),
        4,
        faiss.METRIC_INNER_PRODUCT,
    )
    index.by_residual = True
    index.pq.cp.niter, index.pq.cp.min_points_per_centroid = _ITERATIONS, 1
    with _one_thread():
        index.train(vectors.rows(_sample(len(vectors), _TRAINED_ON)))
    for window in vectors.windows():
        index.add(vectors.rows(window))
    return index


def _centroids(vectors: VectorFile, lists: int) -> Any:
    """Of the lists, with as many vectors in memory as it takes to find them."""
    sample = vectors.rows(_sample(len(vectors), _TRAINED_ON_A_LIST * lists))
    clustering: Any = faiss.Kmeans(
        vectors.dimension, lists, niter=_ITERATIONS, spherical=True, min_points_per_centroid=1
    )
    clustering.train(sample)
    centroids = faiss.IndexFlatIP(vectors.dimension)
    centroids.add(clustering.centroids)
    return centroids


@contextmanager
def _one_thread() -> Iterator[None]:
    """Hundreds of small clusterings: threads would mostly wait for each other."""
    usual = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(usual)


def _sample(count: int, size: int) -> Positions:
    rng = np.random.default_rng(_SEED)
    return np.sort(rng.choice(count, min(count, size), replace=False))
