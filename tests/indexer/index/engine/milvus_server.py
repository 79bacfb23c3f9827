"""Milvus 2.3.5, the newest server in a Python package, where nothing but this process reaches it.

The server listens on all addresses, so it runs in a network namespace of its own. A socket file
leads into it, and a port of the loopback address to that file. Run as a module, this is the inside.
"""

import contextlib
import fcntl
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import TypeAlias

import pytest

from tests.conftest import REPOSITORY

WHEEL = "milvus==2.3.5"
REQUIRED = "REQUIRE_MILVUS"  # a variable: then a server that cannot be had is a failure
_ALLOWED = "FETCH_PACKAGES"  # a variable: then it is installed
_PORT = 19530
_SESSIONS = Path("/tmp/milvus")  # noqa: S108 - where the server writes, whatever it is told
_STARTING_SECONDS = 60.0
_UNPACK = "import sys, milvus; milvus._initialize_data_files(sys.argv[1])"

_Place: TypeAlias = "tuple[str, int] | str"


def installed(cache: Path) -> Path:
    """The folder with the program's environment and files, made once; skips if it cannot be had."""
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (cache / "whole").exists():
            if not {_ALLOWED, REQUIRED} & {*os.environ}:
                pytest.skip(f"installs {WHEEL}, 400 MB: {_ALLOWED}=1 make test")
            try:
                _install(cache)
            except (OSError, subprocess.CalledProcessError) as error:
                _unavailable(f"{WHEEL} cannot be installed: {error}")
            (cache / "whole").touch()
    return cache


def _install(cache: Path) -> None:
    environment = cache / "environment"
    shutil.rmtree(environment, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    python = environment / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", WHEEL], check=True)
    subprocess.run([python, "-c", _UNPACK, cache], check=True)


def _unavailable(reason: str) -> None:
    if os.environ.get(REQUIRED):
        pytest.fail(reason)
    pytest.skip(reason)


@contextlib.contextmanager
def standalone(cache: Path, folder: Path) -> Iterator[int]:
    """A fresh server with its data in `folder`; yields the port that leads to it."""
    data, entrance = folder / "data", folder / "milvus.sock"
    data.mkdir()
    (data / "bin").symlink_to(cache / "bin")
    server = installed(cache) / "environment" / "bin" / "milvus-server"
    inside = [sys.executable, "-m", "tests.indexer.index.engine.milvus_server"]
    with subprocess.Popen(
        ["unshare", "-rnm", *inside, server, data, entrance],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        process_group=0,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            if process.stdout.readline().strip() != "ready":
                _unavailable(f"{WHEEL} does not start: {process.stderr.read()[-500:]}")
            with relay(("127.0.0.1", 0), str(entrance)) as port:
                yield port
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            with contextlib.suppress(OSError):
                _SESSIONS.rmdir()


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


def _raise_loopback() -> None:
    """As `ip link set lo up`: it is down in a new namespace."""
    get, put, up = 0x8913, 0x8914, 1 | 64
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        named = struct.pack("16sh14x", b"lo", 0)
        (flags,) = struct.unpack_from("h", fcntl.ioctl(any_socket, get, named), 16)
        fcntl.ioctl(any_socket, put, struct.pack("16sh14x", b"lo", flags | up))


def _inside(server: str, data: str, entrance: str) -> None:
    _raise_loopback()
    _SESSIONS.mkdir(exist_ok=True)
    subprocess.run(["mount", "--bind", data, _SESSIONS], check=True)
    command = [server, "--data", data, "--proxy-port", str(_PORT)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=sys.stderr) as process:
        until = time.monotonic() + _STARTING_SECONDS
        while process.poll() is None and time.monotonic() < until:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", _PORT)):
                break
            time.sleep(0.1)
        with relay(entrance, ("127.0.0.1", _PORT)):
            print("ready" if process.poll() is None else "ended", flush=True)
            process.wait()


if __name__ == "__main__":
    _inside(*sys.argv[1:])
