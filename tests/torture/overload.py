"""Ten times as many questions as can be answered, from clients that never slow down.

They are sent at a steady rate, whether or not they are answered, each on a connection that waits
for no other answer. The sustainable rate is measured first, by clients that ask one at a time.
"""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle
from urllib.parse import quote

from indexer.build import BuildOptions, build
from indexer.encoder.cpu_count import available_cpus
from tests.benchmarks import texts
from tests.benchmarks.load import percentile
from tests.benchmarks.servers import Server, running
from tests.torture.crowd import Crowd, Tally
from tests.torture.row import Ground, Row
from tests.torture.service import FORGETFUL, service

_EPISODES = 200
_QUESTIONS = 5000
_TIMES = 10
_SECONDS = 60.0
_SUSTAINED_SECONDS = 10.0
_CLIENTS = 16
_READY = 1000  # connections opened in advance; more are opened when all are busy
_DEADLINE_SECONDS = 5.0
_RECOVERED_SECONDS = 2.0
_MOST_REFUSAL_MS = 50.0
_MOST_GROWTH = 1.10
_FULL_SPEED = 0.9
_LATE = 1.1  # factor by which a deadline may be exceeded on a busy machine


@dataclass(frozen=True)
class _Measured:
    sustained: float  # answers per second
    offered: float
    tally: Tally
    recovered: float
    before_mib: float
    after_mib: float


def run(ground: Ground, dose: float) -> Row:
    root, corpus = ground.directory / "snapshots", ground.directory / "corpus.jsonl"
    episodes = list(texts.episodes(_EPISODES))
    corpus.write_text("".join(json.dumps(each) + "\n" for each in episodes))
    build([corpus], root, ground.artifact, BuildOptions(threads=available_cpus()))
    questions = texts.questions([str(each["summary"]) for each in episodes])
    targets = [f"/search?q={quote(next(questions))}" for _ in range(_QUESTIONS)]
    with running(service(root, *FORGETFUL)) as server:
        server.first_answer("/search?q=anything")
        return _row(_measure(server, cycle(targets), dose), dose)


def _measure(server: Server, targets: Iterator[str], dose: float) -> _Measured:
    seconds = max(1.0, _SUSTAINED_SECONDS * dose)
    crowd = Crowd(server.port, targets)
    crowd.ask_in_turn(_CLIENTS, seconds)
    sustained = crowd.ask_in_turn(_CLIENTS, seconds)
    crowd.gather(_READY)
    crowd.arrive(sustained * _TIMES, seconds)  # the first run fills caches, which is not a leak
    before = server.resident_mib()
    offered = crowd.arrive(sustained * _TIMES, _SECONDS * dose)
    tally = crowd.tally
    time.sleep(_RECOVERED_SECONDS)
    recovered = crowd.ask_in_turn(_CLIENTS, seconds)
    crowd.leave()
    return _Measured(sustained, offered, tally, recovered, before, server.resident_mib())


def _row(got: _Measured, dose: float) -> Row:
    accepted, refused = sorted(got.tally.accepted), sorted(got.tally.refused)
    accepted_p99, refused_p99 = percentile(accepted, 0.99), percentile(refused, 0.99)
    return Row(
        test=f"{_TIMES} x the sustainable load for {_SECONDS * dose:.0f} s",
        wanted="accepted p99 bounded by the deadline, the rest 503 with Retry-After within 50 ms, "
        "memory flat, full speed again within 2 s",
        measured=f"{got.offered:,.0f} a second where {got.sustained:,.0f} can be answered: "
        f"{len(accepted):,} answered, p99 {accepted_p99:,.0f} ms; {len(refused):,} refused, "
        f"p50 {percentile(refused, 0.5):.0f} and p99 {refused_p99:.0f} ms; "
        f"{got.tally.failed.total()} failed; then {got.recovered:,.0f} a second; "
        f"memory {got.before_mib:.0f} -> {got.after_mib:.0f} MiB",
        held=bool(accepted and refused) and not got.tally.failed,
        in_time=accepted_p99 < _DEADLINE_SECONDS * 1000 * _LATE
        and refused_p99 < _MOST_REFUSAL_MS
        and got.recovered > got.sustained * _FULL_SPEED
        and got.after_mib < got.before_mib * _MOST_GROWTH,
        figures={"sustained": got.sustained, "offered": got.offered, "recovered": got.recovered},
    )
