"""Least-recently-used caches of questions and answers, limited by entries and by bytes."""

from collections.abc import Iterable
from itertools import chain
from sys import getsizeof
from threading import Lock
from typing import Generic, TypeVar

import numpy as np
from cachetools import LRUCache

from indexer.encoder import Vectors

MAX_BYTES = 64 * 1024**2
_WITHOUT_PARTS = frozenset({str, bytes, int, float, bool, type(None)})

K = TypeVar("K")
V = TypeVar("V")


class Recent(Generic[K, V]):
    """A least-recently-used cache; safe to share between threads."""

    def __init__(self, capacity: int, max_bytes: int = MAX_BYTES) -> None:
        """At most `capacity` entries, whose keys and values take at most `max_bytes`."""
        self._capacity = capacity
        self._values: LRUCache[K, tuple[V, int]] = LRUCache(max_bytes, getsizeof=_size)
        self._lock = Lock()

    def get(self, key: K) -> V | None:
        with self._lock:
            entry = self._values.get(key)
        return entry[0] if entry else None

    def put(self, key: K, value: V) -> None:
        """A value that is too large for the whole cache is not kept."""
        if not self._capacity:
            return
        size = bytes_of(key) + bytes_of(value)
        if size > self._values.maxsize:
            return
        with self._lock:
            self._values[key] = value, size
            while len(self._values) > self._capacity:
                self._values.popitem()

    @property
    def bytes(self) -> int:
        return int(self._values.currsize)

    def __len__(self) -> int:
        return len(self._values)


def bytes_of(value: object) -> int:
    """The bytes of a value and of its parts; shared parts count each time.

    A value may know them, as `held_bytes`, since counting takes as long as a search.
    """
    size = getsizeof(value)
    if type(value) in _WITHOUT_PARTS:
        return size
    if (held := getattr(value, "held_bytes", None)) is not None:
        return int(held)
    if isinstance(value, np.ndarray):
        return size + (0 if value.base is None else value.nbytes)
    return size + sum(map(bytes_of, _parts(value)))


def _parts(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return chain(value.keys(), value.values())
    if isinstance(value, tuple | list):
        return value
    return [getattr(value, name) for name in getattr(value, "__dataclass_fields__", ())]


def _size(entry: tuple[object, int]) -> int:
    return entry[1]


# Vectors by the encoder's fingerprint and the folded question, so they stay valid after a swap.
QuestionCache = Recent[tuple[str, str], Vectors]
