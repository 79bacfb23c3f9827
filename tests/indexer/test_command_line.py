"""The command line of the indexer reuses options of the snapshot in force."""

from pathlib import Path

import pytest

from indexer.__main__ import main
from indexer.encoder.artifact import Artifact
from indexer.encoder.reranker import RerankerRecord
from indexer.snapshot import building, current_name, names, prune_between_builds, read_manifest
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
