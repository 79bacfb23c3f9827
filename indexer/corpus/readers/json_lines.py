"""Reads JSON Lines: one object on each line."""

import json
import math
from collections.abc import Iterator
from typing import Any

from indexer.corpus.readers.lines import read_lines
from indexer.corpus.records.date_order import with_one_date_order
from indexer.corpus.records.location import Location, Record, Rejection
from indexer.corpus.source import Source


@with_one_date_order
def read_json_lines(source: Source) -> Iterator[Record | Rejection]:
    empty = True
    for number, line in enumerate(read_lines(source, newline="\n"), 1):
        if line.strip():
            empty = False
            yield _record(source.place(number), line)
    if empty:
        yield Rejection(source.place(), "the file is empty")


def _record(place: Location, line: str) -> Record | Rejection:
    try:
        fields = _decode(line)
    except (ValueError, RecursionError) as error:
        return Rejection(place, f"is not JSON ({error}); put one object on each line")
    if not isinstance(fields, dict):
        return Rejection(place, "is not a JSON object; put one object on each line")
    return Record(place, fields)


def _finite(number: str) -> float:
    """Python reads and writes NaN and Infinity; the clients that get them back would not."""
    if not math.isfinite(value := float(number)):
        raise ValueError(f"{number[:40]} is not a number there")
    return value


FINITE: dict[str, Any] = {"parse_float": _finite, "parse_constant": _finite}
_decode = json.JSONDecoder(**FINITE).decode  # json.loads would make one for every line
