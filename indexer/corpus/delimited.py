"""CSV and TSV with a header line."""

import csv
import sys
from collections.abc import Iterator
from pathlib import Path

from indexer.corpus.lines import read_lines
from indexer.corpus.place import Place, Record, Rejection
from indexer.corpus.record import SUMMARY_NAMES
from indexer.errors import CorpusError


def read_delimited(path: Path) -> Iterator[Record | Rejection]:
    csv.field_size_limit(sys.maxsize)
    rows = csv.reader(
        read_lines(path, newline=""),
        delimiter="\t" if path.suffix.lower() == ".tsv" else ",",
        strict=True,  # or a quote that is never closed would swallow the rest, untold
    )
    header = [name.strip().lower() for name in next(filter(None, rows), [])]
    if not header:
        yield Rejection(Place(path), "the file is empty")
        return
    if not set(SUMMARY_NAMES) & set(header):
        place = Place(path, rows.line_num)
        raise CorpusError(f"{place}: has no column named summary; its columns are {header}.")
    while True:
        place = Place(path, rows.line_num + 1)
        try:
            if row := next(rows):
                yield _record(place, header, row)
        except StopIteration:
            return
        except csv.Error as error:
            yield Rejection(place, f"is not CSV ({error}); double the quotes inside a value")


def _record(place: Place, header: list[str], row: list[str]) -> Record | Rejection:
    if len(row) > len(header):
        return Rejection(
            place,
            f"has {len(row)} values for {len(header)} columns; quote values that hold a delimiter",
        )
    return Record(place, {name: value for name, value in zip(header, row, strict=False) if value})
