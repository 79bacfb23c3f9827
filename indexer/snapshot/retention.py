"""Decides which snapshots are kept and which one is in force; replaces `CURRENT` atomically.

An open snapshot holds a shared lock on its manifest, which the kernel releases when the process
ends, so pruning never removes a directory that is in use.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from indexer.errors import BuildInProgress, NoSnapshot, SnapshotDamaged, SnapshotError
from indexer.index.engine.engine import Engine
from indexer.snapshot.engine_record import (
    EngineRecord,
    name_in_force,
    open_in_engine,
    retire,
)
from indexer.snapshot.integrity import read_manifest, refuse_earlier, verify
from indexer.snapshot.layout import CURRENT, EMBEDDINGS, LOCK, MANIFEST, NAME, STAGING
from indexer.snapshot.manifest import Manifest
from indexer.storage.durable_write import sync_directory, write_synced


def current_name(root: Path) -> str:
    """The name of the snapshot in force. Raises NoSnapshot, or SnapshotDamaged."""
    try:
        name = (root / CURRENT).read_text(errors="replace").strip()
    except FileNotFoundError:
        raise NoSnapshot(f"Nothing is published in {root} yet; run episode-search index.") from None
    if not NAME.fullmatch(name):
        raise SnapshotDamaged(
            f"{root / CURRENT}: does not name a snapshot; run episode-search index."
        )
    return name


def names(root: Path) -> list[str]:
    """The names of the kept snapshots, oldest first."""
    return sorted(path.name for path in root.iterdir() if NAME.fullmatch(path.name))


@contextmanager
def building(root: Path) -> Iterator[None]:
    """Lock the directory for one build and remove what a killed build has left.

    Raises BuildInProgress.
    """
    root.mkdir(parents=True, exist_ok=True)
    with (root / LOCK).open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BuildInProgress(f"{root}: another build is at work; wait for it.") from None
        for left_behind in root.glob(f"{STAGING}*"):
            shutil.rmtree(left_behind)
        yield


def switch(root: Path, name: str) -> None:
    """Put the snapshot `name` in force by one atomic rename."""
    with tempfile.TemporaryDirectory(prefix=STAGING, dir=root) as directory:
        written = Path(directory) / CURRENT
        write_synced(written, f"{name}\n".encode())
        written.replace(root / CURRENT)
    sync_directory(root)


def publish(root: Path, name: str, engine: Engine | None) -> None:
    """Put the snapshot in force: if an engine has its vectors, by a step of that engine."""
    record = EngineRecord.of(read_manifest(root / name).index)
    if engine and record:
        engine.publish(record.generation)
    switch(root, name)


def follow(root: Path, engine: Engine) -> None:
    """Put in force here what the engine has published, if a build was killed between the two.

    Raises EngineMismatch if it was published from another folder.
    """
    published = name_in_force(root, engine)
    with suppress(SnapshotError):
        in_force = current_name(root)
        bound = read_manifest(root / in_force).engine == engine.address
        if published and bound and published != in_force:
            switch(root, published)


def rollback(root: Path, name: str | None = None, engine: Engine | None = None) -> str:
    """Put `name`, or else the snapshot before the one in force, in force; return its name.

    Raises NoSnapshot if it is no longer kept, SnapshotDamaged if a file is missing or altered,
    SnapshotTooOld or SnapshotTooNew for another format, and EngineError if its vectors are in an
    engine that is not `engine` or does not have them.
    """
    with building(root):
        wanted = name or read_manifest(root / current_name(root)).previous
        if wanted not in (kept := names(root)):
            raise NoSnapshot(
                f"{root}: {wanted or 'an earlier snapshot'} is not kept; take one of "
                f"{', '.join(kept)}."
            )
        manifest = read_manifest(root / wanted)
        refuse_earlier(root / wanted, manifest)
        verify(root / wanted, manifest)
        if record := EngineRecord.of(manifest.index):
            open_in_engine(root / wanted, manifest, record, engine)
        publish(root, wanted, engine)
    return wanted


def prune(root: Path, keep: int, engine: Engine | None = None) -> list[str]:
    """Remove all but the newest `keep` snapshots; never one in force or in use.

    Returns the names of those removed. Also removes the embedding caches of encoders that no
    remaining snapshot uses, and the generations of `engine` that none is bound to.
    """
    kept, in_force = names(root), current_name(root)
    old = [name for name in kept[: max(0, len(kept) - keep)] if name != in_force]
    removed = [name for name in old if remove_unused(root / name)]
    _forget_encoders(root)
    if engine:
        before = read_manifest(root / in_force).previous
        retire(root, engine, {in_force, before or in_force})
    return removed


def prune_between_builds(root: Path, keep: int, engine: Engine | None = None) -> None:
    """Prune, unless a build is running: a build prunes when it ends."""
    with suppress(BuildInProgress), building(root):
        prune(root, keep, engine)


def hold(manifest: Path) -> int:
    """A file descriptor with a shared lock on the manifest; closing it releases the lock.

    Raises SnapshotDamaged if the manifest is missing.
    """
    try:
        descriptor = os.open(manifest, os.O_RDONLY)
    except FileNotFoundError:
        raise SnapshotDamaged(f"{manifest}: is missing; build the snapshot again.") from None
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    return descriptor


def _forget_encoders(root: Path) -> None:
    kept = {manifest.embedded_by.fingerprint for manifest in _readable_manifests(root)}
    for file in (root / EMBEDDINGS).glob("*.sqlite"):
        if file.stem.partition("-")[0] not in kept:
            file.unlink()


def _readable_manifests(root: Path) -> Iterator[Manifest]:
    for name in names(root):
        with suppress(SnapshotError):
            yield read_manifest(root / name)


def remove_unused(directory: Path) -> bool:
    """Remove a snapshot, unless it is open; whether it was removed."""
    try:
        with (directory / MANIFEST).open("rb") as manifest:
            fcntl.flock(manifest, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Remove the manifest first: if the process is killed now, the rest is no snapshot.
            (directory / MANIFEST).unlink()
    except BlockingIOError:
        return False
    except FileNotFoundError:
        pass
    shutil.rmtree(directory)
    return True
