"""Least-recently-used caches of questions and answers."""

from collections import OrderedDict
from threading import Lock
from typing import Generic, TypeVar

from indexer.encoder import Vectors

K = TypeVar("K")
V = TypeVar("V")


class Recent(Generic[K, V]):
    """A least-recently-used cache; safe to share between threads."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._values: OrderedDict[K, V] = OrderedDict()
        self._lock = Lock()

    def get(self, key: K) -> V | None:
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
            return self._values.get(key)

    def put(self, key: K, value: V) -> None:
        with self._lock:
            self._values[key] = value
            self._values.move_to_end(key)
            while len(self._values) > self._capacity:
                self._values.popitem(last=False)

    def __len__(self) -> int:
        return len(self._values)


# The vector of a question, by the encoder's fingerprint and the folded text: it outlives a swap.
QuestionCache = Recent[tuple[str, str], Vectors]
