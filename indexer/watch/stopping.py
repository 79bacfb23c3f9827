"""Ends a watch at SIGTERM or SIGINT: at once if that leaves no damage, else as soon as possible."""

import logging
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_asyncio = logging.getLogger("asyncio")

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Stopped(SystemExit):
    """The watch must end; its current work is abandoned."""


class Stopping:
    """Raises Stopped after a signal, but only where the watch may be interrupted.

    A library may catch what a signal handler raises, so it is raised again at the next such place.
    """

    def __init__(self) -> None:
        self._requested = self._may_raise = False

    @contextmanager
    def by_signals(self) -> Iterator[None]:
        before = {number: signal.signal(number, self._request) for number in _SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        self._may_raise = True
        try:
            self.end_if_requested()
            yield
        finally:
            self._may_raise = False

    def end_if_requested(self) -> None:
        """Raises Stopped."""
        if self._requested:
            raise Stopped

    def _request(self, _: int, __: FrameType | None) -> None:
        self._requested = True
        if self._may_raise:
            self._may_raise = False  # a second signal must not interrupt the clean-up
            _asyncio.setLevel(logging.CRITICAL)  # a fetch that is abandoned is no error
            raise Stopped
