"""Rate limits, counted over all workers in shared memory."""

import fcntl
import mmap
import os
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from limits import RateLimitItem, parse_many
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

_SLOTS = 1 << 16  # a client takes two for each limit; all together take 1.5 MB
_TRIED = 8  # slots that a key may be in
_LAYOUT = struct.Struct("qdq")


class RateLimiter:
    """Sliding-window limits; create it before the workers are forked, so that they share it."""

    def __init__(self, limits: str) -> None:
        """`limits` in the notation of the package limits: "20/second; 500/minute"."""
        self._limits = parse_many(limits)
        self._limiter = SlidingWindowCounterRateLimiter(_SharedStorage())

    def exceeded(self, who: str) -> RateLimitItem | None:
        """Count a request of the client `who`; the limit that it exceeds, if any."""
        return next((rate for rate in self._limits if not self._limiter.hit(rate, who)), None)


class _Count(NamedTuple):
    """A counter in shared memory."""

    key: int  # the hash of the key, which is the same in all forked processes
    until: float  # end of the window, in seconds since 1970
    asked: int


class _SharedStorage(MemoryStorage):
    """Keeps the counters in memory that forked processes share: a fixed table of slots.

    If all slots of a key are taken, the key replaces the counter whose window ends first. The lock
    is a file lock, because the kernel releases it when a process is killed.
    """

    def __init__(self) -> None:
        super().__init__()
        self.timer.join()  # end the parent class's thread, since a fork does not copy threads
        self._file = os.memfd_create("rates")
        os.ftruncate(self._file, _SLOTS * _LAYOUT.size)
        self._memory = mmap.mmap(self._file, 0)

    def get(self, key: str) -> int:
        return self._at(self._slot(key), hash(key)).asked

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        with self._locked():
            slot = self._slot(key)
            known = self._at(slot, hash(key))
            until = known.until or time.time() + expiry
            _LAYOUT.pack_into(self._memory, slot, hash(key), until, known.asked + amount)
            return known.asked + amount

    def decr(self, key: str, amount: int = 1) -> int:
        return self.incr(key, 0, -amount)

    def _slot(self, key: str) -> int:
        """The offset of a key's slot, or of the slot that it takes."""
        first = hash(key) % _SLOTS
        slots = [(first + n) % _SLOTS * _LAYOUT.size for n in range(_TRIED)]
        for slot in slots:
            if self._read(slot).key == hash(key):
                return slot
        return min(slots, key=lambda slot: self._read(slot).until)

    def _at(self, slot: int, key: int) -> _Count:
        """The counter; zero if the slot belongs to another key or its window has ended."""
        found = self._read(slot)
        return found if found.key == key and found.until > time.time() else _Count(key, 0, 0)

    def _read(self, slot: int) -> _Count:
        return _Count._make(_LAYOUT.unpack_from(self._memory, slot))

    @contextmanager
    def _locked(self) -> Iterator[None]:
        fcntl.lockf(self._file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.lockf(self._file, fcntl.LOCK_UN)
