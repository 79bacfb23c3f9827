"""Checks that a file is unchanged.

SHA-256 of the whole file finds every change. SHA-256 of blocks spread evenly over the file takes
milliseconds for a file of any size, but misses damage between the blocks.
"""

import hashlib
import os
from pathlib import Path

from pydantic import BaseModel, ConfigDict

_BLOCK = 64 << 10
_BLOCKS = 32
SAMPLED_FROM = _BLOCK * _BLOCKS  # bytes; a smaller file is read whole


class FileRecord(BaseModel):
    model_config = ConfigDict(frozen=True)

    bytes: int
    sha256: str
    sample: str = ""  # SHA-256 of the sampled blocks; empty in snapshots before format 2


def sha256_of(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def sample_of(file: Path) -> str:
    with file.open("rb") as stream:
        size = os.fstat(stream.fileno()).st_size
        if size <= SAMPLED_FROM:
            return hashlib.file_digest(stream, "sha256").hexdigest()
        digest = hashlib.sha256()
        for block in range(_BLOCKS):
            stream.seek(block * (size - _BLOCK) // (_BLOCKS - 1))
            digest.update(stream.read(_BLOCK))
        return digest.hexdigest()


def file_record(file: Path) -> FileRecord:
    return FileRecord(bytes=file.stat().st_size, sha256=sha256_of(file), sample=sample_of(file))


def matches(file: Path, record: FileRecord, *, sampled: bool) -> bool:
    """Whether size and checksum of `file` are those of `record`. Raises OSError."""
    if file.stat().st_size != record.bytes:
        return False
    return sample_of(file) == record.sample if sampled else sha256_of(file) == record.sha256
