"""The vectors of recent questions, so that a repeated one is not embedded again."""

from collections import OrderedDict
from threading import Lock

from indexer.encoder import Vectors

Key = tuple[str, str]  # the encoder's fingerprint, the folded question


class QuestionCache:
    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._vectors: OrderedDict[Key, Vectors] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Key) -> Vectors | None:
        with self._lock:
            if key in self._vectors:
                self._vectors.move_to_end(key)
            return self._vectors.get(key)

    def put(self, key: Key, vector: Vectors) -> None:
        with self._lock:
            self._vectors[key] = vector
            self._vectors.move_to_end(key)
            while len(self._vectors) > self._capacity:
                self._vectors.popitem(last=False)

    def __len__(self) -> int:
        return len(self._vectors)
