"""The calibration error of small corpora: samples of a collection, each built as a corpus."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from indexer.build import build
from indexer.encoder.artifact import Artifact
from indexer.ranking.calibration.query_runner import QueryRunner
from indexer.snapshot import Snapshot
from service.evaluation.collection import Collection
from service.evaluation.confidence import ask_twice, calibration_error, judged
from service.evaluation.metrics import Estimate, Floats, resampled
from tests.evaluation.samples import samples

SIZES = {8: 12, 50: 4, 300: 1}  # samples by their number of episodes


def errors_of_samples(
    collection: Collection, folder: Path, artifact: Artifact
) -> Iterator[tuple[int, Estimate]]:
    """Of each size the error of the questions of all samples together."""
    place = folder / f"{collection.name}-small"
    place.mkdir(parents=True, exist_ok=True)
    for size, count in SIZES.items():
        parts = samples(collection, size, count, place)
        twice = np.vstack([_judged(sample, place, artifact) for sample in parts])
        yield size, resampled(calibration_error, twice)


def _judged(sample: Collection, place: Path, artifact: Artifact) -> Floats:
    build([sample.corpus], place / "snapshots", artifact)
    snapshot = Snapshot.current(place / "snapshots")
    asker = QueryRunner(snapshot.ranker(), snapshot.encoder)
    return judged(ask_twice(asker, sample), snapshot.calibration.relevance)
