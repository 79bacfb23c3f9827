"""Kills a watch at random moments and starts it again; nothing may be lost."""

import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from random import Random

from indexer.snapshot import current_name, read_manifest, verify
from tests.feed_site import FeedSite, feed_site, items
from tests.torture.indexer import ALWAYS_DUE, start_indexer
from tests.torture.processes import is_running
from tests.torture.row import Ground, Row
from tests.torture.service import until

KILLS = 50
_SHOWS = ("birds", "rocks", "stars")
_EPISODES = 20  # of each show, at first
_LONGEST_SECONDS = 3.0  # of a round, on a quiet machine


def run(ground: Ground, dose: float) -> Row:
    count = max(1, round(KILLS * dose))
    with feed_site() as site:
        went_on = list(islice(_kills(_Ground(ground, site)), count))
    return Row(
        test=f"kill -9 of a watch at {count} random moments, then start it again",
        wanted="the next round goes on; no state that needs a person; no episode lost, none twice",
        measured=f"went on after {sum(went_on)} of {count} kills",
        held=all(went_on),
        figures={"watches killed": count},
    )


@dataclass
class _Ground:
    """Feeds that grow, and the index of them."""

    ground: Ground
    site: FeedSite
    topics: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for show in _SHOWS:
            self.topics[show] = [f"topic-{number:03}" for number in range(_EPISODES)]
            self.site.publish(show, items(show, self.topics[show]))
        subscriptions = self.ground.directory / "list.opml"
        subscriptions.write_text(self.site.subscriptions())
        command = ("build", "--corpus", str(subscriptions), "--out", str(self.root))
        start_indexer(self.ground.artifact, *command, "--allow-private").join()

    @property
    def root(self) -> Path:
        return self.ground.directory / "snapshots"

    def grow(self, show: str) -> None:
        topics = self.topics[show]
        topics.insert(0, f"topic-{len(topics):03}")
        self.site.publish(show, items(show, topics))

    def start(self) -> ForkServerProcess:
        command = ("watch", "--out", str(self.root), "--every", "0s", *ALWAYS_DUE)
        self.rounds.unlink(missing_ok=True)
        return start_indexer(self.ground.artifact, *command, output=self.rounds)

    @property
    def rounds(self) -> Path:
        """The output of the watch that was started last."""
        return self.ground.directory / "rounds.jsonl"

    def has_told_a_round(self) -> bool:
        return self.rounds.is_file() and b"\n" in self.rounds.read_bytes()

    def is_fresh(self) -> bool:
        """Whether all that the feeds list is in force, each once."""
        directory = self.root / current_name(self.root)
        lines = (directory / "episodes.jsonl").read_text().splitlines()
        ids = [json.loads(line)["id"] for line in lines]
        listed = {item.guid for show, topics in self.topics.items() for item in items(show, topics)}
        return len(ids) == len(listed) and set(ids) == listed


def _kills(ground: _Ground) -> Iterator[bool]:
    """Whether, each time, the watch that comes after goes on."""
    rng = Random(0)
    while True:
        with _started(ground) as process:
            ground.grow(rng.choice(_SHOWS))
            time.sleep(rng.uniform(0, _LONGEST_SECONDS))
            was_running = is_running(process.pid or 0)
            os.kill(process.pid or 0, signal.SIGKILL)
            process.join()
        with _started(ground) as process:
            fresh = until(lambda: ground.has_told_a_round() and ground.is_fresh())
            process.terminate()
            process.join()
        directory = ground.root / current_name(ground.root)
        verify(directory, read_manifest(directory))
        left_behind = [*ground.root.glob(".staging-*"), *(ground.root / "feeds").glob("tmp*")]
        yield was_running and fresh and process.exitcode == 0 and not left_behind


@contextmanager
def _started(ground: _Ground) -> Iterator[ForkServerProcess]:
    process = ground.start()
    try:
        yield process
    finally:
        process.kill()
        process.join()
