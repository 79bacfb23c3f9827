"""Rate limits, counted over all processes of a service."""

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

_SLOTS = 1 << 16  # of one who asks, two for each limit; 1.5 MB when all are taken
_TRIED = 8
_LAYOUT = struct.Struct("qdq")


class RateLimiter:
    """Sliding-window limits; create it before the processes are forked."""

    def __init__(self, limits: str) -> None:
        """`limits` such as "20/second; 500/minute"."""
        self._limits = parse_many(limits)
        self._limiter = SlidingWindowCounterRateLimiter(_SharedStorage())

    def exceeded(self, who: str) -> RateLimitItem | None:
        return next((rate for rate in self._limits if not self._limiter.hit(rate, who)), None)


class _Count(NamedTuple):
    """A counter in shared memory."""

    key: int  # its hash, which forked processes agree on
    until: float  # seconds since 1970
    asked: int


class _SharedStorage(MemoryStorage):
    """The counts in memory that forked processes have in common, instead of each in its own.

    Where all slots that a key may have are taken, it gets that which would be free first. The
    lock is the system's, which takes it back from a process that is killed.
    """

    def __init__(self) -> None:
        super().__init__()
        self.timer.join()  # a thread of its own that no fork should meet
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
        """The slot of a key, or the one it may take."""
        first = hash(key) % _SLOTS
        slots = [(first + n) % _SLOTS * _LAYOUT.size for n in range(_TRIED)]
        for slot in slots:
            if self._read(slot).key == hash(key):
                return slot
        return min(slots, key=lambda slot: self._read(slot).until)

    def _at(self, slot: int, key: int) -> _Count:
        """The count; zero if the slot belongs to another key or its window is over."""
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
