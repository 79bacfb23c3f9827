"""What the kernel tells of a process."""

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_PROC = Path("/proc")
_ZOMBIE = "Z"


def descriptors(pid: int) -> list[str]:
    """What each open one leads to."""
    found = []
    for link in (_PROC / str(pid) / "fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            found.append(str(link.readlink()))
    return found


def is_running(pid: int) -> bool:
    try:
        state = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != _ZOMBIE


def snapshots_held(pid: int, root: Path) -> set[str]:
    """The names of those it has a file of open or mapped; not of an encoder, which they share."""
    inside = re.compile(rf"{re.escape(str(root))}/([^/.][^/]*)/(?!encoder/)")
    return {found[1] for place in _places(pid) if (found := inside.search(place))}


def _places(pid: int) -> Iterator[str]:
    yield from descriptors(pid)
    yield from (_PROC / str(pid) / "maps").read_text().splitlines()
