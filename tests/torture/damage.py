"""Opens and publishes snapshots of which a file has a flipped bit, is truncated, or is removed."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from random import Random

from indexer.errors import SnapshotError
from indexer.snapshot import Snapshot, switch
from tests.benchmarks.servers import running
from tests.fakes import fake_artifact
from tests.torture.editions import FIRST, publish
from tests.torture.row import Ground, Row
from tests.torture.service import ask, service, until

TIMES = 200
_EPISODES = 50
_MANIFEST = "manifest.json"
_MOST_GONE = 3  # files removed at a time

Harm = Callable[[bytes, Random], bytes | None]


def flipped(content: bytes, rng: Random) -> bytes:
    """The content with one random bit flipped."""
    place = rng.randrange(len(content))
    byte = content[place] ^ 1 << rng.randrange(8)
    return content[:place] + bytes([byte]) + content[place + 1 :]


def cut_short(content: bytes, rng: Random) -> bytes:
    return content[: rng.randrange(len(content))]


def gone(_: bytes, __: Random) -> None:
    return None


def run(ground: Ground, dose: float) -> Row:
    times = round(TIMES * dose)
    opened = list(_opened(ground, times))
    published = list(_published(ground))
    return Row(
        test=f"every file of a snapshot, {times} bit flips, truncations and missing files each",
        wanted="every one refused before it answers, by name; the old one goes on",
        measured=f"{sum(opened):,} of {len(opened):,} refused when opened, {sum(published)} of "
        f"{len(published)} when published to a service, which went on with the old one",
        held=all(opened) and all(published),
        figures={"opened": len(opened), "published": len(published)},
    )


def _opened(ground: Ground, times: int) -> Iterator[bool]:
    """Whether each damaged snapshot is refused; the fake encoder keeps its files small."""
    place = ground.directory / "opened"
    harmer = _Harmer(Ground(place, fake_artifact(place / "encoder")))
    with harmer.copy() as copy:
        for name, harm in harmer.harms() * times:
            with harmer.harmed(copy, name, harm) as names:
                yield _is_refused(copy, names)


def _is_refused(directory: Path, names: set[str]) -> bool:
    try:
        Snapshot(directory)
    except SnapshotError as error:
        return _is_named(str(error), directory, names)
    return False


def _published(ground: Ground) -> Iterator[bool]:
    """Whether a service refuses each damaged snapshot and answers from the undamaged one."""
    harmer = _Harmer(ground)
    with running(service(harmer.root, "--refresh-interval=0.05")) as server:
        server.first_answer("/search?q=anything")
        for name, harm in harmer.harms():
            with harmer.copy() as copy, harmer.harmed(copy, name, harm) as names:
                switch(harmer.root, copy.name)
                yield until(lambda: _goes_on(server.port, harmer.whole, copy, names))


def _goes_on(port: int, whole: Path, refused: Path, names: set[str]) -> bool:
    readiness = ask(port, "/readyz")
    return readiness["snapshot"] == ask(port, "/search?q=anything")[
        "snapshot"
    ] == whole.name and _is_named(readiness["problem"] or "", refused, names)


def _is_named(message: str, directory: Path, names: set[str]) -> bool:
    """Whether the message names a damaged file, or the directory for an unknown format."""
    return any(f"{directory / name}: " in message for name in names) or (
        _MANIFEST in names and message.startswith(f"{directory}: is of format")
    )


class _Harmer:
    """Damages copies of a snapshot and restores them."""

    def __init__(self, ground: Ground) -> None:
        editions = publish(ground, _EPISODES)
        self.root = editions.root
        self.whole = editions.root / editions.snapshots[FIRST]
        self._rng = Random(0)
        self._numbers = count(1)
        files = sorted(file for file in self.whole.rglob("*") if file.is_file())
        self._sizes = {str(file.relative_to(self.whole)): file.stat().st_size for file in files}

    def harms(self) -> list[tuple[str, Harm]]:
        """Every file with every kind of damage; an empty file can only be removed."""
        return [
            (name, harm)
            for name, size in self._sizes.items()
            for harm in ((flipped, cut_short, gone) if size else (gone,))
        ]

    @contextmanager
    def copy(self) -> Iterator[Path]:
        """A copy under a new name, made of hard links."""
        copy = self.whole.with_name(f"{self.whole.name}-{next(self._numbers)}")
        shutil.copytree(self.whole, copy, copy_function=os.link)
        yield copy
        shutil.rmtree(copy)

    @contextmanager
    def harmed(self, copy: Path, name: str, harm: Harm) -> Iterator[set[str]]:
        """Damages a file within the block; gives the names of all files that are damaged then."""
        names = {name}
        if harm is gone:
            names.update(self._rng.sample(sorted(self._sizes), self._rng.randrange(_MOST_GONE)))
        for each in names:
            self._harm(copy / each, harm)
        yield names
        for each in names:
            (copy / each).unlink(missing_ok=True)
            os.link(self.whole / each, copy / each)

    def _harm(self, file: Path, harm: Harm) -> None:
        """Replace the file by a damaged one; writing to it would damage the original too."""
        content = harm(file.read_bytes(), self._rng)
        file.unlink()
        if content is not None:
            file.write_bytes(content)
