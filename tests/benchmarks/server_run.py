"""Runs one server from its start to its end: its first answer, then one load after another."""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from tests.benchmarks.errors import BenchmarkFailed
from tests.benchmarks.load import Answers
from tests.benchmarks.machine import busy_seconds, own_seconds
from tests.benchmarks.servers import FirstAnswer, Server, System, running

_WATCH_SECONDS = 0.5


@dataclass(frozen=True)
class Phase:
    """One load: a number of clients, who ask new questions or repeat a few."""

    clients: int
    repeated: bool = False

    @property
    def name(self) -> str:
        return f"{self.clients} {'repeated' if self.repeated else 'distinct'}"


@dataclass(frozen=True)
class Loaded:
    """The measurements of one server under one load."""

    answers: Answers
    cpu_ms_an_answer: float  # CPU time of the server, which other load changes less
    resident_mib: float  # the largest value seen
    others: float  # processors used by processes outside of the benchmark


@dataclass(frozen=True)
class ServerRun:
    first: FirstAnswer
    phases: Mapping[str, Loaded]  # by the phase's name

    @property
    def resident_mib(self) -> float:
        return max(loaded.resident_mib for loaded in self.phases.values())


@dataclass(frozen=True)
class Script:
    """The requests to a server in one run; the same for every system."""

    first: str
    phases: Mapping[Phase, Sequence[str]]
    warm_up: float  # seconds of each phase before the measurement
    seconds: float  # seconds of each phase that are measured
    hits: int  # that an answer must have


def run_server(system: System, script: Script) -> ServerRun:
    """Run a server through all phases. Raises BenchmarkFailed at a wrong answer."""
    with running(system) as server:
        first = first_answer(server, script)
        phases = {
            phase.name: load(server, phase, asked, script) for phase, asked in script.phases.items()
        }
    return ServerRun(first, phases)


def first_answer(server: Server, script: Script) -> FirstAnswer:
    first = server.first_answer(_target(server.system, script.first))
    if first.hits != script.hits:
        raise BenchmarkFailed(f"{server.system.name} gave {first.hits} hits, not {script.hits}.")
    return first


def load(server: Server, phase: Phase, asked: Sequence[str], script: Script) -> Loaded:
    clock, resident = _Clock(server), 0.0
    with tempfile.TemporaryFile("w+") as targets:
        targets.writelines(f"{_target(server.system, question)}\n" for question in asked)
        targets.seek(0)
        generator = subprocess.Popen(
            _command(server, phase, script),
            stdin=targets,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        try:
            while generator.poll() is None:
                resident = max(resident, server.resident_mib())
                _wait(generator)
            output, _ = generator.communicate()
        finally:
            generator.kill()
            generator.wait()
    if generator.returncode:
        raise BenchmarkFailed(f"the load generator ended with {generator.returncode}.")
    answers = Answers(**json.loads(output))
    if answers.errors or not answers.answers:
        raise server.failure(
            f"at {phase.name}: {answers.answers} answers counted of "
            f"{answers.of_all}; errors: {answers.errors}"
        )
    now = _Clock(server)
    cpu = now.server - clock.server
    others = (now.busy - clock.busy) - (now.benchmark - clock.benchmark) - cpu
    return Loaded(
        answers,
        cpu_ms_an_answer=cpu * 1000 / answers.of_all,
        resident_mib=resident,
        others=max(0.0, others / (now.wall - clock.wall)),
    )


class _Clock:
    """Elapsed seconds, and CPU seconds of the server, the benchmark and the machine."""

    def __init__(self, server: Server) -> None:
        self.wall = time.perf_counter()
        self.busy = busy_seconds()
        self.server = server.cpu_seconds()
        self.benchmark = own_seconds()  # includes the generator's once it has ended


def _wait(generator: subprocess.Popen[bytes]) -> None:
    try:
        generator.wait(_WATCH_SECONDS)
    except subprocess.TimeoutExpired:
        return


def _command(server: Server, phase: Phase, script: Script) -> list[str]:
    command = [sys.executable, "-m", "tests.benchmarks.load", str(server.port)]
    command += ["--clients", str(phase.clients), "--warm-up", str(script.warm_up)]
    command += ["--seconds", str(script.seconds)]
    return [*command, "--cycle"] if phase.repeated else command


def _target(system: System, question: str) -> str:
    return system.question + quote(question, safe="")
