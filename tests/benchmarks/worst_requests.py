"""How long does the worst legal request of each kind take, and is the worker free after it?

`python -m tests.benchmarks.worst_requests --snapshots DIR` serves the snapshot with one worker of
one thread, sends each request alone and prints its time, then that of a small one right after it.
Fails where one takes longer than its deadline and a tenth.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from tests.benchmarks.errors import BenchmarkFailed
from tests.benchmarks.servers import HOST, System, running

DEADLINE_SECONDS = 5.0  # the service's own
_LATE = 1.1  # times the deadline
_FACETS = "podcast,year,person,tag,language"
_NEXT = "/podcasts?limit=1"
_WORDS = "history music world people time week story life first talk".split()


@dataclass(frozen=True)
class Request:
    path: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None

    @property
    def target(self) -> str:
        query = urlencode(self.parameters, doseq=True)
        return f"{self.path}?{query}" if query else self.path


@dataclass(frozen=True)
class Timed:
    status: int
    seconds: float
    next_seconds: float  # of a small request right after it


def worst_requests(ids: Sequence[str], podcasts: Sequence[str]) -> dict[str, Request]:
    """By name. `ids` are of up to 100 episodes of the corpus, `podcasts` some of its titles."""
    return {
        **_searches(podcasts),
        **_similar_to_one(ids[0]),
        **_similar_to_many(ids),
        **_lists(podcasts),
    }


def _searches(podcasts: Sequence[str]) -> dict[str, Request]:
    def ask(**parameters: Any) -> Request:
        return Request("/search", {"q": "world people", "k": 100, **parameters})

    def post(**fields: Any) -> Request:
        return Request("/search", body={"q": _text("", 20_000), "k": 100, **fields})

    deep = {"offset": 1000}
    return {
        "the longest question": post(),
        "the longest question, the last page": post(**deep),
        "the longest question, all facets": post(facets=_FACETS.split(",")),
        "the longest question, hardly relevant": post(**deep, min_relevance=0.0001),
        "the last page": ask(**deep),
        "the last page by meaning": ask(**deep, mode="dense"),
        "the last page by words": ask(**deep, mode="lexical"),
        "the last page, newest first": ask(**deep, sort="date"),
        "the last page, recent first, all facets": ask(**deep, recency=1, facets=_FACETS),
        "the last page of one of each podcast": ask(**deep, group_by="podcast"),
        "the last page of a hundred of each podcast": ask(
            **deep, group_by="podcast", per_group=100
        ),
        "all facets": ask(facets=_FACETS),
        "all facets, hardly relevant": ask(facets=_FACETS, min_relevance=0.0001),
        "all facets, nothing relevant": ask(facets=_FACETS, min_relevance=1),
        "a filter that matches nothing": ask(person="nobody", facets=_FACETS),
        "a filter that matches nothing, the last page": ask(**deep, person="nobody"),
        "a length that none has": ask(min_duration_s=1e9, facets=_FACETS),
        "some podcasts, the last page": ask(**deep, podcast=[*podcasts], facets=_FACETS),
        "most dates, the last page": ask(**deep, published_after="1990-01-01"),
        "a hundred values of each filter": post(
            **{name: [f"{name} {n}" for n in range(100)] for name in ("podcast", "person", "tag")}
        ),
        "a feed of everything": Request(
            "/search.rss", {"q": "world", "k": 100, "min_relevance": 0}
        ),
        "a feed of nothing": Request("/search.rss", {"q": "world", "k": 100, "min_relevance": 1}),
    }


def _similar_to_one(episode_id: str) -> dict[str, Request]:
    def like(**parameters: Any) -> Request:
        return Request(f"/episodes/{quote(episode_id, safe='')}/similar", {"k": 100, **parameters})

    return {
        "similar": like(),
        "similar, one of each podcast": like(per_podcast=1),
        "similar, each story once": like(collapse="true"),
        "similar, most unlike each other": like(diversity=1),
        "similar, all limits": like(per_podcast=1, collapse="true", diversity=1),
        "similar, duplicates alone": like(only="duplicates"),
        "similar, parts alone": like(only="same_series"),
        "similar, a filter that matches nothing": like(person="nobody"),
        "similar, most dates": like(published_after="1990-01-01", per_podcast=1),
    }


def _similar_to_many(ids: Sequence[str]) -> dict[str, Request]:
    def like(**fields: Any) -> Request:
        return Request("/similar", body={"k": 100, **fields})

    liked, unliked = ([_text(side, 6_000, n) for n in range(20)] for side in ("yes", "no"))
    return {
        "similar to the longest text": like(like=[_text("", 20_000)]),
        "similar to twenty texts, unlike twenty": like(
            like=liked, unlike=unliked, per_podcast=1, collapse=True, diversity=1.0
        ),
        "similar to twenty episodes, unlike twenty": like(
            like=[*ids[:20]], unlike=[*ids[20:40]], exclude=[*ids[40:]], per_podcast=1
        ),
    }


def _lists(podcasts: Sequence[str]) -> dict[str, Request]:
    return {
        "all facets of all episodes": Request("/episodes", {"limit": 100, "facets": _FACETS}),
        "all facets of some podcasts": Request(
            "/episodes", {"limit": 100, "facets": _FACETS, "podcast": [*podcasts]}
        ),
        "episodes of nobody": Request("/episodes", {"person": "nobody", "facets": _FACETS}),
        "all podcasts": Request("/podcasts", {"limit": 1000, "sort": "episodes"}),
        "podcasts past the last": Request("/podcasts", {"limit": 1000, "offset": 10**9}),
        "the map": Request("/map"),
        "metrics": Request("/metrics"),
        "the snapshot": Request("/snapshot"),
    }


def _text(start: str, characters: int, number: int = 0) -> str:
    """Of short sentences, so that there are many clauses."""
    sentences = (
        f"{start} {number} {n}: {_WORDS[n % 10]} and {_WORDS[(n + number) % 10]}."
        for n in range(characters // 15)
    )
    return " ".join(sentences)[:characters]


def measure(snapshots: Path) -> dict[str, Timed]:
    """Raises BenchmarkFailed."""
    options = ("--workers", "1", "--threads", "1", "--port", "{port}")
    command = (sys.executable, "-m", "service", "--snapshots", str(snapshots), *options)
    with running(System("the service", command, "/search?q=")) as server:
        server.first_answer("/search?q=world")
        connection = HTTPConnection(HOST, server.port, timeout=60)
        return dict(_timed(connection))


def _timed(connection: HTTPConnection) -> Iterator[tuple[str, Timed]]:
    _, episodes = _answer(connection, Request("/episodes", {"limit": 100}))
    _, podcasts = _answer(connection, Request("/podcasts", {"limit": 4}))
    ids = [episode["id"] for episode in json.loads(episodes)["episodes"]]
    titles = [podcast["title"] for podcast in json.loads(podcasts)["podcasts"]]
    for name, request in worst_requests(ids, titles).items():
        began = time.perf_counter()
        status, _ = _answer(connection, request)
        answered = time.perf_counter()
        _answer(connection, Request(_NEXT))
        yield name, Timed(status, answered - began, time.perf_counter() - answered)


def _answer(connection: HTTPConnection, request: Request) -> tuple[int, bytes]:
    if request.body is None:
        connection.request("GET", request.target)
    else:
        headers = {"Content-Type": "application/json"}
        connection.request("POST", request.target, json.dumps(request.body), headers)
    response = connection.getresponse()
    return response.status, response.read()


def table(times: Mapping[str, Timed]) -> str:
    rows = [
        f"| {name} | {each.status} | {each.seconds:.3f} | {each.next_seconds:.3f} |"
        for name, each in times.items()
    ]
    return "\n".join(["| request | status | s | the next, s |", "| --- | --- | --- | --- |", *rows])


def too_late(times: Mapping[str, Timed]) -> list[str]:
    most = DEADLINE_SECONDS * _LATE
    return [name for name, each in times.items() if each.seconds + each.next_seconds > most]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.worst_requests")
    parser.add_argument("--snapshots", type=Path, default=Path(".snapshots"), metavar="DIR")
    try:
        times = measure(parser.parse_args().snapshots)
    except BenchmarkFailed as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(table(times))
    for name in (late := too_late(times)):
        print(f"too late: {name}", file=sys.stderr)
    return bool(late)


if __name__ == "__main__":
    sys.exit(main())
