"""Measures a cold search in the terminal: python -m tests.benchmarks.cold --episodes N

Publishes a corpus of made-up episodes whose vectors cost nothing, then runs `episode-search search`
on it as a fresh process, again and again, and prints the median seconds and where they go: each
stage is a process that does all the stages before it too. Seconds of the processor are printed as
well, since other work on the machine does not lengthen them much.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import NamedTuple

from indexer.build import BuildOptions, build
from indexer.encoder.artifact import prepare
from indexer.encoder.cpu_count import available_cpus
from indexer.encoder.model import resolve_model
from tests.benchmarks.machine import own_seconds
from tests.benchmarks.material import PRECISION
from tests.benchmarks.scale.corpora import Corpora
from tests.benchmarks.scale.given import GivenEncoder
from tests.benchmarks.servers import environment

_ASKED = "who talks about queues and streams?"
_ROUNDS = 7
_MOST_SECONDS = 2.0
_MAIN = "from service.cli import main; main()"
_SET_UP = "import os; from service.__main__ import ONE_THREAD_A_CALL as o; os.environ.update(o); "

# What each process runs, in the order of a search.
_STAGES = {
    "Python starts": "pass",
    "the command is imported": "import service.cli.app",
    "the application is imported": f"{_SET_UP}import service.cli.app, service.app",
    "the snapshot is opened": (
        f"{_SET_UP}import sys, pathlib, service.cli.app, service.app; "
        "from indexer.snapshot import Snapshot; Snapshot.current(pathlib.Path(sys.argv[1]))"
    ),
}


class Times(NamedTuple):
    seconds: float
    processor: float  # seconds of it, of the process


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.cold")
    parser.add_argument("--episodes", type=int, default=100_000, help="(default 100,000)")
    parser.add_argument("--snapshots", type=Path, default=Path(".snapshots"), metavar="DIR")
    options = parser.parse_args()
    root = options.snapshots / "benchmarks" / f"cold-{options.episodes}"
    if not (root / "CURRENT").exists():
        _publish(root, options.snapshots / "encoders", options.episodes)
    _measure(root, options.episodes)


def _publish(root: Path, encoders: Path, episodes: int) -> None:
    root.mkdir(parents=True, exist_ok=True)
    corpus = root / "corpus.jsonl"
    with corpus.open("w") as file:
        file.writelines(json.dumps(each) + "\n" for each in Corpora().episodes(episodes))
    threads = available_cpus()
    artifact = prepare(resolve_model(), encoders, PRECISION, threads)
    build([corpus], root, artifact, BuildOptions(threads=threads, embedder=GivenEncoder()))
    corpus.unlink()


def _measure(root: Path, episodes: int) -> None:
    taken = dict(_medians(root))
    before = Times(0.0, 0.0)
    for name, times in taken.items():
        print(f"{name:29} {times.seconds - before.seconds:5.2f} s, ", end="")
        print(f"of the processor {times.processor - before.processor:5.2f} s")
        before = times
    met = "met" if before.seconds < _MOST_SECONDS else "not met"
    print(f"{'in all':29} {before.seconds:5.2f} s, of the processor {before.processor:5.2f} s")
    print(f"wanted for {episodes:,} episodes: under {_MOST_SECONDS:g} s, {met}")


def _medians(root: Path) -> Iterator[tuple[str, Times]]:
    searched = ("search", _ASKED, "--snapshots", str(root), "--json")
    runs: dict[str, tuple[str, ...]] = {
        name: (program, str(root)) for name, program in _STAGES.items()
    }
    runs["the question is answered"] = (_MAIN, *searched)
    for name, command in runs.items():
        taken = [_run(*command) for _ in range(_ROUNDS)]
        yield name, Times(*map(median, zip(*taken, strict=True)))


def _run(program: str, *arguments: str) -> Times:
    started, before = time.perf_counter(), own_seconds()
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    times = Times(time.perf_counter() - started, own_seconds() - before)
    if done.returncode > 1 or (arguments[0] == "search" and not json.loads(done.stdout)["hits"]):
        raise SystemExit(f"error: nothing was found: {done.stderr}")
    return times


if __name__ == "__main__":
    main()
