"""What does a round of a watch cost? python -m tests.benchmarks.watch --feeds N --episodes M

Offers N feeds of M made-up episodes in all on this machine, builds them with vectors that cost
nothing, starts a service and a watch as they are started in earnest, with all feeds always due, and
prints how long a round takes in which nothing has changed, what it asked and wrote, and how long it
takes from a new episode in a feed to its first answer over HTTP.
"""

import argparse
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any
from unittest.mock import patch

from indexer.__main__ import main as run_indexer
from indexer.encoder.artifact import prepare
from indexer.encoder.cpu_count import available_cpus
from indexer.encoder.model import resolve_model
from indexer.encoder.onnx_encoder import OnnxEncoder
from tests.benchmarks.errors import BenchmarkFailed
from tests.benchmarks.material import PRECISION
from tests.benchmarks.rebuild import given
from tests.benchmarks.scale.corpora import Corpora
from tests.benchmarks.servers import running
from tests.feed_site import FeedSite, Item, feed_site
from tests.torture.service import ask, service

_ROUNDS = 3
_NEW_EPISODES = 3
_MOST_SECONDS_UNCHANGED = 10
_MOST_SECONDS_TO_AN_ANSWER = 120
_BETWEEN_QUESTIONS_SECONDS = 0.1
_WORD = "quokkaphone"  # that no other episode has
_ALWAYS_DUE = ("--every", "0s", "--shortest", "0s", "--longest", "0s")

Line = dict[str, Any]
Files = dict[str, tuple[int, int]]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.watch")
    parser.add_argument("--feeds", type=int, default=1000, help="(default 1,000)")
    parser.add_argument("--episodes", type=int, default=100_000, help="of all (default 100,000)")
    parser.add_argument("--snapshots", type=Path, default=Path(".snapshots"), metavar="DIR")
    options = parser.parse_args()
    place = options.snapshots / "benchmarks" / "watch"
    shutil.rmtree(place, ignore_errors=True)
    root = place / "snapshots"
    root.mkdir(parents=True)
    prepare(resolve_model(), options.snapshots / "encoders", PRECISION, available_cpus())
    (root / "encoders").symlink_to((options.snapshots / "encoders").resolve())
    with feed_site() as site:
        shows = _offered(site, options.feeds, options.episodes)
        _build(site, place, root)
        system = service(root)
        with running(system) as server, _watching(root) as lines:
            server.first_answer("/search?q=anything")
            _measure_unchanged(site, root, lines)
            _measure_new(site, shows, server.port, lines)


def _offered(site: FeedSite, feeds: int, episodes: int) -> dict[str, list[Item]]:
    records, shows = Corpora().episodes(episodes), {}
    for number in range(feeds):
        count = (episodes * (number + 1)) // feeds - (episodes * number) // feeds
        items = [_item(number, record) for record in islice(records, count)]
        shows[f"show-{number}"] = sorted(items, key=lambda item: item.published, reverse=True)
    for name, items in shows.items():
        site.publish(name, items, "<ttl>60</ttl>")
    return shows


def _item(show: int, record: dict[str, Any]) -> Item:
    guid = f"https://show-{show}.example/episodes/{record['id']}"
    published = datetime.fromisoformat(record["published_at"])
    return Item(guid, record["title"], record["summary"], published)


def _build(site: FeedSite, place: Path, root: Path) -> None:
    subscriptions = place / "subscriptions.opml"
    subscriptions.write_text(site.subscriptions())
    command = ["build", "--corpus", str(subscriptions), "--out", str(root), "--allow-private"]
    with patch.object(OnnxEncoder, "encode_documents", given):
        failed = run_indexer(command)
    if failed:
        raise BenchmarkFailed("the first build failed")


@contextmanager
def _watching(root: Path) -> Iterator[Iterator[Line]]:
    """The lines of a watch, as it writes them."""
    command = [sys.executable, "-m", "indexer", "watch", "--out", str(root), *_ALWAYS_DUE]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield map(json.loads, process.stdout)
        finally:
            process.terminate()


def _measure_unchanged(site: FeedSite, root: Path, lines: Iterator[Line]) -> None:
    next(lines)
    before, rounds, asked = _files(root), [], []
    for _ in range(_ROUNDS):
        site.asked.clear()
        rounds.append(line := next(lines))
        asked.append(sum(request.conditional for request in site.asked))
        if line["changed"] or line["failed"] or "error" in line:
            raise BenchmarkFailed(f"a round in which nothing changed: {line}")
    seconds = [line["seconds"] for line in rounds]
    written = _files(root) != before
    print(f"nothing changed     {median(seconds):.1f} s, at most {max(seconds):.1f} s a round "
          f"(wanted: under {_MOST_SECONDS_UNCHANGED})")  # fmt: skip
    print(f"asked               {min(asked):,} to {max(asked):,} conditional requests a round")
    print(f"written             {'something' if written else 'nothing'}", flush=True)


def _measure_new(
    site: FeedSite, shows: dict[str, list[Item]], port: int, lines: Iterator[Line]
) -> None:
    """In the middle of a round, as it comes."""
    name = next(iter(shows))
    for number in range(_NEW_EPISODES):
        item = Item(f"https://{name}.example/new/{number}", f"{_WORD}{number} and others", "New.")
        shows[name].insert(0, item)
        site.publish(name, shows[name], "<ttl>60</ttl>")
        seconds = _seconds_to_the_answer(port, f"{_WORD}{number}", item.guid)
        print(f"new episode         answers after {seconds:.1f} s "
              f"(wanted: under {_MOST_SECONDS_TO_AN_ANSWER})", flush=True)  # fmt: skip
        while not next(lines)["published"]:
            pass


def _seconds_to_the_answer(port: int, question: str, episode_id: str) -> float:
    started = time.monotonic()
    while not any(
        hit["episode"]["id"] == episode_id for hit in ask(port, f"/search?q={question}")["hits"]
    ):
        time.sleep(_BETWEEN_QUESTIONS_SECONDS)
    return time.monotonic() - started


def _files(root: Path) -> Files:
    """Of every file and folder, its time of change and size."""
    stats = {path: path.stat() for path in root.rglob("*")}
    return {str(path): (stat.st_mtime_ns, stat.st_size) for path, stat in stats.items()}


if __name__ == "__main__":
    main()
