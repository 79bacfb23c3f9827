"""Finds the vectors nearest to a question. Only this module imports faiss.

Up to a few thousand vectors, search is exhaustive. For more, it scans 4-bit product quantization
codes (three dimensions each) and compares the best candidates exactly. For very many, the codes are
in an inverted file, of which only the lists nearest to the question are scanned. `make bench-scale`
prints the cost of each.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from math import isqrt
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from indexer.encoder import Vectors
from indexer.index.columns.filters import NO_FILTERS, Filters
from indexer.index.vectors.record import IndexRecord
from indexer.index.vectors.vector_file import WINDOW, VectorFile, best_first
from indexer.storage.segments import Positions, Scores

_python: Any = faiss  # what Python adds to faiss's classes, which its types leave out

EXACT = "exact"
CODES = "product codes, refined"
_METRIC = "inner product"

MOST_EXACT = 4_000  # vectors; with more, scanning codes is faster
MOST_IN_ONE_LIST = 50_000  # codes; with more, an inverted file is faster
_MIN_EXHAUSTIVE = 4_000  # a selection of up to this many vectors is compared exactly
_CODES_A_VECTOR = 50  # codes scanned in the time of one exact comparison
_CANDIDATES_A_HIT = 2  # least number of candidates for each hit
_MORE_AMONG = 8  # factor of the candidates if a selection is searched
_DIMENSIONS_A_CODE = (3, 2, 1)  # the first that divides the dimension is used
_COARSE_DIMENSIONS = (12, 8, 6, 4, *_DIMENSIONS_A_CODE)
_COARSE_CANDIDATES = 300
_COARSE_PROBES = 32
_LISTS_A_ROOT = 2  # lists = this * sqrt(vectors); more lists miss more and take more memory
_TRAINED_ON = 10_000  # vectors
_TRAINED_ON_A_LIST = 100  # vectors; with fewer, the sizes of lists differ too much
_ITERATIONS = 8
_SEED = 7


@dataclass(frozen=True)
class VectorFiles:
    vectors: Path  # see VectorFile
    codes: Path  # a FAISS index; absent if search is exact


@dataclass(frozen=True)
class SearchParameters:
    """The cost of a search; larger values give a higher recall."""

    probes: int  # lists that are scanned
    candidates: int  # vectors that are compared exactly


class VectorIndex:
    """An index; safe to share between threads and forked processes."""

    def __init__(self, vectors: VectorFile, index: Any, effort: SearchParameters | None) -> None:
        self.vectors = vectors
        self.effort = effort  # None if search is exact
        self._index = index

    @classmethod
    def of(
        cls, vectors: VectorFile, dimensions: Sequence[int] = _DIMENSIONS_A_CODE
    ) -> "VectorIndex":
        """Build the kind of index that suits the number of vectors, with the least parameters."""
        if len(vectors) <= MOST_EXACT:
            return cls(vectors, _all(vectors), None)
        lists = 1 if len(vectors) <= MOST_IN_ONE_LIST else _LISTS_A_ROOT * isqrt(len(vectors))
        return cls(
            vectors, _codes(vectors, lists, dimensions), SearchParameters(probes=1, candidates=1)
        )

    @classmethod
    def open(cls, files: VectorFiles, dimension: int, record: IndexRecord) -> "VectorIndex":
        vectors = VectorFile(files.vectors, dimension)
        if record.kind == EXACT:
            return cls(vectors, _all(vectors), None)
        effort = SearchParameters(
            int(record.parameters["probes"]), int(record.parameters["candidates"])
        )
        return cls(vectors, faiss.read_index(str(files.codes)), effort)

    @classmethod
    def write_coarse(cls, vectors: VectorFile, codes: Path) -> None:
        """Index vectors with few bits each, unless they are so few that search is exact."""
        index = cls.of(vectors, _COARSE_DIMENSIONS)
        if index.effort:
            index.write_codes(codes)

    @classmethod
    def open_coarse(cls, vectors: VectorFile, codes: Path) -> "VectorIndex":
        if not codes.exists():
            return cls(vectors, _all(vectors), None)
        index: Any = faiss.read_index(str(codes))
        probes = min(index.nlist, _COARSE_PROBES)
        return cls(vectors, index, SearchParameters(probes, _COARSE_CANDIDATES))

    def with_effort(self, effort: SearchParameters) -> "VectorIndex":
        return VectorIndex(self.vectors, self._index, effort)

    @property
    def codes_a_list(self) -> float:
        """The mean number of codes in a list."""
        return len(self) / float(self._index.nlist)

    def write_codes(self, file: Path) -> None:
        # By Python's file: FAISS's own ignores a full disk when it closes a small file.
        with file.open("wb") as stream:
            faiss.write_index(self._index, _python.PyCallbackIOWriter(stream.write))

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
        self,
        vectors: Vectors,
        k: int,
        among: Positions | None = None,
        passing: Filters = NO_FILTERS,  # noqa: ARG002 - `among` has all that pass
    ) -> tuple[Positions, Scores]:
        """(n, dimension) -> positions and scores, (n, min(k, positions)) each, best first.

        `among`, in ascending order, has the positions to search; without it, all are searched.
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
        """The same by exhaustive search, for many questions at a time."""
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
        """(n, candidates) positions, best first by their codes; -1 if there are fewer."""
        selector = None if among is None else self._only(among)
        parameters = _python.SearchParametersIVF(nprobe=effort.probes, sel=selector)
        _, found = self._index.search(vectors, effort.candidates, params=parameters)
        positions: Positions = found
        return positions

    def _enough(
        self, vectors: Vectors, k: int, among: Positions | None, effort: SearchParameters
    ) -> Positions:
        """(n, at least k) positions of candidates; -1 if there are fewer.

        The vectors of a selection may be far from the question, in any list and with less accurate
        codes. Then all lists are scanned and more candidates are compared.
        """
        count, every = max(effort.candidates, _CANDIDATES_A_HIT * k), self._index.nlist
        if among is not None:
            return self.candidates(vectors, SearchParameters(every, _MORE_AMONG * count), among)
        found = self.candidates(vectors, SearchParameters(effort.probes, count))
        if (found[:, k - 1] < 0).any():  # the nearest lists have too few vectors
            return self.candidates(vectors, SearchParameters(every, count))
        return found

    def _refined(self, vectors: Vectors, found: Positions, k: int) -> tuple[Positions, Scores]:
        """The best `k` candidates by exact comparison; removes the -1."""
        pairs = zip(found, vectors, strict=True)
        best = [self._compared(at[at >= 0], vector[None], k) for at, vector in pairs]
        positions, scores = zip(*best, strict=True)
        return np.concatenate(positions), np.concatenate(scores)

    def _compared(self, at: Positions, vectors: Vectors, k: int) -> tuple[Positions, Scores]:
        """The `k` best of the positions `at`; if there are fewer, the last scores are the least."""
        scores, found = _exact(self.vectors.halves(at)).search(vectors, k)
        return at[found], scores

    def _only(self, among: Positions) -> Any:
        chosen = np.zeros(len(self), np.bool_)
        chosen[among] = True
        return _python.IDSelectorBitmap(np.packbits(chosen, bitorder="little"))

    def ranks_of_lists(self, vectors: Vectors, positions: Positions) -> Positions:
        """(n, m): how many lists are nearer to each vector than the list of each position."""
        quantizer = self._index.quantizer
        _, order = quantizer.search(vectors, self._index.nlist)
        rows = self.vectors.rows(positions.ravel())
        lists = quantizer.assign(rows, 1).reshape(positions.shape)
        ranks: Positions = np.take_along_axis(np.argsort(order, axis=1), lists, axis=1)
        return ranks


def nearest(of: Vectors, to: Vectors, k: int) -> tuple[Positions, Scores]:
    """Exact search by inner product: (n, k) positions in `of`, (m, dimension), and scores."""
    scores, positions = faiss.knn(to, of, k, metric=faiss.METRIC_INNER_PRODUCT)
    return positions, scores


def _all(vectors: VectorFile) -> Any:
    return _exact(vectors.halves(np.arange(len(vectors))))


def _exact(halves: NDArray[np.float16]) -> Any:
    """An exhaustive index of (m, dimension) float16; converting to float32 first is far slower."""
    precision = faiss.ScalarQuantizer.QT_fp16
    index = faiss.IndexScalarQuantizer(halves.shape[1], precision, faiss.METRIC_INNER_PRODUCT)
    index.add_sa_codes(halves.view(np.uint8))
    return index


def _codes(vectors: VectorFile, lists: int, dimensions: Sequence[int]) -> Any:
    """Product quantization: 4 bits for some dimensions of the residual to the list's centroid.

    For the first number of `dimensions` that divides the dimension of the vectors.
    """
    dimension = vectors.dimension
    index = faiss.IndexIVFPQFastScan(
        _centroids(vectors, lists),
        dimension,
        lists,
        dimension // next(size for size in dimensions if dimension % size == 0),
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
    """The centroids of the lists, by spherical k-means over a sample of the vectors."""
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
    """Train in one thread: it runs hundreds of small clusterings, which threads would slow down."""
    usual = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(usual)


def _sample(count: int, size: int) -> Positions:
    rng = np.random.default_rng(_SEED)
    return np.sort(rng.choice(count, min(count, size), replace=False))
