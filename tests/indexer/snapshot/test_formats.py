"""Snapshots of every format version: the current one answers, earlier ones are refused by name."""

import json
import shutil
from pathlib import Path

import pytest

from indexer.errors import SnapshotTooOld
from indexer.snapshot import Snapshot, current_name, read_manifest
from indexer.snapshot.manifest import FORMAT_VERSION
from service.search.query import Question
from service.search.question_cache import QuestionCache
from service.search.retriever import Retriever
from tests.conftest import EPISODES, REPOSITORY

BUILT = sorted((REPOSITORY / "tests" / "snapshots").glob("format-*"))


def test_there_is_a_snapshot_of_each_format() -> None:
    versions = [read_manifest(root / current_name(root)).format_version for root in BUILT]

    assert versions == list(range(1, FORMAT_VERSION + 1))


def test_the_current_format_answers_as_before(tmp_path: Path) -> None:
    root = shutil.copytree(BUILT[-1], tmp_path / "snapshots")
    retriever = Retriever(Snapshot.current(root), QuestionCache(0))

    (answer,) = retriever.search([Question("jazz guitar", 2)])

    assert json.loads(answer.hits[0].episode) == EPISODES[1]
    assert answer.hits[0].highlight
    assert answer.hits[0].highlight.text == "Jazz on guitar and piano."
    assert answer.answered


@pytest.mark.parametrize("built", BUILT[:-1], ids=lambda root: root.name)
def test_an_earlier_format_is_refused_by_name(built: Path, tmp_path: Path) -> None:
    root = shutil.copytree(built, tmp_path / "snapshots")
    version = built.name.replace("-", " ")

    with pytest.raises(SnapshotTooOld, match=f"{current_name(root)}: is of {version}.*reindex"):
        Snapshot.current(root)
