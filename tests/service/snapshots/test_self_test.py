"""The self-test of a newly opened snapshot."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from indexer.errors import SnapshotDamaged
from indexer.snapshot import Snapshot
from service.search.cancellation import Cancellation
from service.search.query import Answer, Question
from service.search.question_cache import QuestionCache
from service.search.retriever import Retriever
from service.snapshots.self_test import self_test
from tests.conftest import BuildFake


class Astray(Retriever):
    """A retriever that finds nothing."""

    def search(self, questions: Sequence[Question], _: Sequence[Cancellation] = ()) -> list[Answer]:
        return [Answer([], answered=False) for _ in questions]


def test_a_snapshot_that_finds_its_own_episodes_passes(root: Path, build_fake: BuildFake) -> None:
    build_fake()
    self_test(Retriever(Snapshot.current(root), QuestionCache(0)))


def test_a_snapshot_that_finds_none_of_its_episodes_is_refused(
    root: Path, build_fake: BuildFake
) -> None:
    build_fake()
    with pytest.raises(SnapshotDamaged, match="does not find its own episodes"):
        self_test(Astray(Snapshot.current(root), QuestionCache(0)))
