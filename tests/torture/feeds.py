"""Feeds that grow, drop their old episodes and fail at random, read round by round."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from indexer.snapshot import current_name
from tests.benchmarks.errors import BenchmarkFailed
from tests.feed_site import FeedSite, Item, feed_site, items
from tests.torture.indexer import ALWAYS_DUE, start_indexer
from tests.torture.row import Ground, Row

FEEDS, ROUNDS = 1000, 200
_FAILING = 0.05  # of the feeds, in each round
_GROWING = 0.05
_LISTED = 3  # episodes of a feed, the newest


def run(ground: Ground, dose: float) -> Row:
    feeds, rounds = max(20, round(FEEDS * dose)), max(4, round(ROUNDS * dose))
    with feed_site() as site:
        shows = _Shows(site, feeds)
        index = _Index(ground, site)
        told_once = sum([shows.change() == index.failures() for _ in range(rounds)])
        site.down.clear()
        index.failures()
    lost, twice = shows.missing(index.ids())
    return Row(
        test=f"{feeds:,} feeds, {_FAILING:.0%} failing at random each round, {rounds} rounds",
        wanted="no episode lost, none twice, every failure told once a round",
        measured=f"{lost} of {shows.count:,} episodes lost, {twice} twice; "
        f"each failure told once in {told_once} of {rounds} rounds",
        held=lost == twice == 0 and told_once == rounds,
        figures={"feeds": feeds, "rounds": rounds, "episodes": shows.count},
    )


@dataclass
class _Shows:
    """How many episodes each feed has had by now; it lists the last few."""

    site: FeedSite
    feeds: int
    lengths: dict[str, int] = field(default_factory=dict)
    rng: Random = field(default_factory=lambda: Random(0))

    def __post_init__(self) -> None:
        for number in range(self.feeds):
            self._publish(f"show-{number}", _LISTED)

    @property
    def count(self) -> int:
        return sum(self.lengths.values())

    def change(self) -> list[str]:
        """Some grow, and some fail; gives the addresses of those that fail."""
        names = sorted(self.lengths)
        for show in self.rng.sample(names, round(_GROWING * self.feeds)):
            self._publish(show, self.lengths[show] + 1)
        self.site.down = set(self.rng.sample(names, round(_FAILING * self.feeds)))
        return sorted(map(self.site.address, self.site.down))

    def missing(self, ids: Sequence[str]) -> tuple[int, int]:
        """How many of all episodes are not among the ids, and how many ids are there twice."""
        every = {
            item.guid for show, length in self.lengths.items() for item in _items(show, length)
        }
        return len(every - set(ids)), len(ids) - len(set(ids))

    def _publish(self, show: str, length: int) -> None:
        self.lengths[show] = length
        self.site.publish(show, _items(show, length)[:_LISTED])


def _items(show: str, length: int) -> list[Item]:
    return items(show, [f"topic-{number:03}" for number in reversed(range(length))])


class _Index:
    def __init__(self, ground: Ground, site: FeedSite) -> None:
        self._artifact, self._output = ground.artifact, ground.directory / "output"
        self._root = ground.directory / "snapshots"
        subscriptions = ground.directory / "list.opml"
        subscriptions.write_text(site.subscriptions())
        self._run("build", "--corpus", str(subscriptions), "--allow-private")

    def failures(self) -> list[str]:
        """The feeds that a round says have failed."""
        self._run("watch", "--once", *ALWAYS_DUE)
        line = json.loads(self._output.read_text())
        return sorted(failure["feed"] for failure in line["failures"])

    def ids(self) -> list[str]:
        directory = self._root / current_name(self._root)
        lines = (directory / "episodes.jsonl").read_text().splitlines()
        return [json.loads(line)["id"] for line in lines]

    def _run(self, *arguments: str) -> None:
        command = (*arguments, "--out", str(self._root))
        process = start_indexer(self._artifact, *command, output=self._output)
        process.join()
        if process.exitcode:
            raise BenchmarkFailed(f"{arguments[0]} failed: {self._output.read_text()}")
