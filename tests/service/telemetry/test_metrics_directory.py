"""The directory of a service's metric counters, and those of killed services."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from service.telemetry import metrics_directory
from tests.conftest import REPOSITORY
from tests.test_server import wait_until

COUNTING = """
import os, time
from service.telemetry import metrics_directory
with metrics_directory.metrics_directory() as folder:
    (folder / "counter.db").touch()
    if forked := os.fork():
        print(folder, forked, flush=True)
    time.sleep(60)
"""


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return tmp_path


def test_the_directory_is_removed_when_the_service_stops(place: Path) -> None:
    with (
        metrics_directory.metrics_directory() as first,
        metrics_directory.metrics_directory() as second,
    ):
        assert first != second
        assert set(place.iterdir()) == {first, second}

    assert not list(place.iterdir())


def test_the_directory_of_a_killed_service_is_removed_once_its_last_process_ends() -> None:
    counting = subprocess.Popen(
        [sys.executable, "-c", COUNTING], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True
    )
    with counting:
        assert counting.stdout
        theirs, forked = counting.stdout.readline().split()
        counting.kill()
        counting.wait()
        with metrics_directory.metrics_directory():
            assert Path(theirs).exists()
        os.kill(int(forked), signal.SIGKILL)
        wait_until(lambda: is_removed(Path(theirs)))


def is_removed(left: Path) -> bool:
    with metrics_directory.metrics_directory():
        return not left.exists()


def test_files_that_are_not_directories_are_not_removed(place: Path) -> None:
    elsewhere = place / "elsewhere"
    elsewhere.mkdir()
    (place / "episode-search-counts-link").symlink_to(elsewhere)

    with metrics_directory.metrics_directory():
        pass

    assert elsewhere.exists()
