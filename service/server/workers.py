"""Worker processes on one port, forked from a process that has opened the snapshot.

Workers share the memory of the first process until they write to it, so each costs only a few
megabytes. Each has its own socket (SO_REUSEPORT), and the kernel distributes connections among the
sockets; with one shared socket, the first worker to wake would accept most of them. SIGHUP makes
all workers look for a new snapshot.
"""

import ctypes
import logging
import os
import signal
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from threading import Event
from types import FrameType

_BACKLOG = 2048
_PAUSE_SECONDS = 0.5  # before a dead worker is replaced, so that a fault at start does not spin
_SIGNAL_AT_PARENTS_DEATH = 1  # PR_SET_PDEATHSIG of prctl(2)

_log = logging.getLogger("uvicorn.error")

Serve = Callable[[socket.socket, int], None]  # the number of the worker, from 0


def listen(host: str, port: int, count: int) -> list[socket.socket]:
    """`count` listening sockets on one address; with port 0 the system chooses a free port.

    Raises OSError if the address is taken.
    """
    with _listening(host, port, shared=False) as alone:
        chosen = alone.getsockname()[1]
    return [_listening(host, chosen, shared=True) for _ in range(count)]


def _listening(host: str, port: int, *, shared: bool) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=_BACKLOG, reuse_port=shared)


def supervise(
    sockets: list[socket.socket],
    serve: Serve,
    let_go: Callable[[], None],
    reload_keys: Callable[[], None],
) -> None:
    """Run a worker on each socket until a signal stops the service, and wait for the workers.

    `let_go` is called once the workers are forked: it closes the snapshot in this process, which
    answers nothing but would keep an old snapshot open after the workers have swapped it. The API
    keys are read again here too, since a worker that replaces another starts with those of this
    process.
    """

    def reload(number: int, _: FrameType | None) -> None:
        reload_keys()
        workers.pass_on(number)

    workers = _Workers(sockets, serve)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, workers.stop)
    signal.signal(signal.SIGHUP, reload)
    workers.start()
    let_go()
    workers.keep()


def reload_all() -> None:
    """Make all workers look for a new snapshot; called in a worker."""
    os.kill(os.getppid(), signal.SIGHUP)


class _Workers:
    def __init__(self, sockets: list[socket.socket], serve: Serve) -> None:
        self._sockets = sockets
        self._serve = serve
        self._running: dict[int, socket.socket] = {}  # by the worker's process id
        self._stopping = Event()

    def start(self) -> None:
        for listening in self._sockets:
            self._start(listening)

    def keep(self) -> None:
        while self._running:
            process, _ = os.wait()
            listening = self._running.pop(process)
            if not self._stopping.is_set():
                _log.error("worker %d died; starting another", process)
                time.sleep(_PAUSE_SECONDS)
                self._start(listening)

    def stop(self, *_: int | FrameType | None) -> None:
        """Signal handler: stop the workers. For Ctrl-C, the terminal signals the workers too."""
        self._stopping.set()
        for listening in self._sockets:
            listening.close()
        self.pass_on(signal.SIGTERM)

    def pass_on(self, number: int, *_: FrameType | None) -> None:
        """Signal handler: send the signal to every worker."""
        for process in self._running:
            with suppress(ProcessLookupError):  # it has just died
                os.kill(process, number)

    def _start(self, listening: socket.socket) -> None:
        if self._stopping.is_set():
            return
        first = os.getpid()
        if process := os.fork():
            self._running[process] = listening
        else:
            self._answer(listening, first)
        if self._stopping.is_set():  # the signal came before this worker was in `_running`
            os.kill(process, signal.SIGTERM)

    def _answer(self, listening: socket.socket, first: int) -> None:
        """Run the worker; never returns, because the calling frames are the first process's."""
        try:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            _end_with(first)
            for other in self._sockets:
                if other is not listening:
                    other.close()
            self._serve(listening, self._sockets.index(listening))
        except Exception:
            _log.exception("worker %d failed", os.getpid())
        finally:
            os._exit(1)


def _end_with(first: int) -> None:
    """End this worker when the first process ends, even if that is killed."""
    ctypes.CDLL(None).prctl(_SIGNAL_AT_PARENTS_DEATH, signal.SIGTERM)
    if os.getppid() != first:
        os._exit(1)
