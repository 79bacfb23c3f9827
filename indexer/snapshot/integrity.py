"""Verifies that a snapshot is complete, unchanged and of a known format."""

import json
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from indexer.errors import SegmenterMissing, SnapshotDamaged, SnapshotTooNew, SnapshotTooOld
from indexer.snapshot.layout import MANIFEST
from indexer.snapshot.manifest import FORMAT_VERSION, Manifest, is_whole
from indexer.storage.checksums import matches
from indexer.text import segmentation

_HASHED_WHOLE = 256 << 20  # bytes of a snapshot, which take a fifth of a second or less to hash

Depth = Literal["sampled", "full"]


def read_manifest(directory: Path) -> Manifest:
    """Read the manifest of a snapshot. Raises SnapshotDamaged, or SnapshotTooNew."""
    file = directory / MANIFEST
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        raise SnapshotDamaged(f"{file}: is missing; build the snapshot again.") from None
    return parse_manifest(content, directory)


def parse_manifest(
    content: bytes, directory: Path | str, remedy: str = "build the snapshot again"
) -> Manifest:
    """The manifest that was read from `directory`. Raises SnapshotDamaged, or SnapshotTooNew."""
    file = f"{directory}/{MANIFEST}"
    try:
        fields = json.loads(content)
        found = int(fields["format_version"])
        if found > FORMAT_VERSION:
            raise SnapshotTooNew(
                f"{directory}: is of format {found}, and this version reads up to "
                f"{FORMAT_VERSION}; upgrade, or build it again."
            )
        manifest = Manifest.model_validate(fields)
    except (ValueError, KeyError, TypeError, ValidationError) as error:
        raise SnapshotDamaged(f"{file}: cannot be read; {remedy}.") from error
    if found == FORMAT_VERSION and not is_whole(content):
        raise SnapshotDamaged(f"{file}: is damaged; {remedy}.")
    return manifest


def refuse_earlier(directory: Path | str, manifest: Manifest) -> None:
    """Raises SnapshotTooOld. A rebuild reads older formats too, but only this one is served."""
    if manifest.format_version < FORMAT_VERSION:
        raise SnapshotTooOld(
            f"{directory}: is of format {manifest.format_version}, and this version answers from "
            f"format {FORMAT_VERSION}; run episode-search reindex."
        )


def refuse_unsegmented(directory: Path, manifest: Manifest) -> None:
    """Raises SegmenterMissing: questions must be divided into words as the texts were."""
    segmenter = manifest.lexical.segmenter
    if segmenter is None:
        return
    if segmenter.name != segmentation.NAME:
        raise SegmenterMissing(
            f"{directory}: its words were found by {segmenter.name}, and this version finds those "
            f"of questions by {segmentation.NAME}; run episode-search reindex."
        )
    try:
        segmentation.version()
    except SegmenterMissing as error:
        raise SegmenterMissing(f"{directory}: {error}") from None


def verify(directory: Path, manifest: Manifest, depth: Depth = "full") -> None:
    """Check every file against the manifest.

    Raises SnapshotDamaged for the first file that differs, and OSError if a file cannot be read,
    which may be temporary.

    With depth "sampled", a snapshot of more than 256 MB opens within a second, whatever its size;
    only `python -m indexer verify` finds damage between the sampled blocks of its large files.
    """
    size = sum(record.bytes for record in manifest.files.values())
    sampled = depth == "sampled" and size > _HASHED_WHOLE
    for name, record in manifest.files.items():
        file = directory / name
        try:
            whole = matches(file, record, sampled=sampled)
        except (FileNotFoundError, NotADirectoryError):
            raise SnapshotDamaged(f"{file}: is missing; build the snapshot again.") from None
        if not whole:
            raise SnapshotDamaged(f"{file}: is damaged; build the snapshot again.")
