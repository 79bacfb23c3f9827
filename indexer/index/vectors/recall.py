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
_LOST_TO_LISTS = (0.5, 0.75, 0.9)  # shares of the allowed misses that unscanned lists may cause
_FEWEST_CANDIDATES, _MOST_CANDIDATES = 50, 1200
_CODES_A_CANDIDATE = 50  # codes scanned in the time of one exact comparison
_BATCH = 32
_MOST_QUESTIONS = 1000


def index_vectors(
    files: VectorFiles, dimension: int, questions: Callable[[], Vectors], wanted: float
) -> tuple[VectorIndex, IndexRecord]:
    """Choose, train, fill, tune and write the index for the vectors in `files`.

    `questions` returns (n, dimension) vectors to tune with; it is not called if search is exact.
    """
    index, reached = VectorIndex.of(VectorFile(files.vectors, dimension)), 1.0
    if index.effort:
        index.write_codes(files.codes)
        asked = meaningful(questions())
        index, reached = tuned(index, asked[:: -(-len(asked) // _MOST_QUESTIONS)], wanted)
    return index, index.record(reached)


def meaningful(questions: Vectors) -> Vectors:
    """Those whose vectors are not zero, to which all are equally near; all if none is."""
    known = questions.any(axis=1)
    some: Vectors = questions[known] if known.any() else questions
    return some


def tuned(index: VectorIndex, questions: Vectors, wanted: float) -> tuple[VectorIndex, float]:
    """The index with the cheapest parameters whose recall@10 is at least `wanted`, and its recall.

    If no parameters reach it, the index with the largest ones. `questions` is (n, dimension).
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
    """The share of `truth`, (n, 10) positions, that is found, asked in batches as by a service."""
    starts = range(0, len(questions), _BATCH)
    found = [index.search(questions[start : start + _BATCH], _DEPTH)[0] for start in starts]
    pairs = zip(truth, np.concatenate(found), strict=True)
    return float(np.mean([np.isin(*pair).mean() for pair in pairs]))


def _probes(index: VectorIndex, questions: Vectors, truth: Positions, wanted: float) -> list[int]:
    """Several numbers of lists to scan, all of which miss less than is allowed."""
    ranks = index.ranks_of_lists(questions, truth)
    kept = 1 - np.array(_LOST_TO_LISTS) * (1 - wanted)
    return [1 + int(rank) for rank in np.quantile(ranks, kept, method="higher")]


def _effort(
    index: VectorIndex, questions: Vectors, truth: Positions, wanted: float, probes: int
) -> SearchParameters:
    """The candidates needed if `probes` lists are scanned; above the maximum if none suffice."""
    most = SearchParameters(probes, _MOST_CANDIDATES)
    starts = range(0, len(questions), _BATCH)
    batches = [slice(start, start + _BATCH) for start in starts]
    ranks = [_ranks(index.candidates(questions[at], most), truth[at]) for at in batches]
    needed = np.sort(np.concatenate(ranks), axis=None)
    enough = 1 + int(needed[ceil(wanted * len(needed)) - 1])
    return SearchParameters(probes, max(enough, _FEWEST_CANDIDATES))


def _ranks(found: Positions, truth: Positions) -> Positions:
    """(n, 10): the rank of each of `truth` in (n, candidates); the number of these if missing."""
    same = found[:, None, :] == truth[:, :, None]
    ranks: Positions = np.where(same.any(axis=2), same.argmax(axis=2), found.shape[1])
    return ranks
