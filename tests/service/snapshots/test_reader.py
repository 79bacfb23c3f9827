"""Snapshots are opened, refused, and tried again."""

import errno
from pathlib import Path

import pytest

from indexer.errors import SnapshotDamaged
from service.search.question_cache import QuestionCache
from service.search.retriever import Retriever
from service.snapshots.reader import SnapshotReader
from service.snapshots.self_test import self_test
from tests.conftest import BuildFake


class Opening:
    """A self-test that fails with each error in turn, then passes."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *errors: Exception) -> None:
        self.tried = 0
        self._errors = list(errors)
        monkeypatch.setattr("service.snapshots.reader.self_test", self)

    def __call__(self, retriever: Retriever) -> None:
        self.tried += 1
        if self._errors:
            raise self._errors.pop(0)
        self_test(retriever)


@pytest.fixture
def reader(root: Path, build_fake: BuildFake) -> SnapshotReader:
    build_fake()
    return SnapshotReader(root, QuestionCache(0))


PASSING = (
    OSError(errno.EMFILE, "Too many open files"),
    MemoryError("cannot allocate"),
    ValueError("tantivy could not open a file"),
)


@pytest.mark.parametrize("error", PASSING, ids=lambda error: type(error).__name__)
def test_a_temporary_failure_is_retried_at_once_on_request(
    monkeypatch: pytest.MonkeyPatch, reader: SnapshotReader, error: Exception
) -> None:
    opening = Opening(monkeypatch, error)
    reader.refresh()
    assert str(error) == reader.problem

    reader.refresh()
    assert opening.tried == 1, "it waits before it tries again"
    reader.refresh(at_once=True)

    assert reader.snapshot
    assert reader.problem is None


def test_a_temporary_failure_is_retried_after_pauses_that_double(
    monkeypatch: pytest.MonkeyPatch, reader: SnapshotReader
) -> None:
    now = [100.0]
    monkeypatch.setattr("service.snapshots.backoff.time.monotonic", lambda: now[0])
    opening = Opening(monkeypatch, *PASSING)
    tried = []
    for second in range(100, 110):
        now[0] = second
        reader.refresh()
        tried.append(opening.tried)

    assert tried == [1, 2, 2, 3, 3, 3, 3, 4, 4, 4]
    assert reader.snapshot is not None


def test_a_damaged_snapshot_stays_refused_even_on_request(
    monkeypatch: pytest.MonkeyPatch, reader: SnapshotReader
) -> None:
    opening = Opening(monkeypatch, SnapshotDamaged("damaged"))
    reader.refresh()
    reader.refresh(at_once=True)
    assert (opening.tried, reader.snapshot, reader.problem) == (1, None, "damaged")
