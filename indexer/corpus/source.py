"""A file of a corpus: its name in messages and its content, compressed or not."""

import gzip
import io
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from indexer.corpus.records.location import Location, Unreadable

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

STANDARD_INPUT_NAME = "standard input"

FieldNames = tuple[tuple[str, str], ...]  # (summary, Show Notes): the user's name for a field

_GZIP = b"\x1f\x8b"
_MIB = 1 << 20
# Text packs 3 to 20 times; what unpacks to much more is made to fill the memory.
_MOST_RATIO = 100
_ALWAYS_UNPACKED = 16 * _MIB


@dataclass(frozen=True, slots=True)
class Source:
    name: str  # what the user called it: a path, an address, standard input
    path: Path  # where its bytes are
    base: str | None = None  # the address of relative ones in it, where that is not its name
    field_names: FieldNames = ()

    @property
    def suffix(self) -> str:
        """The suffix that tells the form: .csv of shows.csv.gz"""
        suffixes = [suffix.lower() for suffix in Path(self.name).suffixes]
        return next((suffix for suffix in reversed(suffixes) if suffix != ".gz"), "")

    def place(self, line: int | None = None, *, item: int | None = None) -> Location:
        return Location(self.name, line, item)

    def open(self) -> BinaryIO:
        """The bytes, decompressed. Raises Unreadable, also while they are read."""
        try:
            file = self.path.open("rb")
            if file.read(len(_GZIP)) == _GZIP:
                most = _ALWAYS_UNPACKED + _MOST_RATIO * self.path.stat().st_size
                file.close()
                return cast("BinaryIO", io.BufferedReader(_Unpacked(self, most)))
            file.seek(0)
        except OSError as error:
            raise self.unreadable(error) from error
        return file

    def head(self, size: int = 4096) -> bytes:
        with self.open() as file:
            return file.read(size)

    def read(self, most_mib: int, instead: str) -> bytes:
        """The whole content. Raises Unreadable above `most_mib`, saying what to do `instead`."""
        with self.open() as file:
            content = file.read(most_mib * _MIB + 1)
        if len(content) > most_mib * _MIB:
            raise Unreadable(self.place(), f"is larger than {most_mib} MiB; {instead}")
        return content

    def unreadable(self, error: OSError) -> Unreadable:
        return Unreadable(self.place(), f"cannot be read ({error.strerror or error})")


class _Unpacked(io.RawIOBase):
    def __init__(self, source: Source, most: int) -> None:
        self._source, self._most, self._read = source, most, 0
        self._file = gzip.GzipFile(source.path)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        target = memoryview(buffer)
        try:
            content = self._file.read(len(target))
        except (EOFError, OSError, zlib.error) as error:
            raise Unreadable(self._source.place(), f"is damaged gzip ({error})") from error
        self._read += len(content)
        if self._read > self._most:
            reason = f"unpacks to more than {_MOST_RATIO} times its size; unpack it yourself"
            raise Unreadable(self._source.place(), reason)
        target[: len(content)] = content
        return len(content)

    def close(self) -> None:
        self._file.close()
        super().close()
