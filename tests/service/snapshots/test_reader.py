"""Snapshots are opened, refused, and tried again."""

import asyncio
import errno
from pathlib import Path
from threading import Event

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


def test_a_failure_does_not_end_the_watch_for_new_snapshots(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    root: Path,
    build_fake: BuildFake,
) -> None:
    """As where a metric cannot be counted because the disk is full."""
    build_fake()
    reader = SnapshotReader(root, QuestionCache(0))
    refresh, tried = reader.refresh, Event()

    def failing() -> None:
        if not tried.is_set():
            tried.set()
            raise OSError("No space left on device")
        refresh()

    monkeypatch.setattr(reader, "refresh", failing)

    async def watch() -> None:
        watching = asyncio.create_task(reader.watch(0.001))
        while reader.snapshot is None:
            assert not watching.done()
            await asyncio.sleep(0.001)
        watching.cancel()

    asyncio.run(asyncio.wait_for(watch(), 20))
    assert "No space left on device" in caplog.text
