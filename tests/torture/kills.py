"""Builder and server killed at any moment, and started again as if nothing had been."""

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
_STARTED_SECONDS = 1.5  # by then a server answers, on a quiet machine
_SWAPPED_SECONDS = 0.3


def run(ground: Ground, dose: float) -> Row:
    count = round(KILLS * dose)
    killed_builders = _kill_builders(_editions(ground, "builders"))
    killed_servers = _kill_servers(_editions(ground, "servers"))
    builders: list[bool] = []
    beside = Thread(target=lambda: builders.extend(islice(killed_builders, count)), daemon=True)
    beside.start()  # both mostly wait
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
    """Whether, each time, what is in force answers as it should and the next build is not hurt."""
    rng = Random(0)
    started = time.monotonic()
    start_build(editions).join()
    longest = time.monotonic() - started
    while True:
        builder = start_build(editions)
        builder.join(rng.uniform(0, longest))
        builder.kill()
        builder.join()
        if builder.exitcode:  # else it was done before
            by_the_kill = builder.exitcode == -signal.SIGKILL
            yield by_the_kill and _answers_as_before(editions)


def _answers_as_before(editions: Editions) -> bool:
    edition = editions.edition(current_name(editions.root))
    some = dict(islice(editions.answers[edition].items(), _ASKED))
    return answers(editions.root, list(some)) == some


def _kill_servers(editions: Editions) -> Iterator[bool]:
    """Any process of one, as it starts, answers or swaps; the first one's end is a new start."""
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
    """Till then they answer, and who asks the next service would be answered by the last."""
    until(lambda: not any(map(is_running, workers)))


def _serves_as_before(server: Server, editions: Editions) -> bool:
    """What is in force, soon and from then on."""
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
