"""Writes that are on the disk when they return."""

import os
from pathlib import Path


def write_synced(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    sync_directory(file)


def flush_file(file: Path) -> None:
    """Readable by whoever serves it, and on the disk."""
    file.chmod(0o644)
    sync_directory(file)


def sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
