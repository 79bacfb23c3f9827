"""The evaluation that prints base and adapted encoder side by side."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from indexer.corpus import read_corpus
from indexer.episode import Episode, Podcast
from service.evaluation.confidence import auc_removed, calibration_error
from service.evaluation.metrics import Floats
from tests.evaluation.adapted.__main__ import _adaptation, _parser, _sketch, main
from tests.evaluation.adapted.rows import mean_row, measured_row
from tests.indexer.adaptation import topics


def test_base_and_adapted_encoder_are_printed_side_by_side(
    tiny_model: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("indexer.adaptation.adaptation._STEPS", 4)
    corpus = topics.write(tmp_path / "corpus.jsonl", [*topics.episodes(), *_parts()])
    few = topics.write(tmp_path / "few.jsonl", topics.episodes(2, 4))
    judged = _judged(tmp_path / "answered")
    asked = ("--corpus", f"{few}", f"{corpus}", "--judged", f"{judged}", "--adapt-minutes", "60")
    options = ("--model", f"{tiny_model}", "--precision", "fp32", "--snapshots", f"{tmp_path}/out")

    code = main([*asked, *options])
    told = capsys.readouterr()

    assert code == 0, told.err
    assert "few: 8 episodes\nthe base goes on: the corpus is too small, with" in told.out
    assert re.search(r"memory of the process, at most [1-9][\d,]* MiB \(wanted: 4,096\)", told.out)
    tables = told.out.split("\n\n")[-4:]
    assert [table.split(":")[0] for table in tables] == [
        "titles held out, among 48 episodes",
        "answered",
        "similar, parts of one story, among 54 episodes",
        "titles held out, among 486 episodes",
    ]
    base, adapted, gain, least, most = _figures(tables[0].splitlines()[2])
    assert gain == pytest.approx(adapted - base, abs=0.0011)
    assert least <= gain <= most

    adaptation = _adaptation(_parser().parse_args([*asked, *options]))
    episodes = list(read_corpus([corpus], lambda _: None))
    assert not adaptation.trial(episodes, _sketch(episodes)).is_new


def test_a_difference_has_the_interval_of_the_same_questions() -> None:
    """Each question gains .1, so the difference is sure, though the means are not."""
    base = [0.1, 0.5, 0.9, 0.2, 0.6]
    row = mean_row("dense", base, [each + 0.1 for each in base], "")

    assert row.difference.low == pytest.approx(0.1)
    assert row.difference.high == pytest.approx(0.1)
    assert row.base.high - row.base.low > 0.1


def test_the_difference_of_a_measure_is_zero_where_both_sides_are_equal() -> None:
    some = [[0.9, 1, 0.2], [0.4, 0, 0.5], [0.7, 1, 0.6], [0.3, 1, 0.1]]
    values: Floats = np.array(some * 10)

    for measure in (auc_removed, calibration_error):
        row = measured_row("", measure, values, values.copy(), "no worse")
        assert row.base == row.adapted
        assert row.difference.low == row.difference.mean == row.difference.high == 0


def _figures(row: str) -> list[float]:
    """Base, adapted, difference and its interval."""
    told = [float(each) for each in re.findall(r"[-+]?\d*\.\d+(?!\d*%)", row)]
    return [told[0], told[3], *told[6:9]]


def _parts() -> list[Episode]:
    """Three stories of two parts each, of one podcast."""
    made = topics.episodes(1, 6, seed=1)
    return [
        replace(
            each,
            episode_id=f"part-{number}",
            title=f"{made[number // 2 * 2].title}, part {number % 2 + 1}",
            podcast=Podcast("stories"),
        )
        for number, each in enumerate(made)
    ]


def _judged(folder: Path) -> Path:
    folder.mkdir()
    records = [each.to_json() for each in topics.episodes(2, 10, seed=2)]
    texts = [{"id": each["id"], "text": each["summary"]} for each in records]
    _write(folder / "corpus.jsonl", texts)
    _write(folder / "queries.jsonl", [{"id": "q", "text": records[0]["title"]}])
    (folder / "qrels.tsv").write_text(f"query-id\tcorpus-id\tscore\nq\t{records[0]['id']}\t1\n")
    return folder


def _write(file: Path, records: list[dict[str, object]]) -> None:
    file.write_text("".join(f"{json.dumps(each)}\n" for each in records))
