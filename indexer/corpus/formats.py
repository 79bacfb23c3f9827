"""Chooses the reader of a source by its suffix or, without a known one, by its first bytes."""

import re
from collections.abc import Callable, Iterator
from functools import partial

from indexer.corpus.feeds import address_list, opml
from indexer.corpus.feeds.feed import read_feed
from indexer.corpus.readers.delimited import read_delimited
from indexer.corpus.readers.json_document import read_json
from indexer.corpus.readers.json_lines import read_json_lines
from indexer.corpus.readers.parquet import read_parquet
from indexer.corpus.readers.plain_text import read_text
from indexer.corpus.readers.shaping import Unshaped, has_summary
from indexer.corpus.records.location import Record, Rejection, Unreadable
from indexer.corpus.source import STANDARD_INPUT_NAME, Source
from indexer.corpus.unicode_marks import decoded

Reader = Callable[[Source], Iterator[Record | Rejection]]

_READERS: dict[str, Reader] = {
    ".txt": read_text,
    ".jsonl": read_json_lines,
    ".ndjson": read_json_lines,
    ".json": read_json,
    ".csv": partial(read_delimited, delimiter=","),
    ".tsv": partial(read_delimited, delimiter="\t"),
    ".parquet": read_parquet,
    ".rss": read_feed,
    ".atom": read_feed,
    ".rdf": read_feed,
    ".xml": read_feed,
}
_STARTS: dict[bytes, Reader] = {
    b"PAR1": read_parquet,
    b"<": read_feed,
    b"[": read_json,
    b"{": read_json,
}


_SUBTITLES = re.compile(
    r"WEBVTT\b|(?:\d+\s+)?(?:\d{1,2}:)?\d{2}:\d{2}[.,]\d{3} --> (?:\d{1,2}:)?\d{2}:\d{2}[.,]\d{3}"
)


def feeds_listed(source: Source) -> Iterator[str | Rejection] | None:
    """The feeds that a list names, and what of it names none; None for what is no list."""
    if _may_be(source, ".opml", ".xml") and (
        source.suffix == ".opml" or opml.is_opml(source.head())
    ):
        return opml.feeds_of(source)
    if _may_be(source, ".txt") and address_list.is_address_list(source):
        return address_list.addresses_of(source)
    return None


def _may_be(source: Source, *suffixes: str) -> bool:
    return source.suffix in suffixes or source.suffix not in _READERS


def reader_of(source: Source) -> Reader:
    """The reader of a source. Raises Unreadable if neither suffix nor content is known."""
    if _may_be(source, ".txt") and _SUBTITLES.match(decoded(source.head()).lstrip("\ufeff \r\n")):
        reason = "is a file of subtitles and no list of episodes; give the feed of its podcast"
        raise Unreadable(source.place(), reason)
    if source.suffix == ".txt":
        return _table_reader(decoded(source.head()), source) or read_text
    if reader := _READERS.get(source.suffix):
        return reader
    text = decoded(source.head())
    start = text.lstrip("\ufeff \t\r\n").encode()
    for first, reader in _STARTS.items():
        if start.startswith(first):
            return reader
    is_piped = source.name == STANDARD_INPUT_NAME
    if table := _table_reader(text, source, (",", ";") if is_piped else ()):
        return table
    if is_piped:
        return read_text
    known = ", ".join((*_READERS, ".opml"))
    raise Unreadable(source.place(), f"cannot tell its form; name it with one of {known}")


def _table_reader(text: str, source: Source, others: tuple[str, ...] = ()) -> Reader | None:
    """The reader of a table whose header names a summary, between tabs or one of `others`."""
    header = next(filter(None, map(str.strip, text.splitlines())), "")
    for delimiter in ("\t", *others):
        names = tuple(name.strip('" ') for name in header.split(delimiter))
        if len(names) > 1 and _names_a_summary(names, source):
            return partial(read_delimited, delimiter=delimiter)
    return None


def _names_a_summary(names: tuple[str, ...], source: Source) -> bool:
    try:
        return has_summary(names, source.field_names, in_a_table=True)
    except Unshaped:
        return True  # of two readings, which its reader tells
