"""Writes that survive a crash: each function returns when the data is on the disk."""

import os
from pathlib import Path


def write_synced(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    sync_directory(file)


def flush_file(file: Path) -> None:
    """Make the file readable for every user, such as the service's, and flush it to the disk."""
    file.chmod(0o644)
    sync_directory(file)


def sync_directory(path: Path) -> None:
    """Flush a directory, or a file, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
