"""The ranking on the project's own small collection, against floors.json."""

from pathlib import Path

from indexer.snapshot import Snapshot
from tests.conftest import SEEDS
from tests.evaluation.collection import read_beir
from tests.evaluation.floors import shortfalls
from tests.evaluation.metrics import Estimate
from tests.evaluation.systems import evaluate


def test_the_seed_questions_keep_above_their_floors(seed_root: Path) -> None:
    report = evaluate(Snapshot.current(seed_root), read_beir(SEEDS / "questions"))

    assert shortfalls("questions", report) == []


def test_a_figure_under_its_floor_is_told() -> None:
    low = Estimate(0.5, 0.4, 0.6)
    report = {system: {"nDCG@10": low, "MRR@10": low} for system in ("dense", "as served")}

    told = shortfalls("questions", report)

    assert len(told) == 4
    assert told[0] == "questions: nDCG@10 of dense is 0.500, under 0.83"
