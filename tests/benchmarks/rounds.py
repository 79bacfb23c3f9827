"""Measures every system in turn, several times, so that other load affects all alike."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from service.__main__ import ONE_THREAD_A_CALL
from tests.benchmarks.errors import BenchmarkFailed
from tests.benchmarks.load import Answers
from tests.benchmarks.material import Material
from tests.benchmarks.server_run import Phase, Script, ServerRun, first_answer, load, run_server
from tests.benchmarks.servers import System, environment, running
from tests.benchmarks.systems import HITS, SERVED, null
from tests.benchmarks.texts import questions

PHASES = (Phase(1), Phase(16), Phase(64), Phase(1, repeated=True), Phase(16, repeated=True))
CROWD = Phase(64)  # compared with the limits of the generator and of the encoder

_WARM_UP_SECONDS = 1.0  # of each load
_MOST_A_SECOND = 10_000  # distinct questions for a load; a load that uses all of them ends early
_REPEATED_QUESTIONS = 32
_DOCUMENTS = 512  # per round


@dataclass(frozen=True)
class Round:
    runs: Mapping[str, ServerRun]  # by the system's name
    generator: Answers  # the limit of the load generator, against the null server
    encoder: float  # questions per second in full batches, without HTTP
    documents: float  # per second, by the encoder as a build uses it
    reference_documents: float  # per second, by SentenceTransformer.encode


def measure(
    systems: Sequence[System], material: Material, *, rounds: int, seconds: float
) -> list[Round]:
    """Measure all rounds. Raises BenchmarkFailed at the first wrong answer."""
    supply = questions(material.summaries)
    for system in systems:  # build all indexes and read all files before the first round
        _tell(f"first start: {system.name}")
        with running(system) as server:
            first_answer(server, _script(supply, (), material, seconds))
    return [
        _round(systems, material, _script(supply, PHASES, material, seconds), f"{number}/{rounds}")
        for number in range(1, rounds + 1)
    ]


def _script(
    supply: Iterator[str], phases: Sequence[Phase], material: Material, seconds: float
) -> Script:
    """The questions of a round: new ones for every load, except for loads that repeat theirs."""
    most = int(_MOST_A_SECOND * (_WARM_UP_SECONDS + seconds))
    asked = {
        phase: list(islice(supply, _REPEATED_QUESTIONS if phase.repeated else most))
        for phase in phases
    }
    hits = min(HITS, len(material.summaries))
    return Script(next(supply), asked, _WARM_UP_SECONDS, seconds, hits)


def _round(systems: Sequence[System], material: Material, script: Script, number: str) -> Round:
    runs = {}
    for system in systems:
        _tell(f"round {number}: {system.name}")
        runs[system.name] = run_server(system, script)
    _tell(f"round {number}: the generator's limit, encoders")
    crowd = script.phases[CROWD]
    with running(null(runs[SERVED].first.size)) as server:
        server.first_answer(server.system.question)
        again = Phase(CROWD.clients, repeated=True)  # the null server would use up new questions
        generator = load(server, again, crowd, script).answers
    seconds = ("--seconds", str(script.seconds))
    documents = material.summaries[:_DOCUMENTS]
    return Round(
        runs=runs,
        generator=generator,
        encoder=_encode("questions", material, crowd, *seconds, settings=ONE_THREAD_A_CALL),
        documents=_encode("documents", material, documents),
        reference_documents=_encode("reference", material, documents),
    )


def _encode(
    what: str,
    material: Material,
    texts: Sequence[str],
    *options: str,
    settings: Mapping[str, str] | None = None,
) -> float:
    """Texts per second, measured in a separate process."""
    command = [sys.executable, "-m", "tests.benchmarks.encoding", what]
    done = subprocess.run(
        [*command, "--encoders", str(material.encoders), *options],
        input=json.dumps(texts),
        env=environment() | dict(settings or {}),
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,
    )
    if done.returncode:
        raise BenchmarkFailed(f"encoding {what} failed:\n{done.stderr[-2000:]}")
    return float(done.stdout)


def _tell(what: str) -> None:
    print(what, file=sys.stderr, flush=True)
