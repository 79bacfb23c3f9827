"""Runs the process of a system: starts it, waits for its first answer, measures it, ends it."""

import http.client
import json
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from service.settings import PREFIX
from tests.attached import attached
from tests.benchmarks.errors import BenchmarkFailed

HOST = "127.0.0.1"
_PORT = "{port}"  # placeholder in a command for the port to listen on
_FIRST_ANSWER_SECONDS = 300.0
_BETWEEN_TRIES_SECONDS = 0.005
_GOODBYE_SECONDS = 15.0
_LOG_LINES_TOLD = 20
_PROC = Path("/proc")


@dataclass(frozen=True)
class System:
    """The command that starts a system, and the form of its requests."""

    name: str
    command: tuple[str, ...]
    question: str  # the path of a request, up to the question
    environment: Mapping[str, str] = field(default_factory=dict)
    directory: Path | None = None  # working directory


@dataclass(frozen=True)
class FirstAnswer:
    seconds: float  # since the process was started
    hits: int
    size: int  # bytes of the body


class Server:
    def __init__(self, system: System, process: subprocess.Popen[bytes], port: int, log: IO[bytes]):
        self.system = system
        self.port = port
        self._process = process
        self._started = time.perf_counter()
        self._log = log

    def first_answer(self, target: str) -> FirstAnswer:
        """Ask until the server answers. Raises BenchmarkFailed."""
        while (body := self._try(target)) is None:
            if self._process.poll() is not None:
                raise self.failure(f"ended with {self._process.returncode} before it answered")
            if time.perf_counter() - self._started > _FIRST_ANSWER_SECONDS:
                raise self.failure(f"gave no answer within {_FIRST_ANSWER_SECONDS:.0f} s")
            time.sleep(_BETWEEN_TRIES_SECONDS)
        seconds = time.perf_counter() - self._started
        return FirstAnswer(seconds, len(_hits(json.loads(body))), len(body))

    def _try(self, target: str) -> bytes | None:
        connection = http.client.HTTPConnection(HOST, self.port, timeout=_FIRST_ANSWER_SECONDS)
        try:
            connection.request("GET", target)
            response = connection.getresponse()
            body = response.read()
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()
        if response.status != http.client.OK:
            raise self.failure(f"answered {response.status}: {body[:200]!r}")
        return body

    @property
    def pids(self) -> list[int]:
        """The id of the process, then those of all its descendants."""
        return [process.pid for process in _tree(self._process.pid)]

    def resident_mib(self) -> float:
        """Memory of the whole process tree, including mapped files.

        It is the sum of the proportional set sizes, so that a page shared by several processes
        counts once.
        """
        return self._mib("Pss:")

    def anonymous_mib(self) -> float:
        """The same without mapped files, whose pages belong to the page cache."""
        return self._mib("Pss_Anon:")

    def _mib(self, kind: str) -> float:
        return sum(_shared_out_kib(pid, kind) for pid in self.pids) / 1024

    def cpu_seconds(self) -> float:
        ticks = sum(process.ticks for process in _tree(self._process.pid))
        return ticks / os.sysconf("SC_CLK_TCK")

    def failure(self, what: str) -> BenchmarkFailed:
        self._log.seek(0)
        lines = self._log.read().decode(errors="replace").splitlines()[-_LOG_LINES_TOLD:]
        return BenchmarkFailed("\n".join([f"{self.system.name} {what}; its last lines:", *lines]))

    def stop(self) -> None:
        """Stop the process by SIGTERM, then kill what remains of its process group."""
        self._process.terminate()
        try:
            self._process.wait(_GOODBYE_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


@contextmanager
def running(system: System, port: int = 0) -> Iterator[Server]:
    """Start a server in its own session, so that Ctrl-C ends the benchmark before the server."""
    port = port or free_port()
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            attached([part.replace(_PORT, str(port)) for part in system.command]),
            env=environment() | dict(system.environment),
            cwd=system.directory,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        server = Server(system, process, port, log)
        try:
            yield server
        finally:
            server.stop()


def environment() -> dict[str, str]:
    """This environment without settings of the service: defaults are measured, on CPU, offline."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return ours | {"CUDA_VISIBLE_DEVICES": "", "HF_HUB_OFFLINE": "1"}


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        return int(listener.getsockname()[1])


def _hits(answer: Any) -> list[Any]:
    """The hits: a field of this service's answer, and the whole answer of the other systems."""
    hits: list[Any] = answer["hits"] if isinstance(answer, dict) else answer
    return hits


@dataclass(frozen=True)
class _Process:
    pid: int
    parent: int
    ticks: int  # of CPU time, in user and in kernel mode


def _tree(root: int) -> list[_Process]:
    """The process `root` and all its descendants."""
    everyone = {process.pid: process for process in _processes()}
    tree = [everyone[root]] if root in everyone else []
    for process in tree:  # grows during the loop
        tree += [child for child in everyone.values() if child.parent == process.pid]
    return tree


def _processes() -> Iterator[_Process]:
    for directory in _PROC.iterdir():
        if not directory.name.isdigit():
            continue
        try:
            stat = (directory / "stat").read_text()
        except OSError:  # ended meanwhile
            continue
        # proc(5): after the name, which may hold anything, come state (3), ppid (4) and so on.
        fields = stat.rpartition(")")[2].split()
        yield _Process(
            pid=int(directory.name),
            parent=int(fields[1]),
            ticks=int(fields[11]) + int(fields[12]),
        )


def _shared_out_kib(pid: int, kind: str) -> int:
    try:
        rollup = (_PROC / str(pid) / "smaps_rollup").read_text()
    except OSError:  # ended meanwhile
        return 0
    (line,) = (line for line in rollup.splitlines() if line.startswith(kind))
    return int(line.split()[1])
