"""Sends all kinds of requests for a long time, while the corpus is built again and again."""

import asyncio
from itertools import cycle
from time import monotonic

from tests.benchmarks.servers import HOST, Server, running
from tests.torture.builder import start_build
from tests.torture.drift import Sample, drift_of, watch
from tests.torture.editions import Editions, publish
from tests.torture.load import Load, Tally, get, request
from tests.torture.row import Ground, Row
from tests.torture.service import service

SECONDS = 3600
_EPISODES = 300
_CLIENTS = 6
_LONGEST_PAUSE_SECONDS = 20.0  # from the end of one build to the start of the next
_MOST_DRIFT = 0.02
_PASSING = 6  # descriptors of short-lived connections

# Requests, each with the expected status.
_TARGETS = (
    ("/search?q=glacier+melt&mode=dense&k=100&offset=40", 200),
    ("/search?q=a+historian+of+jazz&mode=lexical&min_relevance=0.1", 200),
    ("/episodes/made-up-7", 200),
    ("/episodes/made-up-7/similar", 200),
    ("/episodes/nobody", 404),
    ("/search?q=", 422),
    ("/nothing", 404),
    ("/snapshot", 200),
    ("/readyz", 200),
    ("/openapi.json", 200),
)


def run(ground: Ground, dose: float) -> Row:
    editions = publish(ground, _EPISODES)
    with running(service(editions.root)) as server:
        server.first_answer("/search?q=anything")
        tally, builds, samples = asyncio.run(_soak(server, editions, SECONDS * dose))
    drift = drift_of(samples)
    return Row(
        test=f"{SECONDS * dose / 60:.0f} minutes of mixed load with reindexing",
        wanted="resident memory drift under 2%, no descriptor leak",
        measured=f"{tally}; {builds} builds; {drift.before.resident_mib:.0f} to "
        f"{drift.after.resident_mib:.0f} MiB, {drift.memory:+.1%}; descriptors "
        f"{drift.before.descriptors} to {drift.after.descriptors}",
        held=tally.held and drift.after.descriptors <= drift.before.descriptors + _PASSING,
        in_time=drift.memory < _MOST_DRIFT,
        figures={"answers": len(tally.milliseconds), "builds": builds, "drift": drift.memory},
    )


async def _soak(
    server: Server, editions: Editions, seconds: float
) -> tuple[Tally, int, list[Sample]]:
    load, end = Load(server.port, editions), monotonic() + seconds
    pause = min(_LONGEST_PAUSE_SECONDS, seconds / 5)
    async with load.running(_CLIENTS), asyncio.TaskGroup() as group:
        group.create_task(_roam(server.port, load.tally, end))
        builds = group.create_task(_rebuild(editions, load.tally, pause, end))
        samples = group.create_task(watch(server, end))
    return load.tally, builds.result(), samples.result()


async def _rebuild(editions: Editions, tally: Tally, pause: float, until: float) -> int:
    """Build again and again while clients are answered; returns the number of builds."""
    builds = 0
    while monotonic() + pause < until:
        await asyncio.sleep(pause)
        builder = start_build(editions)
        await asyncio.to_thread(builder.join)
        if builder.exitcode:
            tally.failed["build"] += 1
        builds += 1
    return builds


async def _roam(port: int, tally: Tally, until: float) -> None:
    """Send every kind of request on its own connection; every second client disconnects early."""
    for target, expected in cycle(_TARGETS):
        if monotonic() >= until:
            return
        reader, writer = await asyncio.open_connection(HOST, port)
        status, _ = await get(reader, writer, target)
        if status != expected:
            tally.failed[f"{status} for {target}"] += 1
        writer.write(request(target))  # disconnects without reading the answer
        writer.close()
