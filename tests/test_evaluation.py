"""The ranking on the project's own small collection, against floors.json; figures of a prior."""

import json
from pathlib import Path

import numpy as np
import pytest

from indexer.snapshot import Snapshot
from service.evaluation.collection import read_beir
from service.evaluation.metrics import Estimate
from service.evaluation.systems import evaluate
from tests.conftest import SEEDS
from tests.evaluation.floors import shortfalls
from tests.evaluation.groups import group_collection
from tests.evaluation.left_out import OF_SAMPLES, Judged, figures, line


def test_seed_questions_rank_above_their_floors(seed_root: Path) -> None:
    report = evaluate(Snapshot.current(seed_root), read_beir(SEEDS / "questions"))

    assert shortfalls("questions", report) == []
    gained = {system: row["nDCG over hybrid"].mean for system, row in report.items()}
    assert gained["hybrid"] == 0
    assert gained["dense"] == pytest.approx(
        report["dense"]["nDCG@10"].mean - report["hybrid"]["nDCG@10"].mean
    )


def test_a_figure_below_its_floor_is_reported() -> None:
    low = Estimate(0.5, 0.4, 0.6)
    report = {system: {"nDCG@10": low, "MRR@10": low} for system in ("dense", "as served")}

    told = shortfalls("questions", report)

    assert len(told) == 4
    assert told[0] == "questions: nDCG@10 of dense is 0.500, under 0.83"


def test_parts_of_a_series_are_judged_by_titles_that_are_removed_from_the_corpus(
    tmp_path: Path,
) -> None:
    corpus, hidden = tmp_path / "corpus.jsonl", tmp_path / "hidden.jsonl"
    titles = {"a": "Crusoe, part 1", "b": "Crusoe (part 2)", "c": "Crusoe", "d": "Rome, part 2"}
    corpus.write_text(
        "".join(
            json.dumps({"id": each, "title": title, "summary": f"{title} It begins."}) + "\n"
            for each, title in titles.items()
        )
    )

    found = group_collection(corpus, hidden, "title")

    assert found.qrels == {"a": {"b": 1}, "b": {"a": 1}}
    written = [json.loads(line) for line in hidden.read_text().splitlines()]
    assert [sorted(record) for record in written] == [["id", "summary"]] * 4
    assert {record["summary"] for record in written} == {"It begins."}


def test_the_figures_of_a_corpus_are_those_of_its_questions() -> None:
    # Of two questions one is found; both have relevance .9, and .1 without their answers.
    two = [[0.9, 1, 0.1], [0.9, 0, 0.1]]
    found = figures([Judged(np.array(two * 200), np.array([0.1, 0.95]))])

    error = found["calibration error"]
    assert error.mean == pytest.approx((abs(0.9 + 0.9 - 1) + 0.1 + 0.1) / 4)
    # A share of the found of .5 +- .05 moves the error by half of that.
    assert (error.low, error.high) == pytest.approx((0.225, 0.275), abs=0.01)
    assert found["AUC without its answers"] == Estimate(1, 1, 1)
    assert found["AUC off-topic"] == Estimate(0.5, 0, 1)


def test_the_interval_of_samples_covers_what_other_samples_would_change() -> None:
    def sample(relevance: float) -> Judged:
        return Judged(np.array([[relevance, 1, 0]] * 100), np.full(50, 0.5))

    found = figures([sample(0.9), sample(0.1)])

    # A draw of two samples is twice the first, twice the second or, as often as these, both.
    assert found["AUC off-topic"] == Estimate(0.5, 0, 1)
    alone = figures([sample(0.9)])["calibration error"]
    assert (alone.low, alone.mean, alone.high) == pytest.approx((0.05, 0.05, 0.05))
    assert line({"calibration error": alone}, OF_SAMPLES) == (
        "calibration error 0.050 [0.050 0.050] (wanted 0.05)"
    )
