"""How much of what is nearest does a search find, and what effort finds enough of it?"""

from collections.abc import Callable

import numpy as np

from indexer.encoder import Vectors
from indexer.manifest import IndexRecord
from indexer.segments import Positions
from indexer.vector_file import VectorFile
from indexer.vector_index import VectorFiles, VectorIndex

_DEPTH = 10
_LOST_TO_LISTS = 0.75  # of what may be missed: another list costs more than another candidate
_CANDIDATES = (50, 100, 200, 400, 800)
_BATCH = 32


def index_vectors(
    files: VectorFiles, dimension: int, questions: Callable[[], Vectors], wanted: float
) -> tuple[VectorIndex, IndexRecord]:
    """Choose, train, fill, tune and write what suits the vectors that are in `files`.

    `questions`, (n, dimension), are not asked for where the search is exact.
    """
    index, reached = VectorIndex.of(VectorFile(files.vectors, dimension)), 1.0
    if index.effort:
        index.write_codes(files.codes)
        index, reached = tuned(index, questions(), wanted)
    return index, index.record(reached)


def tuned(index: VectorIndex, questions: Vectors, wanted: float) -> tuple[VectorIndex, float]:
    """With the least effort that finds `wanted` of the ten nearest to (n, dimension).

    Where none finds so many, with the greatest; and the recall it has.
    """
    truth, _ = index.vectors.nearest(questions, _DEPTH)
    probes = _probes(index, questions, truth, wanted)
    for candidates in _CANDIDATES:
        index = index.with_effort(probes, candidates)
        reached = recall(index, questions, truth)
        if reached >= wanted:
            break
    return index, reached


def recall(index: VectorIndex, questions: Vectors, truth: Positions) -> float:
    """The share of `truth`, (n, 10) positions, that is found; asked as a service asks."""
    starts = range(0, len(questions), _BATCH)
    found = [index.search(questions[start : start + _BATCH], _DEPTH)[0] for start in starts]
    pairs = zip(truth, np.concatenate(found), strict=True)
    return float(np.mean([np.isin(*pair).mean() for pair in pairs]))


def _probes(index: VectorIndex, questions: Vectors, truth: Positions, wanted: float) -> int:
    """So many lists that few of the nearest lie in others."""
    ranks = index.ranks_of_lists(questions, truth)
    share = 1 - _LOST_TO_LISTS * (1 - wanted)
    return 1 + int(np.quantile(ranks, share, method="higher"))
