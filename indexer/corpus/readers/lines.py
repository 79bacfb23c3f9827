"""Reads the lines of a text file; bytes that are not UTF-8 are kept as lone surrogates."""

import io
from collections.abc import Iterator

from indexer.corpus.records.location import Unreadable
from indexer.corpus.source import Source
from indexer.corpus.unicode_marks import UTF_8, is_wide

_LONGEST = 1 << 24  # characters; a line is held in memory whole


def read_lines(source: Source, newline: str | None = None, encoding: str = UTF_8) -> Iterator[str]:
    """Yield the lines of `source`; bytes that are not UTF-8 come as unpaired surrogates.

    Raises Unreadable where it is UTF-16 or UTF-32 against `encoding`, has no end of line, or
    cannot be read.
    """
    if encoding == UTF_8 and is_wide(source.head(4)):
        raise Unreadable(source.place(), "is not UTF-8; save it as UTF-8")
    try:
        with io.TextIOWrapper(
            source.open(),
            encoding=encoding,
            errors="surrogateescape" if encoding == UTF_8 else "replace",
            newline=newline,
        ) as text:
            while line := text.readline(_LONGEST):
                if len(line) == _LONGEST:
                    raise Unreadable(source.place(), f"has a line of over {_LONGEST:,} characters")
                yield line
    except OSError as error:
        raise source.unreadable(error) from error
