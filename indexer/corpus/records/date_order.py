"""Tells by the other dates of a file which number of 03/04/2024 is the day."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import wraps
from typing import Concatenate, ParamSpec

from indexer.corpus.records.dates import AmbiguousDate, Order, orders_of, read_date
from indexer.corpus.records.location import Record, Rejection
from indexer.corpus.source import Source
from indexer.episode import Json

P = ParamSpec("P")
Records = Iterator[Record | Rejection]

_DATE = "published_at"
_DIVIDERS = frozenset("/.-")


def with_one_date_order(
    read: Callable[Concatenate[Source, P], Records],
) -> Callable[Concatenate[Source, P], Records]:
    """A reader whose dates of numbers follow one order, if only one fits all of its source.

    It reads the source again at the first date that needs the others.
    """

    @wraps(read)
    def reading(source: Source, /, *args: P.args, **options: P.kwargs) -> Records:
        order: Order | None = None
        sought = False
        for record in read(source, *args, **options):
            if isinstance(record, Record) and _is_ambiguous(record.fields.get(_DATE)):
                if not sought:
                    order, sought = _order_of(read(source, *args, **options)), True
                yield _dated(record, order)
            else:
                yield record

    return reading


def _order_of(records: Iterable[Record | Rejection]) -> Order | None:
    """The only order in which every date can be read; None where there is none, or several."""
    left = set(Order)
    for record in records:
        date = record.fields.get(_DATE, "") if isinstance(record, Record) else ""
        if _is_of_numbers(date):
            orders = orders_of(date.strip())
            left &= left if orders is None else orders
    return left.pop() if len(left) == 1 else None


def _is_ambiguous(date: Json) -> bool:
    if not _is_of_numbers(date):
        return False
    try:
        read_date(date.strip())
    except AmbiguousDate:
        return True
    except ValueError:
        pass
    return False


def _is_of_numbers(date: Json) -> bool:
    return isinstance(date, str) and not _DIVIDERS.isdisjoint(date.strip()[1:3])


def _dated(record: Record, order: Order | None) -> Record:
    if order is None:
        return record
    date = read_date(record.fields[_DATE].strip(), order).value
    return replace(record, fields={**record.fields, _DATE: date})
