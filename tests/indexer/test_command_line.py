"""The command line of the indexer reuses options of the snapshot in force."""

import json
from pathlib import Path

import pytest

from indexer.__main__ import main
from indexer.encoder.artifact import Artifact
from indexer.encoder.model import Model
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


def test_a_reindex_uses_the_same_revision_of_the_reranker(
    monkeypatch: pytest.MonkeyPatch, root: Path, build_fake: BuildFake, artifact: Artifact
) -> None:
    build_fake()
    record = RerankerRecord(
        model="reranker", revision="abc", fingerprint="", files={}, max_tokens=1, probes=()
    )
    manifest = read_manifest(root / current_name(root)).model_copy(update={"reranker": record})
    asked: list[tuple[object, ...]] = []
    monkeypatch.setattr("indexer.commands.builds.read_manifest", lambda _: manifest)
    monkeypatch.setattr(
        "indexer.commands.publishing.resolve_model", lambda *names: asked.append(names)
    )
    monkeypatch.setattr("indexer.commands.publishing.prepare", lambda *_: artifact)
    monkeypatch.setattr("indexer.commands.publishing.prepare_reranker", lambda *_: None)

    assert main(["reindex", "--out", str(root)]) == 0

    assert ("reranker", "abc") in asked


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, artifact: Artifact) -> Path:
    """A model in a folder and a corpus; the fake encoder stands for the model."""

    def prepared(model: Model, *_: object) -> Artifact:
        record = artifact.record.called(model.name, model.revision)
        files = {"fingerprint": model.fingerprint}
        return Artifact(artifact.directory, record.model_copy(update=files))

    monkeypatch.setattr("indexer.commands.publishing.prepare", prepared)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "corpus.jsonl").write_text("\n".join(map(json.dumps, EPISODES)))
    folder = tmp_path / "models" / "mine"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(b"weights")
    return folder


def index(model: Path) -> int:
    arguments = ["--corpus", "corpus.jsonl", "--model", str(model)]
    return main(["build", *arguments, "--out", "published/snapshots"])


def reindex(root: Path) -> int:
    return main(["reindex", "--reread", "--out", str(root)])


def test_a_reindex_finds_a_model_of_a_relative_path_from_any_folder(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert index(Path("models/mine")) == 0
    root = tmp_path / "published" / "snapshots"
    record = read_manifest(root / current_name(root)).encoder
    assert (record.model, record.public_model) == (str(model), "mine")
    monkeypatch.chdir("/")
    assert reindex(root) == 0


def test_a_model_that_moved_together_with_the_snapshots_is_found(
    model: Path, tmp_path: Path
) -> None:
    index(model)
    new = tmp_path / "moved"
    new.mkdir()
    (tmp_path / "models").rename(new / "models")
    (tmp_path / "published").rename(new / "published")
    assert reindex(new / "published" / "snapshots") == 0


def test_a_model_that_was_built_from_elsewhere_is_found_there(model: Path, tmp_path: Path) -> None:
    index(model)
    root = tmp_path / "published" / "snapshots"
    before = current_name(root)
    model.rename(tmp_path / "elsewhere")
    index(tmp_path / "elsewhere")
    assert current_name(root) == before
    assert reindex(root) == 0


def test_a_model_that_is_gone_is_told_in_one_line(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    index(model)
    model.rename(tmp_path / "elsewhere")
    assert reindex(tmp_path / "published" / "snapshots") == 1
    (told,) = capsys.readouterr().err.splitlines()
    assert told.startswith(f"error: {model}: the model of the snapshot in force is no longer there")


def test_a_model_that_left_the_hub_is_told_with_the_snapshot(
    model: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    commit = "a" * 40
    kept = model.rename(tmp_path / commit)
    asked: list[str | None] = []

    def download(name: str, revision: str | None, **_: object) -> str:
        asked.append(revision)
        if revision and len(asked) > 2:
            raise OSError(f"{name} is gone")
        return str(kept)

    monkeypatch.setattr("huggingface_hub.snapshot_download", download)
    root = tmp_path / "published" / "snapshots"
    assert index(Path("someone/model")) == 0
    assert (reindex(root), reindex(root)) == (0, 1)
    assert asked == [None, commit, commit]
    told = capsys.readouterr().err
    assert f"a model of {current_name(root)} cannot be found again: the model 'someone" in told


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
    monkeypatch.setattr("indexer.commands.publishing.resolve_model", lambda *_: None)
    monkeypatch.setattr("indexer.commands.publishing.prepare", lambda *_: artifact)
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
