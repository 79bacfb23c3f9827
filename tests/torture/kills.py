"""Kills build and service at random moments; after a restart everything must work as before."""

import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from random import Random
from threading import Thread
from urllib.parse import quote

from indexer.snapshot import current_name
from tests.benchmarks.errors import BenchmarkFailed
from tests.benchmarks.servers import Server, System, free_port, running
from tests.fakes import fake_artifact
from tests.torture.builder import start_build
from tests.torture.editions import EDITIONS, Editions, answers, publish
from tests.torture.processes import is_running
from tests.torture.row import Ground, Row
from tests.torture.service import ask, service, until

KILLS = 100
_EPISODES = 50
_ASKED = 10  # questions after each kill
_STARTED_SECONDS = 1.5  # within this time a service starts to answer on an idle machine
_SWAPPED_SECONDS = 0.3


def run(ground: Ground, dose: float) -> Row:
    count = round(KILLS * dose)
    killed_builders = _kill_builders(_editions(ground, "builders"))
    killed_servers = _kill_servers(_editions(ground, "servers"))
    builders: list[bool] = []
    beside = Thread(target=lambda: builders.extend(islice(killed_builders, count)), daemon=True)
    beside.start()  # at the same time, since both mostly wait
    servers = list(islice(killed_servers, count))
    beside.join()
    return Row(
        test=f"kill -9 of builder and of server at {count} random moments, then restart",
        wanted="no state that needs a person; answers as before",
        measured=f"as before after {sum(builders)} of {len(builders)} kills of the builder, "
        f"after {sum(servers)} of {len(servers)} of the server",
        held=builders == servers == [True] * count,
        figures={"builders killed": len(builders), "servers killed": len(servers)},
    )


def _editions(ground: Ground, name: str) -> Editions:
    place = ground.directory / name
    return publish(Ground(place, fake_artifact(place / "encoder")), _EPISODES)


def _kill_builders(editions: Editions) -> Iterator[bool]:
    """Whether, after each kill, the snapshot in force answers and the next build succeeds."""
    rng = Random(0)
    started = time.monotonic()
    start_build(editions).join()
    longest = time.monotonic() - started
    while True:
        builder = start_build(editions)
        builder.join(rng.uniform(0, longest))
        builder.kill()
        builder.join()
        if builder.exitcode:  # else the build had ended before
            by_the_kill = builder.exitcode == -signal.SIGKILL
            yield by_the_kill and _answers_as_before(editions)


def _answers_as_before(editions: Editions) -> bool:
    edition = editions.edition(current_name(editions.root))
    some = dict(islice(editions.answers[edition].items(), _ASKED))
    return answers(editions.root, list(some)) == some


def _kill_servers(editions: Editions) -> Iterator[bool]:
    """Kill a random process of a service; if it is the first process, start the service again."""
    rng, port = Random(0), free_port()
    while True:
        with running(_service(editions), port) as server:
            time.sleep(rng.uniform(0, _STARTED_SECONDS))
            editions.switch(rng.choice(EDITIONS))
            time.sleep(rng.uniform(0, _SWAPPED_SECONDS))
            first, *workers = server.pids
            victim = rng.choice([first, *workers])
            os.kill(victim, signal.SIGKILL)
            if victim != first:
                yield _serves_as_before(server, editions)
        if victim == first:
            _wait_for_the_end_of(workers)
            with running(_service(editions), port) as server:
                yield _serves_as_before(server, editions)


def _wait_for_the_end_of(workers: Sequence[int]) -> None:
    """Wait until the workers have ended: until then they accept connections on the same port."""
    until(lambda: not any(map(is_running, workers)))


def _serves_as_before(server: Server, editions: Editions) -> bool:
    """Whether the service soon answers from the snapshot in force and continues to do so."""
    try:
        server.first_answer("/search?q=anything")
    except BenchmarkFailed as failure:
        print(failure, file=sys.stderr)
        return False
    in_force = current_name(editions.root)
    swapped = until(lambda: ask(server.port, "/readyz")["snapshot"] == in_force)
    asked = islice(editions.questions(), _ASKED)
    given = ((question, ask(server.port, f"/search?q={quote(question)}")) for question in asked)
    return swapped and not any(editions.is_mixed(*each) for each in given)


def _service(editions: Editions) -> System:
    return service(editions.root, "--workers=2", "--refresh-interval=0.05")
