"""Measures this service, a baseline and a peer in one run, and prints the targets that were met."""

import argparse
import fcntl
import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, NoReturn

from indexer.errors import EpisodeSearchError
from tests.benchmarks import machine, report, stages
from tests.benchmarks.errors import BenchmarkFailed
from tests.benchmarks.material import make
from tests.benchmarks.peers import txtai
from tests.benchmarks.rounds import Round, measure
from tests.benchmarks.systems import baseline, ours
from tests.benchmarks.texts import questions

_INTERRUPTED = 130
_TERMINATED = 143


def main() -> int:
    options = _parser().parse_args()
    options.snapshots = options.snapshots.resolve()  # servers may start in another directory
    signal.signal(signal.SIGTERM, _leave)
    try:
        with _alone(options.snapshots / "benchmarks") as place:
            facts, rounds = _run(options, place)
    except (BenchmarkFailed, EpisodeSearchError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return _INTERRUPTED
    print(report.tables(facts, rounds))
    if options.json:
        figures = report.as_json(facts, rounds)
        options.json.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--peers", action="store_true", help="txtai too, installed for itself")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures there")
    parser.add_argument("--episodes", type=_positive, default=1000, help="at most (default 1000)")
    parser.add_argument("--seconds", type=float, default=4.0, help="of each load (default 4)")
    parser.add_argument("--rounds", type=_positive, default=3, help="(default 3)")
    parser.add_argument("--corpus", type=Path, help="episodes; without it they are made up")
    parser.add_argument("--snapshots", type=Path, default=Path(".snapshots"), metavar="DIR")
    return parser


def _positive(text: str) -> int:
    if (number := int(text)) < 1:
        raise ValueError(text)
    return number


def _run(options: argparse.Namespace, place: Path) -> tuple[dict[str, Any], list[Round]]:
    facts: dict[str, Any] = {"date": machine.today(), "machine": machine.machine()}
    material = make(place, options.snapshots / "encoders", options.corpus, options.episodes)
    systems = [*ours(material), baseline(material)]
    versions = machine.versions()
    if options.peers:
        peer = txtai(options.snapshots / "peers" / "txtai", material)
        systems.append(peer.system)
        versions |= peer.versions
    facts |= {"commit": machine.commit(), "versions": versions}
    facts |= {"episodes": len(material.summaries), "seconds_a_load": options.seconds}
    rounds = measure(systems, material, rounds=options.rounds, seconds=options.seconds)
    asked = list(islice(questions(material.summaries), stages.QUESTIONS))
    facts["stages"] = stages.measure(material, asked)
    return facts, rounds


@contextmanager
def _alone(place: Path) -> Iterator[Path]:
    """Lock the benchmark: two at the same time would slow each other down."""
    place.mkdir(parents=True, exist_ok=True)
    with (place / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BenchmarkFailed(
                f"another benchmark is running in {place}; wait for it."
            ) from None
        yield place


def _leave(*_: object) -> NoReturn:
    """Signal handler: exit through every `finally`, so that no server is left running."""
    sys.exit(_TERMINATED)


if __name__ == "__main__":
    sys.exit(main())
