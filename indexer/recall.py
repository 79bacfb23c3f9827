"""How much of what is nearest does a search find, and what effort finds enough of it?"""

from collections.abc import Callable
from itertools import product, starmap

import numpy as np

from indexer.encoder import Vectors
from indexer.manifest import IndexRecord
from indexer.segments import Positions
from indexer.vector_file import VectorFile
from indexer.vector_index import Effort, VectorFiles, VectorIndex

_DEPTH = 10
_LOST_TO_LISTS = (0.5, 0.75, 0.9)  # of what may be missed
_CANDIDATES = (50, 100, 150, 200, 300, 400, 600, 800, 1200)
_CODES_A_CANDIDATE = 50  # are passed over in the time that comparing one takes
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
    for effort in _efforts(index, questions, truth, wanted):
        tried = index.with_effort(effort)
        reached = recall(tried, questions, truth)
        if reached >= wanted:
            break
    return tried, reached


def recall(index: VectorIndex, questions: Vectors, truth: Positions) -> float:
    """The share of `truth`, (n, 10) positions, that is found; asked as a service asks."""
    starts = range(0, len(questions), _BATCH)
    found = [index.search(questions[start : start + _BATCH], _DEPTH)[0] for start in starts]
    pairs = zip(truth, np.concatenate(found), strict=True)
    return float(np.mean([np.isin(*pair).mean() for pair in pairs]))


def _efforts(
    index: VectorIndex, questions: Vectors, truth: Positions, wanted: float
) -> list[Effort]:
    """From the least to the greatest, by what they cost."""
    ranks = index.ranks_of_lists(questions, truth)
    kept = 1 - np.array(_LOST_TO_LISTS) * (1 - wanted)
    probes = set(1 + np.quantile(ranks, kept, method="higher"))
    efforts = starmap(Effort, product(map(int, probes), _CANDIDATES))

    def cost(effort: Effort) -> float:
        return effort.probes * index.codes_a_list + effort.candidates * _CODES_A_CANDIDATE

    return sorted(efforts, key=cost)
