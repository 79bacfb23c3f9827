"""A transport that drops a client which does not read its answer.

Neither asyncio nor uvicorn notices such a client: the answer waits in the buffer of the transport
or of the socket, which the kernel may grow to megabytes. This transport watches both buffers.
"""

import asyncio
import fcntl
import socket
import struct
import termios
from collections import deque
from typing import Any, NamedTuple

_LOOKS = 4  # checks within the timeout, so a client is dropped at most a quarter of it late
_LEAST_BYTES = 65_536  # a client that reads this much within the timeout is slow, not gone
_RESET_AT_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER of 0 s: closing discards unsent data


class _Progress(NamedTuple):
    taken: int  # bytes acknowledged by the client's kernel since the connection opened
    written: int  # bytes written to the transport since then


class TimedWrites(asyncio.Transport):
    """Wraps a transport; disconnects a client that reads too little within `seconds`."""

    def __init__(
        self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop, seconds: float
    ) -> None:
        super().__init__()
        self._transport = transport
        self._loop = loop
        self._seconds = seconds
        self._written = 0
        self._timer: asyncio.TimerHandle | None = None
        self._past: deque[_Progress] = deque(maxlen=_LOOKS)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        before, self._written = self._written, self._written + len(data)
        self._transport.write(data)
        if not self._timer:
            self._remember(before)

    def close(self) -> None:
        """Close when the client has read everything, or when it has read too little in time."""
        self._transport.close()

    def abort(self) -> None:
        """Close at once and discard the data in the kernel's send buffer."""
        self.stop()
        sock = self._transport.get_extra_info("socket")
        if sock.fileno() >= 0:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_CLOSE)
        self._transport.abort()

    def let_go(self) -> None:
        """Close in this process alone: another one has the connection now."""
        self.stop()
        self._transport.abort()

    def stop(self) -> None:
        """Stop the timer; called when the connection is lost."""
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def is_closing(self) -> bool:
        return self._transport.is_closing()

    def get_write_buffer_size(self) -> int:
        return self._transport.get_write_buffer_size()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._transport.get_extra_info(name, default)

    def pause_reading(self) -> None:
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        self._transport.resume_reading()

    def _remember(self, taken: int) -> None:
        self._past.append(_Progress(taken, self._written))
        self._timer = self._loop.call_later(self._seconds / _LOOKS, self._look)

    def _look(self) -> None:
        self._timer = None
        waiting = self._transport.get_write_buffer_size() + self._held_by_kernel()
        taken = self._written - waiting
        if not waiting:
            self._past.clear()
        elif self._is_gone(taken):
            self.abort()
        else:
            self._remember(taken)

    def _is_gone(self, taken: int) -> bool:
        then = self._past[0]
        in_time = len(self._past) < _LOOKS
        return not in_time and taken < min(then.written, then.taken + _LEAST_BYTES)

    def _held_by_kernel(self) -> int:
        """Bytes in the kernel's send buffer, not acknowledged; 0 if the system has no such call."""
        sock = self._transport.get_extra_info("socket")
        try:
            told = fcntl.ioctl(sock.fileno(), termios.TIOCOUTQ, bytes(4))
        except OSError:
            return 0
        return int.from_bytes(told, "little")
