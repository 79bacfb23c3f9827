"""Reads CSV and TSV files with a header line."""

import csv
import sys
from collections.abc import Iterator

from indexer.corpus.readers.lines import read_lines
from indexer.corpus.records.date_order import with_one_date_order
from indexer.corpus.records.location import Location, Record, Rejection, Unreadable
from indexer.corpus.records.record import SUMMARY_NAMES
from indexer.corpus.source import Source
from indexer.episode import Json

_OF_PODCAST = "podcast."


@with_one_date_order
def read_delimited(source: Source, delimiter: str) -> Iterator[Record | Rejection]:
    csv.field_size_limit(sys.maxsize)
    rows = csv.reader(
        read_lines(source, newline=""),
        delimiter=delimiter,
        strict=True,  # or a quote that is never closed would swallow the rest, untold
    )
    header = [name.strip().lower() for name in next(filter(None, rows), [])]
    if not header:
        yield Rejection(source.place(), "the file is empty")
        return
    if not set(SUMMARY_NAMES) & set(header):
        reason = f"has no column named summary; its columns are {header}"
        raise Unreadable(source.place(rows.line_num), reason)
    while True:
        place = source.place(rows.line_num + 1)
        try:
            if row := next(rows):
                yield _record(place, header, row)
        except StopIteration:
            return
        except csv.Error as error:
            yield Rejection(place, f"is not CSV ({error}); double the quotes inside a value")


def _record(place: Location, header: list[str], row: list[str]) -> Record | Rejection:
    if len(row) > len(header):
        return Rejection(
            place,
            f"has {len(row)} values for {len(header)} columns; quote values that hold a delimiter",
        )
    given = {name: value for name, value in zip(header, row, strict=False) if value}
    return Record(place, _nested(given))


def _nested(given: dict[str, str]) -> dict[str, Json]:
    """Groups columns such as podcast.title into an object."""
    parts = {name: value for name, value in given.items() if name.startswith(_OF_PODCAST)}
    if not parts:
        return dict(given)
    podcast = {name.removeprefix(_OF_PODCAST): value for name, value in parts.items()}
    flat = {name: value for name, value in given.items() if name not in parts}
    return {**flat, "podcast": podcast}
