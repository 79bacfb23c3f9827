"""Measures tools of agents beside plain requests: python -m tests.benchmarks.agents

Starts the service on the snapshot in force, asks new questions by GET /search and by the tool
search_episodes at /mcp, in turns, and prints both and their ratios. Then it sends ten times as many
requests a second as were answered, to each route alone, and prints how soon others are refused.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from urllib.parse import quote

from tests.benchmarks.load import Answers, percentile, post
from tests.benchmarks.servers import Server, System, running
from tests.benchmarks.texts import episodes, questions
from tests.torture.crowd import Crowd
from tests.torture.service import FORGETFUL, service

_MOST_TIMES = 2.0
_ROUNDS = 3
_CLIENTS = (1, 16)
_ASKED = 200_000  # more than can be asked in the time
_ROUTES = ("/search", "/mcp")
_READY = 1000  # connections opened before a flood
_FLOOD = 10  # times what is answered
_FLOODING = 20_000  # questions of a flood, asked again and again


@dataclass(frozen=True)
class Asked:
    answers: Answers
    cpu_ms: float  # of the service, for each answer


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.agents")
    parser.add_argument("--snapshots", type=Path, default=Path(".snapshots"), metavar="DIR")
    parser.add_argument("--seconds", type=float, default=4.0, help="of each load (default 4)")
    options = parser.parse_args()
    command = (sys.executable, "-m", "service", "--port", "{port}", "--mcp", "true")
    system = System("service", (*command, "--snapshots", str(options.snapshots)), "/search?q=")
    asked = islice(questions([episode["summary"] for episode in episodes(1000)]), _ASKED)
    with running(system) as server:
        server.first_answer("/search?q=jazz")
        for clients in _CLIENTS:
            _tell(clients, list(_rounds(server, clients, asked, options.seconds)))
    search, mcp = (_flood(route, options.snapshots, options.seconds) for route in _ROUTES)
    met = "met" if mcp <= _MOST_TIMES * search else "not met"
    print(f"calls are refused {mcp / search:.2f} times as late, p99 (wanted: 2, {met})")


def _rounds(
    server: Server, clients: int, asked: Iterator[str], seconds: float
) -> Iterator[tuple[Asked, Asked]]:
    """A plain load and a load of tool calls, of different questions."""
    for _ in range(_ROUNDS):
        count = _ASKED // (2 * _ROUNDS * len(_CLIENTS))
        plain = [f"/search?q={quote(question)}&k=10" for question in islice(asked, count)]
        calls = [_call(question) for question in islice(asked, count)]
        yield (
            _load(server, plain, clients, seconds),
            _load(server, calls, clients, seconds, "--post", "/mcp"),
        )


def _flood(route: str, snapshots: Path, seconds: float) -> float:
    """The p99 of refusals in ms, of a service that remembers no answer."""
    asked = islice(questions([episode["summary"] for episode in episodes(1000)]), _FLOODING)
    with running(service(snapshots, "--mcp=true", *FORGETFUL)) as server:
        server.first_answer("/search?q=jazz")
        crowd = Crowd(server.port, cycle([_request(route, each, server.port) for each in asked]))
        crowd.ask_in_turn(_CLIENTS[-1], 1.0)
        rate = crowd.ask_in_turn(_CLIENTS[-1], seconds)
        crowd.gather(_READY)
        offered = crowd.arrive(rate * _FLOOD, seconds)
        answered, refused = crowd.tally.accepted, sorted(crowd.tally.refused)
        failed = crowd.tally.failed.total()
        crowd.leave()
    p50, p99 = percentile(refused, 0.5), percentile(refused, 0.99)
    print(
        f"{offered:,.0f} a second, {route:8} {len(answered) / seconds:7,.0f} answers/s, the rest "
        f"refused, p50 {p50:.1f} ms, p99 {p99:.1f} ms; {failed} failed"
    )
    return p99


def _request(route: str, question: str, port: int) -> bytes:
    if route == "/mcp":
        return post(route, _call(question), port)
    return post(route, json.dumps({"q": question, "k": 10}), port)


def _call(question: str) -> str:
    arguments = {"question": question, "count": 10}
    parameters = {"name": "search_episodes", "arguments": arguments}
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": parameters})


def _load(server: Server, lines: list[str], clients: int, seconds: float, *options: str) -> Asked:
    times = ("--clients", str(clients), "--warm-up", "1", "--seconds", str(seconds))
    before = server.cpu_seconds()
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.load", str(server.port), *times, *options],
        input="\n".join(lines),
        capture_output=True,
        text=True,
        check=True,
    )
    answers = Answers(**json.loads(done.stdout))
    if answers.errors:
        raise SystemExit(f"error: {answers.errors}")
    return Asked(answers, 1000 * (server.cpu_seconds() - before) / max(1, answers.of_all))


def _tell(clients: int, rounds: list[tuple[Asked, Asked]]) -> None:
    for name, each in zip(("/search", "/mcp"), zip(*rounds, strict=True), strict=True):
        rate = median(one.answers.rate for one in each)
        p50 = median(one.answers.p50_ms for one in each)
        cpu = median(one.cpu_ms for one in each)
        print(
            f"{clients:3} clients, {name:8} {rate:7,.0f} answers/s, p50 {p50:6.2f} ms, "
            f"{cpu:.2f} ms of the processors each"
        )
    times = median(tool.answers.p50_ms / plain.answers.p50_ms for plain, tool in rounds)
    met = "met" if times <= _MOST_TIMES else "not met"
    print(f"{clients:3} clients: a call takes {times:.2f} times a request (wanted: 2, {met})")


if __name__ == "__main__":
    main()
