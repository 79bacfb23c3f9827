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
        read_lines(path, newline=""), delimiter="\t" if path.suffix.lower() == ".tsv" else ","
    )
    header = [name.strip().lower() for name in next(rows, [])]
    if not header:
        yield Rejection(Place(path), "the file is empty")
        return
    if not set(SUMMARY_NAMES) & set(header):
        raise CorpusError(f"{path}:1: has no column named summary; its columns are {header}.")
    line = rows.line_num + 1
    for row in rows:
        if row:
            yield _record(Place(path, line), header, row)
        line = rows.line_num + 1


def _record(place: Place, header: list[str], row: list[str]) -> Record | Rejection:
    if len(row) > len(header):
        return Rejection(
            place,
            f"has {len(row)} values for {len(header)} columns; quote values that hold a delimiter",
        )
    return Record(place, {name: value for name, value in zip(header, row, strict=False) if value})
