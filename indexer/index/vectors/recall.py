"""Measures recall against exact search and finds the cheapest parameters that reach it."""

from collections.abc import Callable
from math import ceil

import numpy as np

from indexer.encoder import Vectors
from indexer.index.vectors.record import IndexRecord
from indexer.index.vectors.vector_file import VectorFile
from indexer.index.vectors.vector_index import SearchParameters, VectorFiles, VectorIndex
from indexer.storage.segments import Positions

_DEPTH = 10
_LOST_TO_LISTS = (0.5, 0.75, 0.9)  # of what may be missed
_FEWEST_CANDIDATES, _MOST_CANDIDATES = 50, 1200
_CODES_A_CANDIDATE = 50  # are passed over in the time that comparing one takes
_BATCH = 32
_MOST_QUESTIONS = 1000


def index_vectors(
    files: VectorFiles, dimension: int, questions: Callable[[], Vectors], wanted: float
) -> tuple[VectorIndex, IndexRecord]:
    """Choose, train, fill, tune and write what suits the vectors that are in `files`.

    `questions`, (n, dimension), are not asked for where the search is exact.
    """
    index, reached = VectorIndex.of(VectorFile(files.vectors, dimension)), 1.0
    if index.effort:
        index.write_codes(files.codes)
        asked = questions()
        index, reached = tuned(index, asked[:: -(-len(asked) // _MOST_QUESTIONS)], wanted)
    return index, index.record(reached)


def tuned(index: VectorIndex, questions: Vectors, wanted: float) -> tuple[VectorIndex, float]:
    """With the least effort that finds `wanted` of the ten nearest to (n, dimension).

    Where none finds so many, with the greatest; and the recall it has.
    """
    truth, _ = index.nearest(questions, _DEPTH)
    probes = _probes(index, questions, truth, wanted)
    efforts = [_effort(index, questions, truth, wanted, lists) for lists in probes]
    reaching = [effort for effort in efforts if effort.candidates <= _MOST_CANDIDATES]

    def cost(effort: SearchParameters) -> float:
        return effort.probes * index.codes_a_list + effort.candidates * _CODES_A_CANDIDATE

    greatest = SearchParameters(max(probes), _MOST_CANDIDATES)
    index = index.with_effort(min(reaching, key=cost, default=greatest))
    return index, recall(index, questions, truth)


def recall(index: VectorIndex, questions: Vectors, truth: Positions) -> float:
    """The share of `truth`, (n, 10) positions, that is found; asked as a service asks."""
    starts = range(0, len(questions), _BATCH)
    found = [index.search(questions[start : start + _BATCH], _DEPTH)[0] for start in starts]
    pairs = zip(truth, np.concatenate(found), strict=True)
    return float(np.mean([np.isin(*pair).mean() for pair in pairs]))


def _probes(index: VectorIndex, questions: Vectors, truth: Positions, wanted: float) -> list[int]:
    """Several numbers of lists, all of which lose less than may be missed."""
    ranks = index.ranks_of_lists(questions, truth)
    kept = 1 - np.array(_LOST_TO_LISTS) * (1 - wanted)
    return [1 + int(rank) for rank in np.quantile(ranks, kept, method="higher")]


def _effort(
    index: VectorIndex, questions: Vectors, truth: Positions, wanted: float, probes: int
) -> SearchParameters:
    """As many candidates as it takes with so many lists: too many where those have too few."""
    most = SearchParameters(probes, _MOST_CANDIDATES)
    starts = range(0, len(questions), _BATCH)
    batches = [slice(start, start + _BATCH) for start in starts]
    ranks = [_ranks(index.candidates(questions[at], most), truth[at]) for at in batches]
    needed = np.sort(np.concatenate(ranks), axis=None)
    enough = 1 + int(needed[ceil(wanted * len(needed)) - 1])
    return SearchParameters(probes, max(enough, _FEWEST_CANDIDATES))


def _ranks(found: Positions, truth: Positions) -> Positions:
    """(n, 10): where each of `truth` stands in (n, candidates); past the last what is not there."""
    same = found[:, None, :] == truth[:, :, None]
    ranks: Positions = np.where(same.any(axis=2), same.argmax(axis=2), found.shape[1])
    return ranks
