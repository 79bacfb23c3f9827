"""What the command line of the indexer takes over from the snapshot in force."""

from pathlib import Path

import pytest

from indexer.__main__ import main
from indexer.encoder.artifact import Artifact
from indexer.encoder.reranker import RerankerRecord
from indexer.snapshot import (
    Snapshot,
    building,
    current_name,
    names,
    prune_between_builds,
    read_manifest,
)
from tests.conftest import EPISODES, BuildFake


def test_a_reindex_asks_for_the_same_revision_of_the_reranker(
    monkeypatch: pytest.MonkeyPatch, root: Path, build_fake: BuildFake, artifact: Artifact
) -> None:
    build_fake()
    record = RerankerRecord(
        model="reranker", revision="abc", fingerprint="", files={}, max_tokens=1, probes=()
    )
    manifest = read_manifest(root / current_name(root)).model_copy(update={"reranker": record})
    asked: list[tuple[object, ...]] = []
    monkeypatch.setattr("indexer.__main__.read_manifest", lambda _: manifest)
    monkeypatch.setattr("indexer.__main__.resolve_model", lambda *names: asked.append(names))
    monkeypatch.setattr("indexer.__main__.prepare", lambda *_: artifact)
    monkeypatch.setattr("indexer.__main__.prepare_reranker", lambda *_: None)

    assert main(["reindex", "--out", str(root)]) == 0

    assert ("reranker", "abc") in asked


def test_nothing_is_pruned_while_a_build_is_running(root: Path, build_fake: BuildFake) -> None:
    for count in (1, 2, 3):
        build_fake(EPISODES[:count])
    with building(root):
        prune_between_builds(root, keep=1)
        assert len(names(root)) == 3
    prune_between_builds(root, keep=1)
    assert len(names(root)) < 3


def test_a_reindex_remembers_what_the_fields_are_called(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, root: Path, artifact: Artifact
) -> None:
    table = tmp_path / "a.csv"
    table.write_text("What,Body\nFog,On horns.\n")
    monkeypatch.setattr("indexer.__main__.resolve_model", lambda *_: None)
    monkeypatch.setattr("indexer.__main__.prepare", lambda *_: artifact)
    out = ["--out", str(root)]

    assert main(["build", "--corpus", str(table), *out, "--map", "summary=Body,title=What"]) == 0
    table.write_text("What,Body\nFog,On horns.\nTin,On bronze.\n")
    assert main(["reindex", *out]) == 0

    assert read_manifest(root / current_name(root)).corpus.episodes == 2
    assert main(["reindex", *out, "--max-lost", "1", "--map", "summary=What"]) == 0
    store = Snapshot.current(root).episodes
    assert [store.episode(row).summary for row in range(2)] == ["Fog", "Tin"]


def test_a_map_that_cannot_be_understood_is_told(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, root: Path
) -> None:
    assert main(["build", "--corpus", str(tmp_path), "--out", str(root), "--map", "sumary=A"]) == 1
    assert "MAP has the field 'sumary'" in capsys.readouterr().err
