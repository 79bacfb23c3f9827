"""One size of everything: a snapshot built by the real pipeline, opened, served and asked."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from time import perf_counter
from unittest.mock import patch
from urllib.request import urlopen

import sys

from indexer.build import build
from indexer.encoder.artifact import prepare
from indexer.encoder.model import resolve_model
from indexer.encoder.threads import available_cpus
from indexer.snapshot import Snapshot
from tests.benchmarks.lives import Loaded, Phase, Script, first_answer, load
from tests.benchmarks.material import PRECISION
from tests.benchmarks.scale.corpora import Corpora
from tests.benchmarks.scale.given import GivenEncoder
from tests.benchmarks.scale.stages import alone
from tests.benchmarks.servers import HOST, FirstAnswer, Server, System, running
from tests.benchmarks.texts import questions

_ONE_CLIENT = Phase(1)
_WARM_UP_SECONDS, _SECONDS = 3.0, 10.0
_QUESTIONS = 20_000  # more than are asked in that time
_ASKED_OF = 2_000  # episodes
_HITS = 10
_STAGE = re.compile(r'episode_search_stage_seconds_(sum|count)\{stage="(\w+)"\} (\S+)')


@dataclass(frozen=True)
class Published:
    seconds: Mapping[str, float]  # of each stage of the build
    disk_bytes: int
    asked: list[str]


@dataclass(frozen=True)
class Whole:
    episodes: int
    published: Published
    open_seconds: float
    first: FirstAnswer
    loaded: Loaded
    stages: Mapping[str, float]  # milliseconds of a request, in the mean


def measure(root: Path, encoders: Path, episodes: int) -> Whole:
    """Raises BenchmarkFailed."""
    threads = available_cpus()
    published = alone(threads, publish, root, encoders, episodes)
    opened = alone(threads, opening, root)
    command = (sys.executable, "-m", "service", "--snapshots", str(root), "--port", "{port}")
    system = System(f"{episodes:,} episodes", command, "/search?q=")
    script = Script(
        published.asked[0], {_ONE_CLIENT: published.asked[1:]}, _WARM_UP_SECONDS, _SECONDS, _HITS
    )
    with running(system) as server:
        first = first_answer(server, script)
        loaded = load(server, _ONE_CLIENT, script.phases[_ONE_CLIENT], script)
        stages = dict(_stages(server))
    return Whole(episodes, published, opened, first, loaded, stages)


def publish(root: Path, encoders: Path, episodes: int) -> Published:
    """In a process of its own, whose documents are embedded at no cost."""
    root.mkdir(parents=True)
    corpus, summaries = root / "corpus.jsonl", []
    with corpus.open("w") as file:
        for fields in Corpora().episodes(episodes):
            file.write(json.dumps(fields) + "\n")
            if len(summaries) < _ASKED_OF:
                summaries.append(str(fields["summary"]))
    threads = available_cpus()
    artifact = prepare(resolve_model(), encoders, PRECISION, threads)
    with patch("indexer.build.open_encoder", lambda *_: GivenEncoder()):
        outcome = build([corpus], root, artifact, threads=threads)
    files = outcome.manifest.files.values()
    asked = list(islice(questions(summaries), _QUESTIONS))
    return Published(outcome.seconds, sum(file.bytes for file in files), asked)


def opening(root: Path) -> float:
    """Seconds, of a process that has imported what it needs."""
    started = perf_counter()
    Snapshot.current(root)
    return perf_counter() - started


def _stages(server: Server) -> Iterator[tuple[str, float]]:
    with urlopen(f"http://{HOST}:{server.port}/metrics") as answer:  # noqa: S310 - our own
        told = _STAGE.findall(answer.read().decode())
    sums = {stage: float(value) for kind, stage, value in told if kind == "sum"}
    counts = {stage: float(value) for kind, stage, value in told if kind == "count"}
    for stage, count in counts.items():
        yield stage, 1000 * sums[stage] / max(1.0, count)
