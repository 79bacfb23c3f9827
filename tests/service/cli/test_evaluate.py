"""`episode-search evaluate` on a corpus of the user's own, and on judged questions."""

import json
from pathlib import Path

import pytest

from tests.conftest import SEEDS, BuildFake
from tests.service.cli.test_command import run

TITLED = [
    {"id": "streams", "title": "Kafka and Flink", "summary": "Kafka and Flink: streams of queues."},
    {"id": "jazz", "title": "Jazz on guitar", "summary": "Jazz on guitar and piano."},
    {"id": "rome", "title": "Rome", "summary": "A history of Rome and its empire."},
]


def test_the_titles_of_the_snapshot_in_force_are_hidden_and_asked(
    root: Path, build_fake: BuildFake
) -> None:
    build_fake(TITLED)
    told = run("evaluate", "--snapshots", str(root))

    assert told.returncode == 0, told.stderr
    assert "in-force: 3 episodes, 2 questions" in told.stdout  # a word alone is no question
    assert "as served" in told.stdout
    hidden = (root / "evaluation" / "in-force.jsonl").read_text().splitlines()
    assert ["title" in json.loads(line) for line in hidden] == [False] * 3


def test_judged_questions_and_files_are_measured_as_json(seed_root: Path, tmp_path: Path) -> None:
    corpus = tmp_path / "mine.jsonl"
    corpus.write_text("".join(json.dumps(episode) + "\n" for episode in TITLED))
    told = run(
        *("evaluate", "--snapshots", str(seed_root), "--json"),
        *("--data", str(SEEDS / "questions"), "--corpus", str(corpus)),
    )

    assert told.returncode == 0, told.stderr
    figures = json.loads(told.stdout)
    assert [*figures] == ["questions", "mine"]
    assert figures["questions"]["as served"]["nDCG@10"]["mean"] > 0.8
    assert figures["mine"]["as served"]["recall@10"]["mean"] == 1
    assert figures["mine"]["confidence"]["calibration_error"]["mean"] >= 0


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        ((), 3, "Nothing is published"),
        (("--corpus", "untitled.txt"), 5, "no episode has a title"),
        (("--corpus", "missing.txt"), 5, "missing.txt"),
        (("--data", "missing"), 5, "missing"),
        (("--data", "broken"), 5, "queries.jsonl:2: is no question"),
        (("--data", "unjudged"), 5, "no question of queries.jsonl has an answer"),
        (("--corpus", "untitled.txt", "--model", "./no-model"), 5, "no-model"),
    ],
)
def test_a_failure_is_reported_in_a_sentence(
    tmp_path: Path, arguments: tuple[str, ...], code: int, told: str
) -> None:
    (tmp_path / "untitled.txt").write_text("A baker explains sourdough.\n")
    written = code == 5 and "missing" not in told
    for name, queries in {"broken": '{"id": 1, "text": "a"}\n{"id": 2}\n', "unjudged": ""}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "queries.jsonl").write_text(queries)
        (tmp_path / name / "qrels.tsv").write_text("query\tepisode\tgrade\n1\ta\t1\n")
    failed = run("evaluate", *arguments, cwd=tmp_path)

    assert (failed.returncode, failed.stderr.count("\n")) == (code, 1), failed.stderr
    assert told in failed.stderr
    assert written or not (tmp_path / ".snapshots").exists()
