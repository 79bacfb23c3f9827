"""The ranking on the project's own small collection, against floors.json."""

import json
from pathlib import Path

import pytest

from indexer.snapshot import Snapshot
from service.evaluation.collection import read_beir
from service.evaluation.metrics import Estimate
from service.evaluation.systems import evaluate
from tests.conftest import SEEDS
from tests.evaluation.floors import shortfalls
from tests.evaluation.groups import group_collection


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
