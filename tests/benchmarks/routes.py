"""How much do the other routes bear? python -m tests.benchmarks.routes

Asks /search, similar episodes, /episodes and /podcasts by 64 clients without pause, each route on
its own; then sends ten times as many requests a second as /search answered, from clients that wait
for no answer, and prints how soon those beyond the route's own rate are refused.
"""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from urllib.parse import quote

import orjson

from tests.benchmarks.load import percentile
from tests.benchmarks.material import Material, make
from tests.benchmarks.report import table
from tests.benchmarks.servers import Server, running
from tests.benchmarks.texts import questions
from tests.torture.crowd import Crowd, Tally
from tests.torture.service import FORGETFUL, service

_CLIENTS = 64
_READY = 1000  # connections opened in advance
_TIMES = 10
_WARM_UP_SECONDS = 1.0
_SEARCH = "/search"
_AS_FAST = 2.0  # factor by which the refusals of another route may take longer than /search's
_HEAD = [
    "route",
    "answers/s",
    "p50 ms",
    "p99 ms",
    "flood/s",
    "answered",
    "refused, p50",
    "p99",
]


@dataclass(frozen=True)
class Borne:
    """What a route bears."""

    rate: float  # answers a second, of clients that ask in turn
    times: list[float]  # of these, in ms, sorted
    offered: float  # requests a second of the flood
    answered: float  # of these
    tally: Tally  # of the flood

    @property
    def refused_p99(self) -> float:
        """In ms; 0 if none was refused."""
        return percentile(sorted(self.tally.refused), 0.99) if self.tally.refused else 0.0

    @property
    def cells(self) -> list[str]:
        refused = sorted(self.tally.refused)
        return [
            f"{self.rate:,.0f}",
            f"{percentile(self.times, 0.5):.1f}",
            f"{percentile(self.times, 0.99):.1f}",
            f"{self.offered:,.0f}",
            f"{self.answered:,.0f}",
            f"{percentile(refused, 0.5):.1f}" if refused else "none",
            f"{self.refused_p99:.1f}" if refused else "none",
        ]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.routes")
    parser.add_argument("--seconds", type=float, default=5.0, help="of each load (default 5)")
    parser.add_argument("--episodes", type=int, default=1000, help="(default 1000)")
    parser.add_argument("--snapshots", type=Path, default=Path(".snapshots"), metavar="DIR")
    options = parser.parse_args()
    benchmarks, encoders = options.snapshots / "benchmarks", options.snapshots / "encoders"
    material = make(benchmarks, encoders, None, options.episodes)
    measured: dict[str, Borne] = {}
    for route, targets in _routes(material).items():
        sustained = measured[_SEARCH].rate if measured else None
        with running(service(material.snapshots, *FORGETFUL)) as server:
            server.first_answer("/search?q=anything")
            measured[route] = _measure(server, targets, options.seconds, sustained)
    print(table([_HEAD, *([route, *one.cells] for route, one in measured.items())], left=(0,)))
    most = _AS_FAST * measured[_SEARCH].refused_p99
    slow = [route for route, one in measured.items() if one.refused_p99 > most]
    print(f"refused as fast as on /search: {'all' if not slow else f'not {slow}'}")
    return int(bool(slow))


def _routes(material: Material) -> dict[str, Iterator[str]]:
    records = map(orjson.loads, material.corpus.read_bytes().splitlines())
    ids = [quote(record["id"], safe="") for record in records]
    asked = islice(questions(material.summaries), 20_000)
    return {
        _SEARCH: cycle([f"/search?q={quote(question)}" for question in asked]),
        "/episodes/{id}/similar": cycle([f"/episodes/{one}/similar" for one in ids]),
        "/episodes": cycle([f"/episodes?limit={limit}" for limit in range(10, 100)]),
        "/podcasts": cycle([f"/podcasts?limit={limit}" for limit in range(10, 100)]),
    }


def _measure(
    server: Server, targets: Iterator[str], seconds: float, sustained: float | None
) -> Borne:
    """The flood is a multiple of `sustained` answers a second; None for the route's own."""
    crowd = Crowd(server.port, targets)
    crowd.ask_in_turn(_CLIENTS, _WARM_UP_SECONDS)
    rate = crowd.ask_in_turn(_CLIENTS, seconds)
    times = sorted(crowd.tally.accepted)
    flood = _TIMES * (sustained or rate)
    crowd.gather(_READY)
    crowd.arrive(flood, _WARM_UP_SECONDS)
    offered = crowd.arrive(flood, seconds)
    crowd.leave()
    return Borne(rate, times, offered, len(crowd.tally.accepted) / seconds, crowd.tally)


if __name__ == "__main__":
    sys.exit(main())
