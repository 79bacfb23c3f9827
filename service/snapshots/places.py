"""Where snapshots are published: a directory of this machine, or an object store."""

import logging
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Protocol

from platformdirs import user_cache_path

from indexer.errors import NoSnapshot
from indexer.index.engine.engine import Engine
from indexer.snapshot import current_name, name_in_force
from indexer.snapshot.snapshot_cache import SnapshotCache
from indexer.snapshot.snapshot_store import Published, SnapshotStore

_log = logging.getLogger("uvicorn.error")


class Place(Protocol):
    def current(self, engine: Engine | None) -> Published:
        """What is in force. Raises NoSnapshot, SnapshotDamaged, StoreError or EngineError."""

    def holding(self, name: str) -> AbstractContextManager[Path]:
        """The directory of a snapshot, to open it."""

    def last(self) -> str | None:
        """What was in force when the place last answered, if it is still here."""


class Directory:
    def __init__(self, root: Path) -> None:
        self._root = root

    def __str__(self) -> str:
        return str(self._root)

    def current(self, engine: Engine | None) -> Published:
        """An engine that has the vectors says itself which of them are in force."""
        if engine is None:
            return Published(current_name(self._root))
        if name := name_in_force(self._root, engine):
            return Published(name)
        raise NoSnapshot(
            f"Nothing is published as {engine.address} yet; run make index with this INDEX."
        )

    def holding(self, name: str) -> AbstractContextManager[Path]:
        return nullcontext(self._root / name)

    def last(self) -> None:
        return None


class Store:
    """An object store, whose snapshots are fetched once into a cache."""

    def __init__(self, store: SnapshotStore, cache: SnapshotCache) -> None:
        self._store = store
        self._cache = cache

    def __str__(self) -> str:
        return self._store.address

    def current(self, engine: Engine | None) -> Published:
        """What was pushed last, after its vectors; the engine only has to answer."""
        if engine:
            engine.published()
        return self._store.current()

    @contextmanager
    def holding(self, name: str) -> Iterator[Path]:
        if not self._cache.has(self._store, name):
            _log.info("fetching %s from %s", name, self._store.address)
        with self._cache.holding(self._store, name) as directory:
            yield directory

    def last(self) -> str | None:
        return self._cache.last(self._store)


def place_of(address: Path | str, cache: Path | None, max_cache_bytes: int) -> Place:
    """A directory, or the store of an address. Raises StoreError if a package is missing."""
    if isinstance(address, Path):
        return Directory(address)
    folder = cache or user_cache_path("episode-search") / "snapshots"
    return Store(SnapshotStore(address), SnapshotCache(folder, max_cache_bytes))
