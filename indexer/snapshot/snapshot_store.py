"""The snapshots in an object store, which services fetch and `push` publishes.

They are named as in a directory. A snapshot is there when its manifest is, which is written after
its files; `CURRENT` is written last.
"""

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from indexer.errors import NoSnapshot, SnapshotDamaged
from indexer.snapshot.integrity import parse_manifest, read_manifest, refuse_earlier, verify
from indexer.snapshot.layout import CURRENT, MANIFEST, NAME
from indexer.snapshot.manifest import Manifest
from indexer.snapshot.retention import current_name, hold
from indexer.storage.checksums import FileRecord, matches
from indexer.storage.durable_write import flush_file, write_synced
from indexer.storage.object_store import ObjectStore

_AT_A_TIME = 8  # files that are fetched, or uploaded
_CHUNK = 4 << 20
_REMEDY = "run python -m indexer push --again"


class Published(NamedTuple):
    """The name that `CURRENT` has, and which writing of `CURRENT` that is."""

    name: str
    version: str = ""


class SnapshotStore:
    """Each method raises StoreError if the store refuses or does not answer."""

    def __init__(self, address: str) -> None:
        self._objects = ObjectStore(address)
        self._last: Published | None = None

    @property
    def address(self) -> str:
        return self._objects.address

    def current(self) -> Published:
        """What is in force; `CURRENT` is read again only if its ETag is another.

        Raises NoSnapshot, or SnapshotDamaged.
        """
        try:
            version = self._objects.version(CURRENT)
            if self._last is None or version != self._last.version:
                self._last = Published(self._name(), version)
        except FileNotFoundError:
            self._objects.refuse_missing_bucket()
            raise NoSnapshot(
                f"Nothing is published in {self.address} yet; run python -m indexer push."
            ) from None
        return self._last

    def manifest(self, name: str) -> tuple[Manifest, bytes]:
        """The manifest of a snapshot and what it is read from.

        Raises SnapshotDamaged, SnapshotTooNew or SnapshotTooOld.
        """
        directory = self._objects.place(name)
        try:
            content = self._objects.read(f"{name}/{MANIFEST}")
        except FileNotFoundError:
            raise SnapshotDamaged(f"{directory}/{MANIFEST}: is missing; {_REMEDY}.") from None
        manifest = parse_manifest(content, directory, _REMEDY)
        refuse_earlier(directory, manifest)
        for file in map(PurePosixPath, manifest.files):
            if file.is_absolute() or ".." in file.parts:
                raise SnapshotDamaged(f"{directory}/{MANIFEST}: {file} is no file of a snapshot.")
        return manifest, content

    def fetch(self, manifest: Manifest, content: bytes, directory: Path) -> None:
        """Write the whole snapshot to an empty directory. Raises SnapshotDamaged."""

        def fetch(name: str, record: FileRecord) -> None:
            path, target = f"{manifest.snapshot_id}/{name}", directory / name
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                self._objects.fetch(path, target)
            except FileNotFoundError:
                raise self._damaged(path, "missing") from None
            if not matches(target, record, sampled=False):
                raise self._damaged(path, "damaged")
            flush_file(target)

        with ThreadPoolExecutor(_AT_A_TIME) as pool:
            list(pool.map(fetch, manifest.files.keys(), manifest.files.values()))
        write_synced(directory / MANIFEST, content)

    def verify(self) -> str:
        """Check every file of the snapshot in force against its checksum; returns what was found.

        Raises SnapshotDamaged for the first file that differs.
        """
        name = self.current().name
        manifest, _ = self.manifest(name)
        for file, record in manifest.files.items():
            digest = hashlib.sha256()
            try:
                for chunk in self._objects.chunks(f"{name}/{file}", _CHUNK):
                    digest.update(chunk)
            except FileNotFoundError:
                raise self._damaged(f"{name}/{file}", "missing") from None
            if digest.hexdigest() != record.sha256:
                raise self._damaged(f"{name}/{file}", "damaged")
        return f"{self._objects.place(name)}: all {len(manifest.files)} files are unchanged"

    def push(self, root: Path, keep: int, *, again: bool = False) -> str:
        """Put the snapshot in force of `root` in force here; returns its name.

        Nothing is uploaded that is here already, unless `again`. Keeps the newest `keep` snapshots.
        Raises NoSnapshot or SnapshotDamaged if there is nothing whole to publish.
        """
        self._objects.refuse_missing_bucket()
        name = current_name(root)
        held = hold(root / name / MANIFEST)
        try:
            manifest = read_manifest(root / name)
            verify(root / name, manifest)
            if again or not self._has(manifest):
                self._upload(root / name, manifest)
        finally:
            os.close(held)
        self._objects.write(CURRENT, f"{name}\n".encode())
        self._prune(name, keep)
        return name

    def _has(self, manifest: Manifest) -> bool:
        """Whether every file is here in its size, and the manifest, which is written last."""
        sizes = self._objects.sizes(manifest.snapshot_id)
        wanted = {name: record.bytes for name, record in manifest.files.items()}
        return MANIFEST in sizes and wanted.items() <= sizes.items()

    def _upload(self, directory: Path, manifest: Manifest) -> None:
        def upload(name: str) -> None:
            self._objects.upload(directory / name, f"{manifest.snapshot_id}/{name}")

        with ThreadPoolExecutor(_AT_A_TIME) as pool:
            list(pool.map(upload, manifest.files))
        self._objects.write(
            f"{manifest.snapshot_id}/{MANIFEST}", (directory / MANIFEST).read_bytes()
        )

    def _prune(self, in_force: str, keep: int) -> None:
        kept = sorted(name for name in self._objects.names() if NAME.fullmatch(name))
        for name in kept[: max(0, len(kept) - keep)]:
            if name != in_force:
                self._remove(name)

    def _remove(self, name: str) -> None:
        """The manifest first: without it, the rest is no snapshot."""
        with suppress(FileNotFoundError):  # of an upload that was killed
            self._objects.remove(f"{name}/{MANIFEST}")
        self._objects.remove(name)

    def _name(self) -> str:
        name = self._objects.read(CURRENT).decode(errors="replace").strip()
        if not NAME.fullmatch(name):
            raise SnapshotDamaged(
                f"{self._objects.place(CURRENT)}: does not name a snapshot; {_REMEDY}."
            )
        return name

    def _damaged(self, path: str, how: str) -> SnapshotDamaged:
        return SnapshotDamaged(f"{self._objects.place(path)}: is {how}; {_REMEDY}.")
