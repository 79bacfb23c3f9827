"""Every system in turn, several times over, so that a busy moment strikes them alike."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from service.__main__ import ONE_THREAD_A_CALL
from tests.benchmarks.errors import BenchmarkFailed
from tests.benchmarks.lives import Life, Phase, Script, first_answer, live, load
from tests.benchmarks.load import Answers
from tests.benchmarks.material import Material
from tests.benchmarks.servers import System, environment, running
from tests.benchmarks.systems import HITS, SERVED, null
from tests.benchmarks.texts import questions

PHASES = (Phase(1), Phase(16), Phase(64), Phase(1, repeated=True), Phase(16, repeated=True))
CROWD = Phase(64)  # what the generator's limit and the encoder's are compared with

_WARM_UP_SECONDS = 1.0  # of each load
_MOST_A_SECOND = 10_000  # distinct questions a load may use; one that uses all ends early
_REPEATED_QUESTIONS = 32
_DOCUMENTS = 512  # a round


@dataclass(frozen=True)
class Round:
    lives: Mapping[str, Life]  # by the system's name
    generator: Answers  # its own limit, against the null server
    encoder: float  # questions a second in full batches, without HTTP
    documents: float  # a second, by the encoder as a build uses it
    reference_documents: float  # a second, by SentenceTransformer.encode


def measure(
    systems: Sequence[System], material: Material, *, rounds: int, seconds: float
) -> list[Round]:
    """Raises BenchmarkFailed at the first answer that is not one."""
    supply = questions(material.summaries)
    for system in systems:  # so that indexes are made and files are in memory for everyone
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
    """New questions for every load but those that repeat theirs."""
    most = int(_MOST_A_SECOND * (_WARM_UP_SECONDS + seconds))
    asked = {
        phase: list(islice(supply, _REPEATED_QUESTIONS if phase.repeated else most))
        for phase in phases
    }
    hits = min(HITS, len(material.summaries))
    return Script(next(supply), asked, _WARM_UP_SECONDS, seconds, hits)


def _round(systems: Sequence[System], material: Material, script: Script, number: str) -> Round:
    lives = {}
    for system in systems:
        _tell(f"round {number}: {system.name}")
        lives[system.name] = live(system, script)
    _tell(f"round {number}: the generator's limit, encoders")
    crowd = script.phases[CROWD]
    with running(null(lives[SERVED].first.size)) as server:
        server.first_answer(server.system.question)
        again = Phase(CROWD.clients, repeated=True)  # it would run out of questions
        generator = load(server, again, crowd, script).answers
    seconds = ("--seconds", str(script.seconds))
    documents = material.summaries[:_DOCUMENTS]
    return Round(
        lives=lives,
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
    """Texts a second, in a process of its own."""
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
