"""Where the processes of one service count together: a folder that lasts as long as they do.

One that is killed leaves its folder behind, and the next to start removes it. Whether anyone still
counts in a folder is told by a lock on it, which the system takes back from whoever ends, however
they end; processes that were forked have it in common.
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
    """Empty; removed at the end, as is what others have left."""
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
    """If it is this user's own: in a folder for all, anyone may put anything."""
    with suppress(OSError):  # someone counts in it, or has just removed it
        if folder.lstat().st_uid == os.geteuid():
            with _locked(folder):
                shutil.rmtree(folder)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Raises BlockingIOError where another has the lock."""
    descriptor = os.open(folder, os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)
