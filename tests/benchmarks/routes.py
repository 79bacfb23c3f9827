"""How much do the other routes bear? python -m tests.benchmarks.routes

Asks /search, similar episodes, /episodes and /podcasts by 64 clients without pause, each route on
its own; then sends ten times as many requests a second as were answered, from clients that wait for
no answer, and prints how soon the rest is refused.
"""

import argparse
import sys
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from urllib.parse import quote

import orjson

from tests.benchmarks.load import percentile
from tests.benchmarks.material import Material, make
from tests.benchmarks.report import table
from tests.benchmarks.servers import Server, running
from tests.benchmarks.texts import questions
from tests.torture.crowd import Crowd
from tests.torture.service import FORGETFUL, service

_CLIENTS = 64
_READY = 1000  # connections opened in advance
_TIMES = 10
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


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.routes")
    parser.add_argument("--seconds", type=float, default=5.0, help="of each load (default 5)")
    parser.add_argument("--episodes", type=int, default=1000, help="(default 1000)")
    parser.add_argument("--snapshots", type=Path, default=Path(".snapshots"), metavar="DIR")
    options = parser.parse_args()
    benchmarks, encoders = options.snapshots / "benchmarks", options.snapshots / "encoders"
    material = make(benchmarks, encoders, None, options.episodes)
    rows, refusals = [_HEAD], {}
    for route, targets in _routes(material).items():
        with running(service(material.snapshots, *FORGETFUL)) as server:
            server.first_answer("/search?q=anything")
            cells, refusals[route] = _row(server, targets, options.seconds)
        rows.append([route, *cells])
    print(table(rows, left=(0,)))
    slow = [route for route, ms in refusals.items() if ms > _AS_FAST * refusals[_SEARCH]]
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


def _row(server: Server, targets: Iterator[str], seconds: float) -> tuple[list[str], float]:
    """The cells of a route, and the p99 of its refusals in ms; 0 if none was refused."""
    crowd = Crowd(server.port, targets)
    crowd.ask_in_turn(_CLIENTS, 1.0)
    rate = crowd.ask_in_turn(_CLIENTS, seconds)
    times = sorted(crowd.tally.accepted)
    crowd.gather(_READY)
    offered = crowd.arrive(rate * _TIMES, seconds)
    refused = sorted(crowd.tally.refused)
    crowd.leave()
    p99 = percentile(refused, 0.99) if refused else 0.0
    cells = [
        f"{rate:,.0f}",
        f"{percentile(times, 0.5):.1f}",
        f"{percentile(times, 0.99):.1f}",
        f"{offered:,.0f}",
        f"{len(crowd.tally.accepted) / seconds:,.0f}",
        f"{percentile(refused, 0.5):.1f}" if refused else "none",
        f"{p99:.1f}" if refused else "none",
    ]
    return cells, p99


if __name__ == "__main__":
    sys.exit(main())
