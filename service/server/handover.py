"""Hands connections from a worker that many ask to one that few ask.

A connection belongs to the worker that accepted it, and the kernel distributes connections by
chance: those that ask may all be one worker's, while another processor has nothing to do. So a
worker that has too many of them sends the socket of an idle one to another worker. The client sees
nothing of it.
"""

import asyncio
import mmap
import socket
import struct
import time
from collections.abc import Callable, Hashable
from contextlib import suppress
from itertools import chain
from typing import NamedTuple

_ASKED_LATELY_SECONDS = 1.0  # a connection that asked longer ago does not count
_BEAT_SECONDS = 0.25  # between two notes of a worker that it lives
_SILENT_SECONDS = 1.0  # after its last note, a worker is given nothing
_LEAST_DIFFERENCE = 2  # connections; a smaller one is as small the other way round
_NOTE = struct.Struct("qd")  # of a worker: connections that ask, and the time of the note


class _Note(NamedTuple):
    asking: int
    at: float  # time.monotonic()


class Handover:
    """Create it before the workers are forked; each then calls `join`, and `start` in its loop."""

    def __init__(self, workers: int) -> None:
        self._notes = mmap.mmap(-1, workers * _NOTE.size)  # shared by all workers
        self._channels = [socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM) for _ in self._all]
        for ends in self._channels:
            for end in ends:
                end.setblocking(False)
        self._mine = 0
        self._asked_at: dict[Hashable, float] = {}  # the last time of each connection, in order
        self._beat: asyncio.TimerHandle | None = None

    @property
    def _all(self) -> range:
        return range(len(self._notes) // _NOTE.size)

    def join(self, worker: int) -> None:
        """Be this worker; sockets that are sent to another one are left to it."""
        self._mine = worker
        for other in self._all:
            if other != worker:
                self._channels[other][0].close()

    def start(
        self, loop: asyncio.AbstractEventLoop, adopt: Callable[[socket.socket], None]
    ) -> None:
        """Take part: `adopt` is called with the socket of each connection that is given here."""
        loop.add_reader(self._channels[self._mine][0], self._receive, adopt)
        self._tell(loop)

    def stop(self, loop: asyncio.AbstractEventLoop) -> None:
        loop.remove_reader(self._channels[self._mine][0])
        if self._beat:
            self._beat.cancel()
        self._write(self._mine, _Note(0, 0.0))
        for end in chain.from_iterable(self._channels):
            end.close()

    def asked(self, connection: Hashable) -> None:
        """The connection has had an answer."""
        self._asked_at.pop(connection, None)
        self._asked_at[connection] = time.monotonic()

    def lost(self, connection: Hashable) -> None:
        self._asked_at.pop(connection, None)

    def target(self) -> int | None:
        """The worker to give a connection to; None if this one has not too many."""
        others = [other for other in self._all if other != self._mine and self._lives(other)]
        if not others:
            return None
        least = min(others, key=lambda other: self._read(other).asking)
        too_many = len(self._asked_at) - self._read(least).asking >= _LEAST_DIFFERENCE
        return least if too_many else None

    def give(self, connection: socket.socket, worker: int) -> bool:
        """Send the connection to a worker; False if that cannot take it now."""
        try:
            socket.send_fds(self._channels[worker][1], [b"\0"], [connection.fileno()])
        except OSError:  # too many wait there, or this worker stops
            return False
        note = self._read(worker)  # so that the next one is not given for the same reason
        self._write(worker, note._replace(asking=note.asking + 1))
        return True

    def _receive(self, adopt: Callable[[socket.socket], None]) -> None:
        """All that were given: under load the loop comes back late, and their clients wait."""
        with suppress(BlockingIOError):
            while True:
                _, descriptors, _, _ = socket.recv_fds(self._channels[self._mine][0], 1, 1)
                for descriptor in descriptors:
                    adopt(socket.socket(fileno=descriptor))

    def _tell(self, loop: asyncio.AbstractEventLoop) -> None:
        """Note that this worker lives, and how many connections asked lately."""
        now = time.monotonic()
        while self._asked_at and next(iter(self._asked_at.values())) < now - _ASKED_LATELY_SECONDS:
            del self._asked_at[next(iter(self._asked_at))]
        self._write(self._mine, _Note(len(self._asked_at), now))
        self._beat = loop.call_later(_BEAT_SECONDS, self._tell, loop)

    def _lives(self, worker: int) -> bool:
        return self._read(worker).at > time.monotonic() - _SILENT_SECONDS

    def _read(self, worker: int) -> _Note:
        return _Note(*_NOTE.unpack_from(self._notes, worker * _NOTE.size))

    def _write(self, worker: int, note: _Note) -> None:
        _NOTE.pack_into(self._notes, worker * _NOTE.size, *note)
