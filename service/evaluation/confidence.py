"""Measures whether a relevance of 0.8 is right eight times in ten, and whether `answered` is right.

Each question is asked twice: with the episodes that answer it, and with them and their duplicates
removed, so that any first hit is wrong. The third kind are off-topic questions, none of which is
among those that the snapshot was calibrated with.
"""

from contextlib import suppress
from dataclasses import dataclass
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from indexer.errors import UnknownEpisode
from indexer.ranking.calibration import GOOD_MATCH, Calibration
from indexer.ranking.calibration.query_runner import QueryRunner, Run
from indexer.ranking.fusion import Ranked
from indexer.snapshot import Snapshot
from service.evaluation.collection import Collection, Grades
from service.evaluation.metrics import Estimate, Floats, estimate, resampled

_BINS = 10


@dataclass(frozen=True)
class Confidence:
    auc_off_topic: Estimate  # of the first hit's relevance: right ones against off-topic questions
    auc_removed: Estimate  # the same: with the answer against without it
    calibration_error: Estimate  # expected calibration error of the first hit's relevance
    answered: Estimate  # share of the questions whose first hit is right
    answered_off_topic: Estimate


def off_topic_questions() -> list[str]:
    return files(__package__).joinpath("off_topic.txt").read_text().splitlines()


def measure_confidence(snapshot: Snapshot, collection: Collection) -> Confidence:
    asker = QueryRunner(snapshot.ranker(), snapshot.encoder)
    calibration = snapshot.calibration
    questions = [query.text for query in collection.queries]
    elsewhere = off_topic_questions()
    present, removed, right = [], [], []
    for query, run in zip(collection.queries, asker.run(questions), strict=True):
        left = run.at(_without_answers(asker, run.ranked, collection.qrels[query.query_id]))
        others = asker.reranked(left)
        present.append(_first(calibration, asker, run))
        right.append(int(run.ranked.rows[0]) not in others.ranked.rows)
        removed.append(_first(calibration, asker, others))
    other = [_first(calibration, asker, run) for run in asker.run(elsewhere)]
    found, gone, off = np.array(present), np.array(removed), np.array(other)
    first = np.array(right)
    asked_twice = np.column_stack((found, first, gone))
    return Confidence(
        auc_off_topic=resampled(auc, found[first], off),
        auc_removed=resampled(_auc_removed, asked_twice),
        calibration_error=resampled(_error, asked_twice),
        answered=estimate((found[first] >= GOOD_MATCH).tolist()),
        answered_off_topic=estimate((off >= GOOD_MATCH).tolist()),
    )


def _without_answers(asker: QueryRunner, ranked: Ranked, grades: Grades) -> NDArray[np.bool_]:
    others = np.full(len(ranked.rows), True)
    for episode_id, grade in grades.items():
        with suppress(UnknownEpisode):  # a judged episode that is not in the corpus
            if grade > 0:
                others &= asker.without(ranked, asker.ranker.episodes.row_of(episode_id))
    return others


def _auc_removed(asked_twice: Floats) -> float:
    """`asked_twice` is (questions, 3): relevance, whether the first hit was right, and relevance
    without it."""
    found, first, gone = asked_twice.T
    return auc(found[first == 1], gone)


def _error(asked_twice: Floats) -> float:
    found, first, gone = asked_twice.T
    labels = np.concatenate((first, np.zeros(len(gone))))
    return expected_calibration_error(np.concatenate((found, gone)), labels)


def _first(calibration: Calibration, asker: QueryRunner, run: Run) -> float:
    """The first hit's relevance."""
    return float(calibration.relevance.probability(asker.first(run))[0])


def auc(positives: Floats, negatives: Floats) -> float:
    """The probability that a positive scores above a negative; equal scores count half."""
    ordered = np.sort(negatives)
    below = np.searchsorted(ordered, positives, "left")
    not_above = np.searchsorted(ordered, positives, "right")
    return float((below + not_above).mean() / (2 * len(negatives)))


def expected_calibration_error(chances: Floats, labels: Floats) -> float:
    """The mean gap between predicted and observed probability, over bins of equal width."""
    bin_of = np.minimum((chances * _BINS).astype(int), _BINS - 1)
    return float(np.abs(np.bincount(bin_of, chances - labels)).sum() / len(labels))
