"""Milvus 2.3.5, the newest server in a Python package, where nothing but this process reaches it.

The server listens on all addresses, so it runs in a namespace of its own. Run as a module, this is
the inside.
"""

import contextlib
import fcntl
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.indexer.index.engine.namespace import end_together, isolated, raise_loopback, relay

WHEEL = "milvus==2.3.5"
REQUIRED = "REQUIRE_MILVUS"  # a variable: then a server that cannot be had is a failure
ALLOWED = "FETCH_PACKAGES"  # a variable: then it is installed
PORT = 19530
_SESSIONS = Path("/tmp/milvus")  # noqa: S108 - where the server writes, whatever it is told
STARTING_SECONDS = 60.0
_UNPACK = "import sys, milvus; milvus._initialize_data_files(sys.argv[1])"


def cache_of(config: pytest.Config) -> Path:
    """Where the program is installed for all runs; skips if pytest keeps nothing between runs."""
    cache: pytest.Cache | None = getattr(config, "cache", None)
    if cache is None:
        pytest.skip(f"{WHEEL} is installed into pytest's cache, which is switched off")
    return cache.mkdir("milvus-2.3.5")


def installed(cache: Path) -> Path:
    """The folder with the program's environment and files, made once; skips if it cannot be had."""
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (cache / "whole").exists():
            if not {ALLOWED, REQUIRED} & {*os.environ}:
                pytest.skip(f"installs {WHEEL}, 400 MB: {ALLOWED}=1 make test")
            try:
                _install(cache)
            except (OSError, subprocess.CalledProcessError) as error:
                unavailable(f"{WHEEL} cannot be installed: {error}")
            (cache / "whole").touch()
    return cache


def _install(cache: Path) -> None:
    environment = cache / "environment"
    shutil.rmtree(environment, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    python = environment / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", WHEEL], check=True)
    subprocess.run([python, "-c", _UNPACK, cache], check=True)


def unavailable(reason: str) -> None:
    if os.environ.get(REQUIRED):
        pytest.fail(reason)
    pytest.skip(reason)


@contextlib.contextmanager
def standalone(cache: Path, folder: Path) -> Iterator[int]:
    """A fresh server with its data in `folder`; yields the port that leads to it."""
    data = folder / "data"
    data.mkdir()
    (data / "bin").symlink_to(cache / "bin")
    server = installed(cache) / "environment" / "bin" / "milvus-server"
    with running(__name__, server, data, folder / "milvus.sock") as (port, _):
        yield port


@contextlib.contextmanager
def running(module: str, *arguments: Path) -> Iterator[tuple[int, list[str]]]:
    """The port that leads to what the module starts, and the words it tells besides "ready".

    The last of the arguments is the socket file that leads into its namespace.
    """
    if not shutil.which("unshare"):
        unavailable(f"{WHEEL} runs in a namespace, and there is no unshare")
    try:
        with isolated(module, *arguments) as inside:
            if inside.told[:1] != ["ready"]:
                unavailable(f"{WHEEL} does not start: {inside.complaint()}")
            with relay(("127.0.0.1", 0), str(arguments[-1])) as port:
                yield port, inside.told[1:]
    finally:
        with contextlib.suppress(OSError):
            _SESSIONS.rmdir()


def move_in(data: str) -> None:
    """In a new namespace: raise its network; what is written elsewhere goes to `data`."""
    end_together()
    raise_loopback()
    _SESSIONS.mkdir(exist_ok=True)
    subprocess.run(["mount", "--bind", data, _SESSIONS], check=True)
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run"], check=True)  # for its pid files


def _inside(server: str, data: str, entrance: str) -> None:
    move_in(data)
    command = [server, "--data", data, "--proxy-port", str(PORT)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=sys.stderr) as process:
        until = time.monotonic() + STARTING_SECONDS
        while process.poll() is None and time.monotonic() < until:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", PORT)):
                break
            time.sleep(0.1)
        with relay(entrance, ("127.0.0.1", PORT)):
            print("ready" if process.poll() is None else "ended", flush=True)
            process.wait()


if __name__ == "__main__":
    _inside(*sys.argv[1:])
