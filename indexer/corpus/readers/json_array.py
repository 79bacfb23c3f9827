"""Reads a JSON array of objects."""

import json
from collections.abc import Iterator

from indexer.corpus.readers.json_lines import FINITE, read_json_lines
from indexer.corpus.records.date_order import with_one_date_order
from indexer.corpus.records.location import Record, Rejection, Unreadable
from indexer.corpus.source import Source

_MOST_MIB = 256


@with_one_date_order
def read_json(source: Source) -> Iterator[Record | Rejection]:
    """An array; else the objects are read one a line, as many a .json file has them."""
    head = source.head().removeprefix(b"\xef\xbb\xbf").lstrip()
    if head.startswith(b"["):
        return _read_array(source)
    if head.startswith(b"{") and head.splitlines()[0].strip() == b"{":
        raise Unreadable(source.place(), "is one JSON object; give it an array of episodes")
    return read_json_lines(source)


def _read_array(source: Source) -> Iterator[Record | Rejection]:
    content = source.read(_MOST_MIB, "write it as JSON Lines, which may be of any size")
    try:
        objects = json.loads(content.decode("utf-8-sig", "surrogateescape"), **FINITE)
    except (ValueError, RecursionError) as error:
        raise Unreadable(source.place(), f"is not JSON ({error}); write it anew") from error
    if not objects:
        yield Rejection(source.place(), "the file is empty")
    for number, fields in enumerate(objects, 1):
        place = source.place(item=number)
        if isinstance(fields, dict):
            yield Record(place, fields)
        else:
            yield Rejection(place, "is not a JSON object; make it one")
