"""What if all who ask are connected to one worker? python -m tests.benchmarks.connections

Opens kept connections until sixteen belong to the same worker, asks on all of them without pause,
and compares the rate with that of sixteen which the workers share evenly.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from http import HTTPStatus
from itertools import count, cycle, islice
from pathlib import Path
from statistics import median
from typing import Self
from urllib.parse import quote

import uvloop

from tests.benchmarks.errors import BenchmarkFailed
from tests.benchmarks.material import make
from tests.benchmarks.servers import HOST, Server, running
from tests.benchmarks.texts import questions
from tests.torture.service import FORGETFUL, service

CLIENTS = 16
_PROC = Path("/proc")
_WANTED = 0.9
_QUESTIONS = 20_000


class KeptConnection:
    """One connection, asked again and again."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self.port: int = writer.get_extra_info("sockname")[1]

    @classmethod
    async def opened(cls, port: int) -> Self:
        return cls(*await asyncio.open_connection(HOST, port))

    async def ask(self, target: str) -> int:
        """The status of the answer to GET `target`; reads it to its end."""
        self._writer.write(f"GET {target} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        length = head.partition(b"content-length:")[2].split(b"\r\n")[0]
        await self._reader.readexactly(int(length or 0))
        return int(head.split()[1])

    async def close(self) -> None:
        self._writer.close()
        await self._writer.wait_closed()


def shares(port: int, workers: Sequence[int], kept: Sequence[KeptConnection]) -> list[int]:
    """How many of the connections belong to each worker."""
    owners = list(owners_of(port, workers, kept))
    return [owners.count(worker) for worker in workers]


def owners_of(
    port: int, workers: Sequence[int], kept: Sequence[KeptConnection]
) -> Iterator[int | None]:
    """The worker that each connection belongs to; None while it is on its way to one."""
    owners = {inode: worker for worker in workers for inode in _sockets(worker)}
    inodes = dict(_accepted(port))
    for connection in kept:
        yield owners.get(inodes.get(connection.port, ""))


def _sockets(process: int) -> Iterator[str]:
    for file in (_PROC / str(process) / "fd").iterdir():
        try:
            target = str(file.readlink())
        except OSError:  # closed meanwhile
            continue
        if target.startswith("socket:["):
            yield target[len("socket:[") : -1]


def _accepted(port: int) -> Iterator[tuple[int, str]]:
    """The client's port and the inode of each connection to `port`."""
    for line in (_PROC / "net" / "tcp").read_text().splitlines()[1:]:
        fields = line.split()
        mine, theirs = (int(address.partition(":")[2], 16) for address in fields[1:3])
        if mine == port:
            yield theirs, fields[9]


async def of_one_worker(port: int, workers: Sequence[int], wanted: int) -> list[KeptConnection]:
    """So many connections that one worker has accepted; the others are closed."""
    by_worker: dict[int, list[KeptConnection]] = {worker: [] for worker in workers}
    while not (full := [mine for mine in by_worker.values() if len(mine) == wanted]):
        connection = await KeptConnection.opened(port)
        by_worker[await _owner(port, workers, connection)].append(connection)
    await close(each for mine in by_worker.values() if mine is not full[0] for each in mine)
    return full[0]


async def evenly(port: int, workers: Sequence[int], wanted: int) -> list[KeptConnection]:
    """So many connections, of which the workers have accepted equally many."""
    by_worker: dict[int, list[KeptConnection]] = {worker: [] for worker in workers}
    while min(map(len, by_worker.values())) < wanted // len(workers):
        connection = await KeptConnection.opened(port)
        mine = by_worker[await _owner(port, workers, connection)]
        if len(mine) < wanted // len(workers):
            mine.append(connection)
        else:
            await connection.close()
    return [connection for mine in by_worker.values() for connection in mine]


async def _owner(port: int, workers: Sequence[int], connection: KeptConnection) -> int:
    while (owner := next(owners_of(port, workers, [connection]))) is None:
        await asyncio.sleep(0.001)  # it is not accepted yet
    return owner


async def rate(kept: Sequence[KeptConnection], targets: Iterator[str], seconds: float) -> float:
    """Answers per second of all connections, each asked again as soon as it has its answer."""
    deadline = time.monotonic() + seconds

    async def ask_on(connection: KeptConnection) -> int:
        for asked in count():
            if time.monotonic() > deadline:
                return asked
            if (status := await connection.ask(next(targets))) != HTTPStatus.OK:
                raise BenchmarkFailed(f"the service answered {status}")
        raise AssertionError("count has no end")

    return sum(await asyncio.gather(*map(ask_on, kept))) / seconds


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.connections")
    parser.add_argument("--rounds", type=int, default=5, help="(default 5)")
    parser.add_argument("--seconds", type=float, default=5.0, help="of each load (default 5)")
    parser.add_argument("--snapshots", type=Path, default=Path(".snapshots"), metavar="DIR")
    options = parser.parse_args()
    material = make(options.snapshots / "benchmarks", options.snapshots / "encoders", None, 1000)
    asked = islice(questions(material.summaries), _QUESTIONS)
    targets = cycle([f"/search?q={quote(question)}" for question in asked])
    with running(service(material.snapshots, *FORGETFUL)) as server:
        server.first_answer("/search?q=anything")
        rounds = range(options.rounds)
        ratios = [uvloop.run(_round(server, targets, options.seconds)) for _ in rounds]
    reached = median(ratios)
    print(f"16 connections of one worker, over 16 spread evenly: {reached:.2f} (wanted {_WANTED})")
    return int(reached < _WANTED)


async def _round(server: Server, targets: Iterator[str], seconds: float) -> float:
    workers = server.pids[1:]
    spread = await _rate_of(await evenly(server.port, workers, CLIENTS), targets, seconds)
    alone = await _rate_of(await of_one_worker(server.port, workers, CLIENTS), targets, seconds)
    print(f"spread evenly {spread:,.0f} a second; all accepted by one worker {alone:,.0f}")
    return alone / spread


async def _rate_of(kept: Sequence[KeptConnection], targets: Iterator[str], seconds: float) -> float:
    reached = await rate(kept, targets, seconds)
    await close(kept)
    return reached


async def close(connections: Iterable[KeptConnection]) -> None:
    for connection in connections:
        await connection.close()


if __name__ == "__main__":
    sys.exit(main())
