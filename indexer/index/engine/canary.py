"""Measures what a written generation finds, before it is put in force."""

from typing import NamedTuple

import numpy as np

from indexer.encoder import Vectors
from indexer.errors import GenerationRefused
from indexer.index.columns.filters import NO_FILTERS
from indexer.index.engine.engine import Generation, Ids
from indexer.index.vectors.recall import meaningful
from indexer.storage.segments import Scores

DEPTH = 10
LEAST_RECALL = 0.95  # at 10, against exact search
_NEAREST_FOUND = 0.99  # share of the questions whose nearest passage is wanted to be found
_MOST_QUESTIONS = 200
_BATCH = 32
_EQUAL = np.float32(1e-5)  # difference of two scores
_EFFORTS = (64, 128, 256, 512, 1024, 2048)  # candidates of a graph


class Tuned(NamedTuple):
    effort: int
    recall: float


def sample_of(questions: Vectors) -> Vectors:
    """Up to 200 of the questions."""
    questions = meaningful(questions)
    sample: Vectors = questions[:: -(-max(1, len(questions)) // _MOST_QUESTIONS)]
    return sample


class Nearest(NamedTuple):
    """The passages nearest to each question by exact search."""

    ids: Ids  # (n, 10)
    scores: Scores  # (n, 10), best first


def tuned(generation: Generation, questions: Vectors, truth: Nearest, wanted: float) -> Tuned:
    """The least effort that finds `wanted` of `truth`, or as near passages; else the most.

    It is also to find the nearest of nearly every question, which recall says little of.

    Raises GenerationRefused if it finds less than 0.95, or than `wanted` if that is less.
    """
    for effort in _EFFORTS:
        recall, nearest = _found(generation, questions, truth, effort)
        if recall >= wanted and nearest >= _NEAREST_FOUND:
            break
    least = min(wanted, LEAST_RECALL)
    if recall < least:
        raise GenerationRefused(
            f"{generation.name}: finds {recall:.3f} of the nearest ten of its own texts, less than "
            f"{least:g}; it is not put in force."
        )
    return Tuned(effort, recall)


def _found(
    generation: Generation, questions: Vectors, truth: Nearest, effort: int
) -> tuple[float, float]:
    """The recall, and the share of the questions whose nearest is found."""
    starts = range(0, len(questions), _BATCH)
    batches = (questions[at : at + _BATCH] for at in starts)
    found = [
        each for asked in batches for each in generation.search(asked, DEPTH, NO_FILTERS, effort)
    ]
    shares = map(_share, truth.ids, truth.scores, found)
    nearest = map(_share, truth.ids[:, :1], truth.scores[:, :1], (_first(each) for each in found))
    return float(np.mean(list(shares))), float(np.mean(list(nearest)))


def _first(found: tuple[Ids, Scores]) -> tuple[Ids, Scores]:
    return found[0][:1], found[1][:1]


def _share(ids: Ids, scores: Scores, found: tuple[Ids, Scores]) -> float:
    """The share of the nearest that is found; of equally near ones, any counts."""
    alike = found[1] >= scores[-1] - _EQUAL
    return float((np.isin(found[0], ids) | alike).sum() / len(ids))
