"""Reads Parquet; each column is a field."""

from collections.abc import Iterator

import pyarrow as arrow
from pyarrow import parquet

from indexer.corpus.readers.shaping import Plan, Unshaped, has_summary, named, plan_of, planned
from indexer.corpus.records.date_order import with_one_date_order
from indexer.corpus.records.location import Record, Rejection, Unreadable
from indexer.corpus.source import Source
from indexer.episode import Json

_ROWS = 1024


@with_one_date_order
def read_parquet(source: Source) -> Iterator[Record | Rejection]:
    try:
        with parquet.ParquetFile(source.path, memory_map=True) as table:
            yield from _records(source, table)
    except (arrow.ArrowException, OSError) as error:
        reason = f"cannot be read as Parquet ({str(error).splitlines()[0]}); write it anew"
        raise Unreadable(source.place(), reason) from error


def _records(source: Source, table: parquet.ParquetFile) -> Iterator[Record | Rejection]:
    plan = _plan(source, table.schema_arrow.names)
    if not table.metadata.num_rows:
        yield Rejection(source.place(), "the file is empty")
    number = 0
    for batch in table.iter_batches(_ROWS):
        for row in batch.to_pylist():
            number += 1
            fields = {name: _json(row[name]) for name in row}
            yield Record(source.place(item=number), planned(fields, plan) if plan else fields)


def _plan(source: Source, columns: list[str]) -> Plan | None:
    """Raises Unreadable where no column is the summary, or two may be one field."""
    names = tuple(columns)
    try:
        if has_summary(names, source.field_names, in_a_table=True):
            return plan_of(names, source.field_names, in_a_table=True)
    except Unshaped as error:
        raise Unreadable(source.place(), str(error)) from error
    reason = f"has no column named summary; its columns are {named(columns)}; say which it is with "
    raise Unreadable(source.place(), f"{reason}MAP='summary=…'")


def _json(value: Json) -> Json:
    """Dates, decimals and bytes as text, since JSON has none."""
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, dict):
        return {str(name): _json(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_json(part) for part in value]
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
