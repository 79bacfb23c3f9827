"""Publishes one snapshot after another while a service is under full load."""

import asyncio
import time
from dataclasses import dataclass, field
from itertools import cycle, islice

from indexer.snapshot import current_name
from tests.benchmarks.servers import Server, running
from tests.torture.editions import FIRST, SECOND, Editions, publish
from tests.torture.load import Load, Tally
from tests.torture.processes import snapshots_held
from tests.torture.row import Ground, Row
from tests.torture.service import FORGETFUL, service

SWAPS = 100
_WORKERS = (1, 2)
_EPISODES = 200
_CLIENTS = 16
_UNDISTURBED_SECONDS = 20.0
_NOTICED_SECONDS = 2.0
_GIVEN_UP_SECONDS = 60.0
_MOST_SLOWER = 2.0


@dataclass(frozen=True)
class Swapped:
    workers: int
    undisturbed: Tally
    disturbed: Tally
    seconds: list[float] = field(default_factory=list)  # until no process had the old snapshot

    @property
    def slower(self) -> float:
        return self.disturbed.p99_ms / self.undisturbed.p99_ms

    def __str__(self) -> str:
        return (
            f"{self.workers} worker{'s' if self.workers > 1 else ''}: {len(self.seconds)} swaps, "
            f"{self.disturbed}; p99 {self.disturbed.p99_ms:.0f} ms, {self.slower:.1f} x "
            f"the undisturbed; all had swapped within {max(self.seconds):.1f} s"
        )


def run(ground: Ground, dose: float) -> Row:
    editions = publish(ground, _EPISODES)
    all_swapped = [asyncio.run(_swap(editions, workers, dose)) for workers in _WORKERS]
    return Row(
        test=f"{round(SWAPS * dose)} snapshot swaps under full load",
        wanted="0 failed, 0 wrong-snapshot, 0 mixed answers; p99 under 2 x the undisturbed",
        measured="; ".join(map(str, all_swapped)),
        held=all(one.undisturbed.held and one.disturbed.held for one in all_swapped),
        in_time=all(one.slower < _MOST_SLOWER for one in all_swapped),
    )


async def _swap(editions: Editions, workers: int, dose: float) -> Swapped:
    editions.switch(FIRST)
    with running(service(editions.root, f"--workers={workers}", *FORGETFUL)) as server:
        server.first_answer("/search?q=anything")
        load = Load(server.port, editions)
        load.may_answer = frozenset([editions.snapshots[FIRST]])
        async with load.running(_CLIENTS):
            await asyncio.sleep(_UNDISTURBED_SECONDS * dose)
        undisturbed, load.tally = load.tally, Tally()
        async with load.running(_CLIENTS):
            others = islice(cycle([SECOND, FIRST]), round(SWAPS * dose))
            seconds = [await _swap_to(edition, editions, server, load) for edition in others]
    return Swapped(workers, undisturbed, load.tally, seconds)


async def _swap_to(edition: str, editions: Editions, server: Server, load: Load) -> float:
    """Swap; returns the seconds until no process has the old snapshot. Raises TimeoutError."""
    started = time.monotonic()
    new = frozenset([editions.snapshots[edition]])
    load.may_answer = new | {current_name(editions.root)}
    await asyncio.to_thread(editions.switch, edition)
    async with asyncio.timeout(_GIVEN_UP_SECONDS):
        while _held(server, editions) != new:
            await asyncio.sleep(0.02)
    load.may_answer = new
    return time.monotonic() - started


def _held(server: Server, editions: Editions) -> set[str]:
    return {name for pid in server.pids for name in snapshots_held(pid, editions.root)}
