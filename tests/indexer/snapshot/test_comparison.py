import json
from pathlib import Path

import pytest

from indexer.build import BuildOptions, build
from indexer.encoder.artifact import Artifact
from indexer.errors import TooMuchChurn
from indexer.snapshot import Snapshot, current_name, names
from indexer.snapshot.comparison import Gate, churn, compare, read_questions, sampled_questions
from tests.conftest import EPISODES, BuildFake

STREAMS, JAZZ, ROME, SOIL = EPISODES
OTHERS = [{"id": f"other {e['id']}", "summary": e["summary"]} for e in EPISODES]


def test_churn_is_0_for_the_same_list_and_1_for_another() -> None:
    assert churn(["a", "b"], ["a", "b"]) == pytest.approx(0)
    assert churn(["a", "b"], ["c", "d"]) == 1
    assert churn([], []) == 0


def test_churn_at_the_top_weighs_more() -> None:
    """By hand: the overlap is 1/2 at depth 1 and 1 at depth 2; the weights are .9 and .81."""
    assert churn(["a", "b"], ["b", "a"]) == pytest.approx(1 - 0.81 / (0.9 + 0.81))
    assert churn(["a", "b", "c"], ["b", "a", "c"]) > churn(["a", "b", "c"], ["a", "c", "b"])


def test_a_comparison_names_the_questions_that_moved_and_counts_the_lost(
    build_fake: BuildFake, root: Path
) -> None:
    old = Snapshot(root / build_fake().manifest.snapshot_id)
    new = Snapshot(root / build_fake([STREAMS, ROME, SOIL]).manifest.snapshot_id)
    compared = compare(old, new, ["jazz guitar", "history of Rome"])
    assert compared.changes.removed == 1
    assert compared.moved[0].question == "jazz guitar"
    assert "1 lost" in str(compared)
    assert compare(old, old).churn == pytest.approx(0)


def test_without_questions_titles_are_used(build_fake: BuildFake, root: Path) -> None:
    episodes = Snapshot(root / build_fake().manifest.snapshot_id).episodes
    assert set(sampled_questions(episodes)) >= {"Streams", "Jazz on guitar and piano."}


def test_questions_are_read_one_a_line_or_as_json_lines(tmp_path: Path) -> None:
    plain, lines = tmp_path / "q.txt", tmp_path / "q.jsonl"
    plain.write_text("who?\n\nwhat?\n")
    lines.write_text('{"id": 1, "text": "who?"}\n{"id": 2, "text": "what?"}\n')
    assert read_questions(plain) == read_questions(lines) == ["who?", "what?"]


def test_a_snapshot_with_too_much_churn_is_kept_but_not_put_in_force(
    build_fake: BuildFake, root: Path, tmp_path: Path, artifact: Artifact
) -> None:
    old = build_fake().manifest.snapshot_id
    corpus = tmp_path / "others.jsonl"
    corpus.write_text("\n".join(map(json.dumps, OTHERS)))
    with pytest.raises(TooMuchChurn, match=r"its churn is 1\.000, more than 0\.5"):
        build([corpus], root, artifact, BuildOptions(gate=Gate(0.5)))
    assert current_name(root) == old
    assert len(names(root)) == 2
    assert build([corpus], root, artifact, BuildOptions(gate=Gate(1))).changes.removed == len(
        EPISODES
    )
    assert current_name(root) != old
