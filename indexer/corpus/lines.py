"""Lines of a text file, numbered, with what is not UTF-8 kept recognisable."""

import codecs
from collections.abc import Iterator
from pathlib import Path

from indexer.errors import CorpusError

_OTHER_ENCODINGS = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE, codecs.BOM_UTF16_LE)


def read_lines(path: Path, newline: str | None = None) -> Iterator[str]:
    """Yield the lines of `path`; bytes that are not UTF-8 come as unpaired surrogates.

    Raises CorpusError where the file is UTF-16 or UTF-32, or cannot be read.
    """
    try:
        with path.open("rb") as file:
            if file.read(4).startswith((*_OTHER_ENCODINGS, codecs.BOM_UTF16_BE)):
                raise CorpusError(f"{path}: is not UTF-8; save it as UTF-8.")
        with path.open(encoding="utf-8-sig", errors="surrogateescape", newline=newline) as text:
            yield from text
    except OSError as error:
        raise CorpusError(f"{path}: cannot be read ({error.strerror}).") from error
