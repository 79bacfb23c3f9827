"""Reads tables as text, CSV and TSV, with a header line, as spreadsheets write them."""

import csv
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from indexer.corpus.readers.encodings import Encoding, encoding_of
from indexer.corpus.readers.lines import read_lines
from indexer.corpus.readers.shapes import SHAPES
from indexer.corpus.readers.shaping import Plan, Unshaped, has_summary, named, plan_of, planned
from indexer.corpus.records.date_order import with_one_date_order
from indexer.corpus.records.location import Location, Record, Rejection, Unreadable
from indexer.corpus.source import Source
from indexer.episode import Json

_OF_PODCAST = "podcast."
_DELIMITERS = (",", ";", "\t", "|")
_STATED = "sep="  # a first line by which spreadsheets state the delimiter
_AS_WRITTEN = {name.lower(): name for shape in SHAPES for name in shape.names}


class _Table(NamedTuple):
    encoding: Encoding
    delimiter: str
    stated: bool  # in a line of its own


class _Rows:
    """The rows of a table, and the line that the last one ended on."""

    def __init__(self, table: _Table, source: Source) -> None:
        self._lines_before = int(table.stated)
        lines = read_lines(source, newline="", encoding=table.encoding.name)
        # Strict, or a quote that is never closed would swallow the rest, untold.
        self._reader = csv.reader(
            islice(lines, self._lines_before, None), delimiter=table.delimiter, strict=True
        )

    def __iter__(self) -> Iterator[list[str]]:
        return self

    def __next__(self) -> list[str]:
        return next(self._reader)

    @property
    def line(self) -> int:
        return self._reader.line_num + self._lines_before


@with_one_date_order
def read_delimited(source: Source, delimiter: str) -> Iterator[Record | Rejection]:
    """`delimiter` is the usual one of such files; another is told by the header."""
    csv.field_size_limit(sys.maxsize)
    table = _table(source, delimiter)
    rows = _Rows(table, source)
    header = _header(rows)
    if not header:
        yield Rejection(source.place(), "the file is empty")
        return
    plan = _plan(source.place(rows.line), header, source)
    if table.encoding.note:
        yield Rejection(source.place(), table.encoding.note, kept=True)
    yield from _unknown(source, header)
    while True:
        place = source.place(rows.line + 1)
        try:
            if any(row := next(rows)):
                yield _record(place, header, row, plan)
        except StopIteration:
            return
        except csv.Error as error:
            yield Rejection(place, f"is not CSV ({error}); double the quotes inside a value")


def _table(source: Source, usual: str) -> _Table:
    encoding = encoding_of(source)
    first = next(read_lines(source, newline="", encoding=encoding.name), "").strip('\r\n "')
    if first.lower().startswith(_STATED) and len(first) == len(_STATED) + 1:
        return _Table(encoding, first[-1], stated=True)
    candidates = (usual, *(each for each in _DELIMITERS if each != usual))
    tables = [_Table(encoding, each, stated=False) for each in candidates]
    return max(tables, key=lambda table: _likelihood(table, source))


def _likelihood(table: _Table, source: Source) -> tuple[bool, int]:
    """Whether the header names a summary, then its number of columns."""
    try:
        header = _header(_Rows(table, source))
        return has_summary(tuple(header), source.field_names, in_a_table=True), len(header)
    except csv.Error:
        return False, 0
    except Unshaped:
        return True, len(header)


def _header(rows: _Rows) -> list[str]:
    row: list[str] = next(filter(any, rows), [])
    names = [_AS_WRITTEN.get(name, name) for name in (each.strip().lower() for each in row)]
    while names and not names[-1]:
        names.pop()  # columns without a name at the end are a spreadsheet's padding
    seen: Counter[str] = Counter()
    for at, name in enumerate(names):
        seen[name] += 1
        if seen[name] > 1:
            names[at] = f"{name} {seen[name]}"
    return names


def _plan(place: Location, header: list[str], source: Source) -> Plan | None:
    """Raises Unreadable where the header fits no shape, or two."""
    try:
        if has_summary(tuple(header), source.field_names, in_a_table=True):
            return plan_of(tuple(header), source.field_names, in_a_table=True)
    except Unshaped as error:
        raise Unreadable(place, str(error)) from error
    raise Unreadable(
        place,
        f"has no column named summary; its columns are {named(header)}; say which it is with "
        "MAP='summary=…'",
    )


def _unknown(source: Source, header: list[str]) -> Iterator[Rejection]:
    names = {name.casefold() for name in header}
    for target, name in source.field_names:
        if name.casefold() not in names:
            reason = f"has no column named {name!r}, which MAP gives as its {target}"
            yield Rejection(source.place(), reason, kept=True)


def _record(
    place: Location, header: list[str], row: list[str], plan: Plan | None
) -> Record | Rejection:
    if any(row[len(header) :]):
        return Rejection(
            place,
            f"has {len(row)} values for {len(header)} columns; quote values that hold a delimiter",
        )
    given = {name: value for name, value in zip(header, row, strict=False) if value}
    return Record(place, _grouped(planned(given, plan) if plan else given))


def _grouped(given: dict[str, Json]) -> dict[str, Json]:
    """Groups columns such as podcast.title into an object."""
    parts = [name for name in given if name.startswith(_OF_PODCAST)]
    if not parts:
        return given
    before = given.get("podcast", {})
    podcast = before if isinstance(before, dict) else {"title": before}
    podcast |= {name.removeprefix(_OF_PODCAST): given[name] for name in parts}
    return {**{name: given[name] for name in given if name not in parts}, "podcast": podcast}
