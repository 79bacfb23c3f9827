"""Reads the state of processes from /proc."""

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_PROC = Path("/proc")
_ZOMBIE = "Z"


def descriptors(pid: int) -> list[str]:
    """The target of each open file descriptor."""
    found = []
    for link in (_PROC / str(pid) / "fd").iterdir():
        with suppress(FileNotFoundError):  # it was closed in the meantime
            found.append(str(link.readlink()))
    return found


def is_running(pid: int) -> bool:
    try:
        state = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != _ZOMBIE


def snapshots_held(pid: int, root: Path) -> set[str]:
    """The snapshots of which it has a file open or mapped; not counting shared encoder files."""
    inside = re.compile(rf"{re.escape(str(root))}/([^/.][^/]*)/(?!encoder/)")
    return {found[1] for place in _places(pid) if (found := inside.search(place))}


def _places(pid: int) -> Iterator[str]:
    yield from descriptors(pid)
    yield from (_PROC / str(pid) / "maps").read_text().splitlines()
