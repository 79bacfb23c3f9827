"""Ranking metrics of one question, and confidence intervals of means over many."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.evaluation.collection import Grades

Floats = NDArray[np.float64]

_RESAMPLES = 1000


def ndcg_at_10(ranking: Sequence[str], grades: Grades) -> float:
    """nDCG@10 (Järvelin and Kekäläinen 2002) with linear gain, as in trec_eval."""
    ideal = sorted(grades.values(), reverse=True)[:10]
    found = [grades.get(episode_id, 0) for episode_id in ranking[:10]]
    return _discounted(found) / _discounted(ideal)


def mrr_at_10(ranking: Sequence[str], grades: Grades) -> float:
    ranks = (rank for rank, hit in enumerate(ranking[:10], 1) if grades.get(hit, 0) > 0)
    return 1 / next(ranks, float("inf"))


def recall_at(k: int, ranking: Sequence[str], grades: Grades) -> float:
    relevant = {episode_id for episode_id, grade in grades.items() if grade > 0}
    return len(relevant & set(ranking[:k])) / len(relevant)


def _discounted(gains: Sequence[int]) -> float:
    return float(sum(gain / np.log2(rank + 1) for rank, gain in enumerate(gains, 1)))


@dataclass(frozen=True)
class Estimate:
    """A mean, or another measure, and the middle 95% of its bootstrap distribution."""

    mean: float
    low: float
    high: float


def estimate(values: Sequence[float]) -> Estimate:
    samples = np.asarray(values)
    picks = np.random.default_rng(0).integers(0, len(samples), (_RESAMPLES, len(samples)))
    low, high = np.percentile(samples[picks].mean(axis=1), [2.5, 97.5])
    return Estimate(float(samples.mean()), float(low), float(high))


def resampled(measure: Callable[..., float], *samples: Floats) -> Estimate:
    """The bootstrap estimate of a measure of samples of questions, (n, …) each.

    For an error, the interval may lie above the measured value.
    """
    return resampled_corpora(measure, [samples])


def resampled_corpora(
    measure: Callable[..., float], corpora: Sequence[tuple[Floats, ...]]
) -> Estimate:
    """The same of the questions of several corpora together: draws corpora, then their questions.

    So the interval also covers what another draw of the corpora would change (Davison and Hinkley
    1997, section 3.8).
    """
    rng = np.random.default_rng(0)
    drawn = []
    for _ in range(_RESAMPLES):
        picked = [corpora[place] for place in rng.integers(0, len(corpora), len(corpora))]
        again = [
            tuple(each[rng.integers(0, len(each), len(each))] for each in samples)
            for samples in picked
        ]
        drawn.append(measure(*_together(again)))
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Estimate(measure(*_together(corpora)), float(low), float(high))


def _together(corpora: Sequence[tuple[Floats, ...]]) -> list[Floats]:
    return [np.concatenate(parts) for parts in zip(*corpora, strict=True)]
