"""Compiles filters to an expression of Milvus.

Labels are compared by numbers of their keys, so no text that a user writes is ever part of an
expression: it consists of the words below and of numbers.
"""

import hashlib
from collections.abc import Iterator
from decimal import Decimal

from indexer.index.columns.filters import NO_DATE, Attributes, Filters, label_key

LABELS, PUBLISHED, DURATION = "labels", "published", "duration"
UNDATED = -(2**62)
UNTIMED = -1.0

_LONGEST = 1e15  # seconds; whatever is longer counts as this


def label_number(key: str) -> int:
    """The number of a label by its key, a signed one of 64 bits."""
    digest = hashlib.blake2b(key.encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, signed=True)


def label_numbers(attributes: Attributes) -> list[int]:
    return list(dict.fromkeys(label_number(label_key(label)) for label in attributes.labels))


def expression(filters: Filters) -> str:
    """Empty if all pass. Phrases are left out: only the words, which are elsewhere, have them."""
    return " and ".join(_conditions(filters))


def _conditions(filters: Filters) -> Iterator[str]:
    for keys in filters.alternatives():
        numbers = ", ".join(str(label_number(key)) for key in keys)
        yield f"array_contains_any({LABELS}, [{numbers}])"
    if bounds := filters.published_bounds():
        least, most = bounds
        yield f"{PUBLISHED} >= {max(least, UNDATED + 1)}"
        if most < -NO_DATE - 1:
            yield f"{PUBLISHED} <= {max(most, UNDATED)}"
    if spans := filters.duration_bounds():
        shortest, longest = spans
        yield f"{DURATION} >= {_decimal(max(0.0, shortest))}"
        yield f"{DURATION} <= {_decimal(longest)}"


def seconds(duration: float | None) -> float:
    """The duration as it is stored."""
    return UNTIMED if duration is None else min(duration, _LONGEST)


def _decimal(duration: float) -> str:
    """Without an exponent."""
    return f"{Decimal(min(duration, _LONGEST)):f}"
