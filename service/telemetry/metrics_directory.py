"""Directory in which worker processes share their metric counters; removed when the service stops.

A service that is killed leaves its directory behind; the next service to start removes it. A lock
on the directory shows whether it is in use; the kernel releases the lock when the last process of
the service ends.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_PREFIX = "episode-search-counts-"


@contextmanager
def metrics_directory() -> Iterator[Path]:
    """An empty directory, removed at the end; also removes those of killed services."""
    parent = Path(tempfile.gettempdir())
    for left in parent.glob(f"{_PREFIX}*"):
        _remove_if_left(left)
    made = Path(tempfile.mkdtemp(prefix=f".{_PREFIX}", dir=parent))
    with _locked(made):
        ours = made.rename(parent / made.name.removeprefix("."))  # visible only once it is locked
        try:
            yield ours
        finally:
            shutil.rmtree(ours)


def _remove_if_left(folder: Path) -> None:
    """Remove it if it is not in use and belongs to this user: other users write to /tmp too."""
    with suppress(OSError):  # it is in use, or another service has just removed it
        if folder.lstat().st_uid == os.geteuid():
            with _locked(folder):
                shutil.rmtree(folder)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Raises BlockingIOError if another process holds the lock."""
    descriptor = os.open(folder, os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)
