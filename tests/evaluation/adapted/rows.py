"""Rows of the comparison: a measure by both encoders, and the difference question by question."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from indexer.ranking.calibration.query_runner import QueryRunner
from indexer.snapshot import Snapshot
from service.evaluation.collection import Collection
from service.evaluation.confidence import AskedTwice, ask_twice, auc_removed, calibration_error
from service.evaluation.confidence import judged as judged_by
from service.evaluation.metrics import Estimate, Floats, estimate, resampled
from service.evaluation.systems import SYSTEMS, measure
from tests.evaluation import similar
from tests.evaluation.adapted.sides import Sides

DENSE, SERVED = "dense", "as served"
NOT_BELOW, NO_WORSE = "not below", "no worse"
_METRIC = "nDCG@10"


@dataclass(frozen=True)
class Row:
    name: str
    base: Estimate
    adapted: Estimate
    difference: Estimate  # adapted less base, of the same questions
    wanted: str


def ranking_rows(
    sides: Sides, collection: Collection, dense: str = "", served: str = NOT_BELOW
) -> Iterator[Row]:
    """nDCG@10 by meaning alone and as served; `dense` and `served` say what is wanted."""
    systems = {each.name: each for each in SYSTEMS}
    for name, wanted in ((DENSE, dense), (SERVED, served)):
        base, adapted = (measure(side, systems[name], collection)[_METRIC] for side in sides)
        yield mean_row(name, base, adapted, wanted)


def similar_rows(sides: Sides, collection: Collection, wanted: str) -> Iterator[Row]:
    """nDCG@10 of similar episodes, by the vectors of their texts alone and as served."""
    for system in (DENSE, SERVED) if collection.queries else ():
        base, adapted = (similar.measure(side, collection, system)[_METRIC] for side in sides)
        yield mean_row(system, base, adapted, wanted if system == DENSE else NOT_BELOW)


def confidence_rows(sides: Sides, collection: Collection) -> Iterator[Row]:
    """Of the relevance of first hits, with the episode that answers and with it removed.

    None if every hit answers.
    """
    by_base, by_adapted = (_judged(side, collection) for side in sides)
    common = sorted(by_base.keys() & by_adapted.keys())
    if not common:
        return
    base, adapted = (np.vstack([side[each] for each in common]) for side in (by_base, by_adapted))
    yield measured_row("AUC, episode removed", auc_removed, base, adapted, NO_WORSE)
    yield measured_row("calibration error", calibration_error, base, adapted, NO_WORSE)


def mean_row(name: str, base: Sequence[float], adapted: Sequence[float], wanted: str) -> Row:
    gains = [after - before for before, after in zip(base, adapted, strict=True)]
    return Row(name, estimate(base), estimate(adapted), estimate(gains), wanted)


def measured_row(
    name: str, measure: Callable[[Floats], float], base: Floats, adapted: Floats, wanted: str
) -> Row:
    """A measure of (questions, n) values; both sides are resampled together."""

    def gain(both: Floats) -> float:
        before, after = np.hsplit(both, 2)
        return measure(after) - measure(before)

    difference = resampled(gain, np.hstack((base, adapted)))
    return Row(name, resampled(measure, base), resampled(measure, adapted), difference, wanted)


def _judged(snapshot: Snapshot, collection: Collection) -> dict[str, Floats]:
    """What `judged` returns of each question, by its id."""
    asker = QueryRunner(snapshot.ranker(), snapshot.encoder)
    asked: list[AskedTwice] = ask_twice(asker, collection)
    if not asked:
        return {}
    values = judged_by(asked, snapshot.calibration.relevance)
    return {each.query_id: row for each, row in zip(asked, values, strict=True)}
