"""Reads JSON Lines: one object on each line."""

import json
import math
import re
from collections.abc import Iterator
from typing import Any

from indexer.corpus.readers.answers import NoEpisodes, episodes_of
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
            yield from _records(source, source.place(number), line)
    if empty:
        yield Rejection(source.place(), "the file is empty")


def _records(source: Source, place: Location, line: str) -> Iterator[Record | Rejection]:
    """One, or those of an answer that lists several."""
    try:
        fields = decode_json(line)
    except (ValueError, RecursionError) as error:
        yield Rejection(place, f"is not JSON ({error}); put one object on each line")
        return
    if not isinstance(fields, dict):
        yield Rejection(place, "is not a JSON object; put one object on each line")
        return
    try:
        for _, episode in episodes_of(fields, source.field_names):
            yield Rejection(place, episode) if isinstance(episode, str) else Record(place, episode)
    except NoEpisodes as error:
        yield Rejection(place, str(error))


def _finite(number: str) -> float:
    """Python reads and writes NaN and Infinity; the clients that get them back would not."""
    if not math.isfinite(value := float(number)):
        raise ValueError(f"{number[:40]} is not a number there")
    return value


def decode_json(text: str) -> Any:
    """The value that is written; control characters cost themselves alone.

    Raises ValueError, or RecursionError.
    """
    try:
        return _decode(text)
    except ValueError:
        plain = _CONTROLS.sub("", text)
        if plain == text:
            raise
    return _decode(plain)


_CONTROLS = re.compile(r"[\0-\x08\x0b\x0c\x0e-\x1f]")
_decode = json.JSONDecoder(parse_float=_finite, parse_constant=_finite, strict=False).decode
