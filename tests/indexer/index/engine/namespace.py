"""A network namespace for programs that listen on all addresses: nothing else reaches them there.

A socket file leads into it, and a port of the loopback address to that file.
"""

import contextlib
import fcntl
import os
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import TypeAlias

from tests.attached import attached
from tests.conftest import REPOSITORY

_Place: TypeAlias = "tuple[str, int] | str"


class Inside:
    """A module that runs in a namespace; its first line, in words, says whether it is ready."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        self.process = process
        self.told = process.stdout.readline().split()

    def complaint(self) -> str:
        assert self.process.stderr is not None
        return self.process.stderr.read()[-500:]


@contextlib.contextmanager
def isolated(module: str, *arguments: str | Path) -> Iterator[Inside]:
    """Runs the module, and whatever it starts until the end, in namespaces of its own.

    If this process is killed, the module is told to end: see `end_together`.
    """
    with subprocess.Popen(
        ["unshare", "-rnm", *attached([sys.executable, "-m", module, *map(str, arguments)])],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        process_group=0,
    ) as process:
        try:
            yield Inside(process)
        finally:
            os.killpg(process.pid, signal.SIGKILL)


def end_together() -> None:
    """In the module: its end by a signal is that of all it has started."""
    signal.signal(signal.SIGTERM, lambda *_: os.killpg(0, signal.SIGKILL))


@contextlib.contextmanager
def relay(listen: _Place, to: _Place) -> Iterator[int]:
    """Passes on each connection; yields the port, or 0 for a socket file."""
    with _listening(listen) as listening:
        Thread(target=_accept, args=(listening, to), daemon=True).start()
        yield int(listening.getsockname()[1]) if isinstance(listen, tuple) else 0
        with contextlib.suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)


def _listening(place: _Place) -> socket.socket:
    if isinstance(place, tuple):
        return socket.create_server(place)
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(place)
    listening.listen()
    return listening


def _accept(listening: socket.socket, to: _Place) -> None:
    while True:
        try:
            given, _ = listening.accept()
        except OSError:
            return
        Thread(target=_pass_on, args=(given, to), daemon=True).start()


def _connected(place: _Place) -> socket.socket:
    if isinstance(place, tuple):
        return socket.create_connection(place)
    connected = socket.socket(socket.AF_UNIX)
    connected.connect(place)
    return connected


def _pass_on(given: socket.socket, to: _Place) -> None:
    with given, contextlib.suppress(OSError), _connected(to) as taken:
        back = Thread(target=_copy, args=(taken, given), daemon=True)
        back.start()
        _copy(given, taken)
        back.join()


def _copy(one: socket.socket, other: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while content := one.recv(1 << 16):
            other.sendall(content)
    for each in (one, other):
        with contextlib.suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)


def raise_loopback() -> None:
    """As `ip link set lo up`: it is down in a new namespace."""
    get, put, up = 0x8913, 0x8914, 1 | 64
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        named = struct.pack("16sh14x", b"lo", 0)
        (flags,) = struct.unpack_from("h", fcntl.ioctl(any_socket, get, named), 16)
        fcntl.ioctl(any_socket, put, struct.pack("16sh14x", b"lo", flags | up))
