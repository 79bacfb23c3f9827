"""Snapshots of object stores on the local disk: whole ones, the last used kept longest.

Several processes may share the cache. One fetches while the others of its store wait; a directory
gets its name when everything in it is verified, and what is open is never removed.
"""

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from indexer.errors import SnapshotDamaged, SnapshotError
from indexer.snapshot.integrity import read_manifest, verify
from indexer.snapshot.layout import LOCK, MANIFEST, NAME, STAGING
from indexer.snapshot.retention import current_name, hold, remove_unused, switch
from indexer.snapshot.snapshot_store import SnapshotStore
from indexer.storage.durable_write import sync_directory

_SHOWN = 1e9  # bytes of the unit in messages


class SnapshotCache:
    def __init__(self, directory: Path, max_bytes: int) -> None:
        self._directory = directory
        self._max_bytes = max_bytes

    @contextmanager
    def holding(self, store: SnapshotStore, name: str) -> Iterator[Path]:
        """The directory of a snapshot, which stays there meanwhile; fetched if it is not there yet.

        Raises SnapshotError, StoreError, or OSError if the disk has no room for it.
        """
        folder = self._folder(store)
        with _alone(folder):
            held = _held(folder / name) or self._fetched(store, folder / name)
            os.utime(folder / name)  # the time of its last use
            if self.last(store) != name:
                switch(folder, name)
        try:
            yield folder / name
        finally:
            os.close(held)

    def last(self, store: SnapshotStore) -> str | None:
        """The snapshot of this store that was used last; None if it is not here any more."""
        folder = self._folder(store)
        with suppress(SnapshotError):
            name = current_name(folder)
            return name if (folder / name).exists() else None
        return None

    def has(self, store: SnapshotStore, name: str) -> bool:
        return (self._folder(store) / name).exists()

    def _folder(self, store: SnapshotStore) -> Path:
        return self._directory / hashlib.sha256(store.address.encode()).hexdigest()[:16]

    def _fetched(self, store: SnapshotStore, directory: Path) -> int:
        """Fetch the snapshot; returns the descriptor that holds it."""
        manifest, content = store.manifest(directory.name)
        self._make_room(sum(record.bytes for record in manifest.files.values()))
        staging = Path(tempfile.mkdtemp(prefix=STAGING, dir=directory.parent))
        try:
            store.fetch(manifest, content, staging)
            held = hold(staging / MANIFEST)  # which no one else can remove from now on
            sync_directory(staging)
            staging.rename(directory)
            sync_directory(directory.parent)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
        return held

    def _make_room(self, needed: int) -> None:
        """Remove what was used longest ago, and is not open, until so many more bytes fit."""
        found = sorted((_used(each), each) for each in self._directory.glob("*/*") if _is_one(each))
        sizes = {each: _size(each) for _, each in found}
        total = needed + sum(sizes.values())
        for each, size in sizes.items():
            if total > self._max_bytes and remove_unused(each):
                total -= size
        free = shutil.disk_usage(self._directory).free
        if free < needed:
            raise OSError(
                f"{self._directory}: a snapshot of {needed / _SHOWN:.1f} GB is wanted, and "
                f"{free / _SHOWN:.1f} GB are free; make room, or name another --snapshot-cache"
            )


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Lock the folder, waiting for others; remove what a killed process has left."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK).open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for left_behind in folder.glob(f"{STAGING}*"):
            shutil.rmtree(left_behind)
        yield


def _held(directory: Path) -> int | None:
    """A descriptor that holds the snapshot; None if it is not here, or damaged: then it is removed.

    It may have been removed between opening and locking: then its manifest has no name any more.
    """
    try:
        held = hold(directory / MANIFEST)
    except SnapshotDamaged:
        shutil.rmtree(directory, ignore_errors=True)
        return None
    try:
        if os.fstat(held).st_nlink:
            verify(directory, read_manifest(directory), "sampled")
            return held
    except SnapshotDamaged:
        shutil.rmtree(directory, ignore_errors=True)
    except BaseException:
        os.close(held)
        raise
    os.close(held)
    return None


def _is_one(directory: Path) -> bool:
    return NAME.fullmatch(directory.name) is not None


def _used(directory: Path) -> float:
    try:
        return directory.stat().st_mtime
    except FileNotFoundError:  # another process has just removed it
        return 0.0


def _size(directory: Path) -> int:
    size = 0
    for file in directory.rglob("*"):
        with suppress(FileNotFoundError):
            size += file.stat().st_size
    return size
