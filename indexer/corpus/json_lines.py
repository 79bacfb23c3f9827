"""JSON Lines: one object a line."""

import json
import math
from collections.abc import Iterator
from pathlib import Path

from indexer.corpus.lines import read_lines
from indexer.corpus.place import Place, Record, Rejection


def read_json_lines(path: Path) -> Iterator[Record | Rejection]:
    empty = True
    for number, line in enumerate(read_lines(path, newline="\n"), 1):
        if line.strip():
            empty = False
            yield _record(Place(path, number), line)
    if empty:
        yield Rejection(Place(path), "the file is empty")


def _record(place: Place, line: str) -> Record | Rejection:
    try:
        fields = json.loads(line, parse_float=_finite, parse_constant=_finite)
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
