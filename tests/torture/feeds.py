"""A thousand feeds that change, break and move, read round after round."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from indexer.corpus import FeedHistory, Record, Rejection, gather, records_of
from indexer.corpus.fetching.fetcher import Fetcher
from tests.torture.feed_hosts import FAULTS, LISTED, Feed, Hosts
from tests.torture.row import Ground, Row

FEEDS = 1_000
ROUNDS = 200
_FEWEST_FEEDS, _FEWEST_ROUNDS = 40, 8
_FAILING = 0.05
_CHANGING = 0.3
_ROUNDS_A_CHECK = 10


@dataclass
class _Tally:
    lost: int = 0
    twice: int = 0
    wrongly_listed: int = 0
    failures: int = 0
    untold: int = 0
    told_in_vain: int = 0
    episodes: int = 0
    seconds: list[float] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{self.lost} lost, {self.twice} twice and {self.wrongly_listed} wrongly listed of "
            f"{self.episodes:,}; {self.untold} of {self.failures:,} failures not told once, "
            f"{self.told_in_vain} told of none; a round takes {max(self.seconds):.1f} s at most"
        )

    @property
    def held(self) -> bool:
        wrong = (self.lost, self.twice, self.wrongly_listed, self.untold, self.told_in_vain)
        return not any(wrong) and self.failures > 0


def run(ground: Ground, dose: float) -> Row:
    count = max(_FEWEST_FEEDS, round(FEEDS * dose))
    rounds = max(_FEWEST_ROUNDS, round(ROUNDS * dose))
    feeds = [Feed(number) for number in range(count)]
    with Hosts(feeds) as hosts:
        tally = _rounds(ground.directory / "feeds", feeds, hosts, rounds)
    return Row(
        test=f"{rounds} rounds of change of {count:,} feeds, 5% of them failing at random each",
        wanted="no episode lost, none twice, every failure told once a round",
        measured=str(tally),
        held=tally.held,
        figures={"episodes": tally.episodes, "failures": tally.failures},
    )


def _rounds(directory: Path, feeds: Sequence[Feed], hosts: Hosts, rounds: int) -> _Tally:
    rng, tally = Random(0), _Tally()
    fetcher = Fetcher(directory, allow_private=True, backoff=0.01)
    for number in range(rounds):
        for feed in feeds:
            _change(feed, rng, first=number == 0)
        started = time.monotonic()
        with FeedHistory(directory) as history, ExitStack() as stack:
            parts = stack.enter_context(gather(hosts.addresses, fetcher, history))
            tally.seconds.append(time.monotonic() - started)
            _count_told(feeds, hosts, parts, tally)
            if number % _ROUNDS_A_CHECK == 0 or number == rounds - 1:
                _count_episodes(feeds, records_of(parts), tally)
    return tally


def _change(feed: Feed, rng: Random, *, first: bool) -> None:
    """One round of a feed's life: it may publish, move and fail; at first it does neither."""
    if first:
        feed.publish(LISTED)
    elif rng.random() < _CHANGING:
        feed.publish(1)
    feed.may_move = not first and rng.random() < _FAILING
    feed.fault = rng.choice(FAULTS) if not first and rng.random() < _FAILING else None
    if not feed.fault:
        feed.seen |= set(feed.listed())
        feed.last_listed = set(feed.listed())


def _count_told(
    feeds: Sequence[Feed], hosts: Hosts, parts: Sequence[object], tally: _Tally
) -> None:
    places = [str(each.place) for each in parts if isinstance(each, Rejection) and each.answered_at]
    told = Counter(hosts.number_of(place) for place in places)
    for feed in feeds:
        times = told[feed.number]
        tally.failures += feed.fault is not None
        tally.untold += feed.fault is not None and times != 1
        tally.told_in_vain += feed.fault is None and times != 0


def _count_episodes(
    feeds: Sequence[Feed], found: Iterator[Record | Rejection], tally: _Tally
) -> None:
    records = [each.fields for each in found if isinstance(each, Record)]
    titles = Counter(str(fields["title"]) for fields in records)
    listed = {str(fields["title"]) for fields in records if fields.get("listed", True)}
    ids = Counter(str(fields["id"]) for fields in records)
    seen = set().union(*(feed.seen for feed in feeds))
    tally.lost += len(seen - titles.keys())
    tally.twice += sum(count > 1 for count in (titles + ids).values())
    tally.wrongly_listed += len(listed ^ set().union(*(feed.last_listed for feed in feeds)))
    tally.episodes = len(records)
