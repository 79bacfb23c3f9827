"""Directory in which worker processes share their metric counters; removed when the service stops.

A service that is killed leaves its directory behind, and the next one to start removes it. A lock
on the directory tells whether it is in use; the kernel releases it with the last process that has
it.
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
    """An empty directory, removed at the end; also removes what killed services have left."""
    parent = Path(tempfile.gettempdir())
    for left in parent.glob(f"{_PREFIX}*"):
        _remove_if_left(left)
    made = Path(tempfile.mkdtemp(prefix=f".{_PREFIX}", dir=parent))
    with _locked(made):
        ours = made.rename(parent / made.name.removeprefix("."))  # so that it is locked when seen
        try:
            yield ours
        finally:
            shutil.rmtree(ours)


def _remove_if_left(folder: Path) -> None:
    """Remove it only if this user owns it: others may write to the temporary directory."""
    with suppress(OSError):  # someone counts in it, or has just removed it
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
