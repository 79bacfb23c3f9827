"""Measures whether a relevance of 0.8 is right eight times in ten, and whether `answered` is right.

Each question is asked twice: with the episodes that answer it, and with them and their duplicates
removed, so that any first hit is wrong. The third kind are off-topic questions, none of which is
among those that the snapshot was calibrated with.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.resources import files
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from indexer.errors import UnknownEpisode
from indexer.ranking.calibration import GOOD_MATCH
from indexer.ranking.calibration.logistic import Logistic
from indexer.ranking.calibration.query_runner import QueryRunner
from indexer.ranking.fusion import Ranked
from indexer.snapshot import Snapshot
from service.evaluation.collection import Collection, Grades
from service.evaluation.metrics import Estimate, Floats, estimate, resampled
from service.search.query import Question
from service.search.question_cache import QuestionCache
from service.search.retriever import Retriever

_BINS = 10
_SHOWN = 50  # hits whose order is looked at


@dataclass(frozen=True)
class Confidence:
    auc_off_topic: Estimate  # of the first hit's relevance: right ones against off-topic questions
    auc_removed: Estimate  # the same: with the answer against without it
    calibration_error: Estimate  # expected calibration error of the first hit's relevance
    answered: Estimate  # share of the questions whose first hit is right
    answered_off_topic: Estimate
    answered_removed: Estimate
    out_of_order: Estimate  # share of the answers that have a hit above a more probable one
    empty_feeds: Estimate  # share of the questions that are answered and whose feed is empty


class AskedTwice(NamedTuple):
    """The features of the first hits of a question, (1, 9)."""

    found: Floats
    is_right: bool
    removed: Floats  # without the episodes that answer


def off_topic_questions() -> list[str]:
    return files(__package__).joinpath("off_topic.txt").read_text().splitlines()


def ask_twice(asker: QueryRunner, collection: Collection) -> list[AskedTwice]:
    """Without questions whose every hit answers."""
    asked = []
    runs = asker.run([query.text for query in collection.queries])
    for query, run in zip(collection.queries, runs, strict=True):
        without = _without_answers(asker, run.ranked, collection.qrels[query.query_id])
        if without.any():
            removed = asker.first(asker.reranked(run.at(without)))
            asked.append(AskedTwice(asker.first(run), not without[0], removed))
    return asked


def judged(asked: Sequence[AskedTwice], relevance: Logistic) -> Floats:
    """(questions, 3): relevance, whether the first hit was right, and relevance without it."""
    found = relevance.probability(np.vstack([each.found for each in asked]))
    removed = relevance.probability(np.vstack([each.removed for each in asked]))
    return np.column_stack((found, [each.is_right for each in asked], removed))


def measure_confidence(snapshot: Snapshot, collection: Collection) -> Confidence:
    asker = QueryRunner(snapshot.ranker(), snapshot.encoder)
    relevance = snapshot.calibration.relevance
    twice = judged(ask_twice(asker, collection), relevance)
    elsewhere = [asker.first(run) for run in asker.run(off_topic_questions())]
    off = relevance.probability(np.vstack(elsewhere))
    found = twice[twice[:, 1] == 1, 0]
    disordered, empty = _served(snapshot, [query.text for query in collection.queries])
    return Confidence(
        auc_off_topic=resampled(auc, found, off),
        auc_removed=resampled(auc_removed, twice),
        calibration_error=resampled(calibration_error, twice),
        answered=estimate((found >= GOOD_MATCH).tolist()),
        answered_off_topic=estimate((off >= GOOD_MATCH).tolist()),
        answered_removed=estimate((twice[:, 2] >= GOOD_MATCH).tolist()),
        out_of_order=estimate(disordered),
        empty_feeds=estimate(empty),
    )


def _served(snapshot: Snapshot, questions: Sequence[str]) -> tuple[list[float], list[float]]:
    """Of each question whether its hits are out of order, and whether its feed lacks its answer."""
    retriever = Retriever(snapshot, QuestionCache(len(questions)))
    disordered, empty = [], []
    for text in questions:
        (answer,) = retriever.search([Question(text, _SHOWN)])
        relevance = [hit.relevance for hit in answer.hits]
        disordered.append(float(relevance != sorted(relevance, reverse=True)))
        in_feed = Question(text, 1, min_relevance=retriever.good_match, sort="date")
        empty.append(float(answer.answered and not retriever.search([in_feed])[0].hits))
    return disordered, empty


def _without_answers(asker: QueryRunner, ranked: Ranked, grades: Grades) -> NDArray[np.bool_]:
    others = np.full(len(ranked.rows), True)
    for episode_id, grade in grades.items():
        with suppress(UnknownEpisode):  # a judged episode that is not in the corpus
            if grade > 0:
                others &= asker.without(ranked, asker.ranker.episodes.row_of(episode_id))
    return others


def auc_removed(twice: Floats) -> float:
    """Of right first hits against those without the answers; `twice` is what `judged` returns."""
    found, first, gone = twice.T
    return auc(found[first == 1], gone)


def calibration_error(twice: Floats) -> float:
    """Of the questions with their answers and without; `twice` is what `judged` returns."""
    found, first, gone = twice.T
    labels = np.concatenate((first, np.zeros(len(gone))))
    return expected_calibration_error(np.concatenate((found, gone)), labels)


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
