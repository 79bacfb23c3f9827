"""Prints the processor time of suggestions; run by `python -m tests.benchmarks.suggesting`."""

import argparse
import json
import random
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from indexer.build import build
from indexer.index.columns.filters import NO_FILTERS, Filters
from indexer.snapshot import Snapshot
from service.search.completion.completion import Completion
from tests.fakes import WORDS, fake_artifact

_SYLLABLES = "ka lo mi tra ven sor el bu ni quo re ta shi mar don pel gri os un ya".split()
_ASKED = 2000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--episodes", type=int, default=100_000)
    episodes = parser.parse_args().episodes
    with tempfile.TemporaryDirectory() as scratch:
        completion = Completion(_built(Path(scratch), episodes))
        names = [_name(random.Random(seed)) for seed in range(episodes)]
        for title, filters in (("all", NO_FILTERS), ("one tag", Filters(tag=("t7",)))):
            for kind, typed in _typed(names):
                took = [_seconds(completion, each, filters) for each in typed]
                half, most = np.percentile(took, (50, 99)) * 1000
                print(f"{episodes:,} episodes, {title}, {kind}: {half:.2f} ms, p99 {most:.2f} ms")


def _typed(names: list[str]) -> Iterator[tuple[str, list[str]]]:
    rng = random.Random(1)
    chosen = rng.choices(names, k=_ASKED)
    yield "one letter", [name[:1] for name in chosen]
    yield "a beginning", [name[: rng.randint(2, 12)] for name in chosen]
    yield "two words", [" ".join(name.split()[:2]) for name in chosen]
    yield "a typo", [f"{name[:3]}x{name[3:8]}" for name in chosen]


def _seconds(completion: Completion, typed: str, filters: Filters) -> float:
    started = time.thread_time()
    completion.complete(typed, filters, 8)
    return time.thread_time() - started


def _name(rng: random.Random) -> str:
    words = (
        "".join(rng.choices(_SYLLABLES, k=rng.randint(1, 4))) for _ in range(rng.randint(2, 9))
    )
    return " ".join(words)


def _built(scratch: Path, episodes: int) -> Snapshot:
    corpus = scratch / "corpus.jsonl"
    with corpus.open("w") as file:
        for number in range(episodes):
            record = {
                "id": str(number),
                "title": _name(random.Random(number)),
                "summary": " ".join(random.Random(number).sample(WORDS, 6)),
                "podcast": f"Show {number % 2000} {_name(random.Random(number % 2000))[:20]}",
                "guests": [_name(random.Random(number % 30_000))[:24]],
                "tags": [f"t{number % 100}"],
            }
            file.write(json.dumps(record) + "\n")
    build([corpus], scratch / "snapshots", fake_artifact(scratch / "encoder"))
    return Snapshot.current(scratch / "snapshots")


if __name__ == "__main__":
    main()
