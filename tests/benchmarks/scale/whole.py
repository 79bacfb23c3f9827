"""Measures one size of everything: a snapshot built by the real pipeline, served and asked."""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from time import perf_counter
from unittest.mock import patch
from urllib.request import urlopen

from indexer.build import BuildOptions, build
from indexer.encoder.artifact import prepare
from indexer.encoder.cpu_count import available_cpus
from indexer.encoder.model import resolve_model
from indexer.index.vectors.record import IndexRecord
from indexer.snapshot import Snapshot
from tests.benchmarks.material import PRECISION
from tests.benchmarks.scale.corpora import Corpora
from tests.benchmarks.scale.given import GivenEncoder
from tests.benchmarks.scale.stages import alone
from tests.benchmarks.server_run import Loaded, Phase, Script, first_answer, load
from tests.benchmarks.servers import HOST, FirstAnswer, Server, System, running
from tests.benchmarks.texts import questions

_ONE_CLIENT = Phase(1)
_WARM_UP_SECONDS, _SECONDS = 3.0, 10.0
_QUESTIONS = 20_000  # more than can be asked in the time
_ASKED_OF = 2_000  # episodes that the questions are made from
_HITS = 10
_STAGE = re.compile(r'episode_search_stage_seconds_(sum|count)\{stage="(\w+)"\} (\S+)')


@dataclass(frozen=True)
class Published:
    in_all: float  # seconds of the whole build
    seconds: Mapping[str, float]  # of each stage; some stages overlap
    index: IndexRecord
    disk_bytes: int
    peak_mib: float
    asked: list[str]


@dataclass(frozen=True)
class Whole:
    episodes: int
    published: Published
    open_seconds: float
    first: FirstAnswer
    loaded: Loaded
    anonymous_mib: float  # of the service, without the page cache
    stages: Mapping[str, float]  # mean milliseconds of a request


def measure(root: Path, encoders: Path, episodes: int) -> Whole:
    """Build, serve and ask. Raises BenchmarkFailed."""
    published = alone(available_cpus(), publish, root, encoders, episodes)
    return served(root, published, episodes)


def served(root: Path, published: Published, episodes: int) -> Whole:
    first_question, *asked = published.asked
    script = Script(first_question, {_ONE_CLIENT: asked}, _WARM_UP_SECONDS, _SECONDS, _HITS)
    command = (sys.executable, "-m", "service", "--snapshots", str(root), "--port", "{port}")
    opened = alone(available_cpus(), opening, root)
    with running(System(f"{episodes:,} episodes", command, "/search?q=")) as server:
        return Whole(
            episodes,
            published,
            open_seconds=opened,
            first=first_answer(server, script),
            loaded=load(server, _ONE_CLIENT, asked, script),
            anonymous_mib=server.anonymous_mib(),
            stages=dict(_stages(server)),
        )


def publish(root: Path, encoders: Path, episodes: int) -> Published:
    """Build a snapshot in a separate process, with hashed vectors."""
    root.mkdir(parents=True)
    corpus = root / "corpus.jsonl"
    with corpus.open("w") as file:
        file.writelines(json.dumps(fields) + "\n" for fields in Corpora().episodes(episodes))
    threads = available_cpus()
    artifact = prepare(resolve_model(), encoders, PRECISION, threads)
    started = perf_counter()
    with patch("indexer.pipeline.index_build.open_encoder", lambda *_: GivenEncoder()):
        outcome = build([corpus], root, artifact, BuildOptions(threads=threads))
    in_all = perf_counter() - started
    size = sum(file.bytes for file in outcome.manifest.files.values())
    peak = getrusage(RUSAGE_SELF).ru_maxrss / 1024
    return Published(
        in_all, outcome.seconds, outcome.manifest.index, size, peak, _questions(episodes)
    )


def _questions(episodes: int) -> list[str]:
    """Distinct questions, made of words of the first episodes."""
    asked_of = Corpora().episodes(min(_ASKED_OF, episodes))
    return list(islice(questions([str(fields["summary"]) for fields in asked_of]), _QUESTIONS))


def opening(root: Path) -> float:
    """Seconds to open the snapshot, without the time to import libraries."""
    started = perf_counter()
    Snapshot.current(root)
    return perf_counter() - started


def _stages(server: Server) -> Iterator[tuple[str, float]]:
    with urlopen(f"http://{HOST}:{server.port}/metrics") as answer:
        told = _STAGE.findall(answer.read().decode())
    sums = {stage: float(value) for kind, stage, value in told if kind == "sum"}
    counts = {stage: float(value) for kind, stage, value in told if kind == "count"}
    for stage, count in counts.items():
        yield stage, 1000 * sums[stage] / max(1.0, count)
