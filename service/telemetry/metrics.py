"""Prometheus metrics, counted in every worker and summed by the worker that is scraped.

Each worker writes its counters to files of its own in the directory that `PROMETHEUS_MULTIPROC_DIR`
names. A file outlives its worker, so no count is lost when a worker is replaced.
"""

import os
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from indexer.snapshot import Snapshot

TYPE = CONTENT_TYPE_LATEST
FOLDER = "PROMETHEUS_MULTIPROC_DIR"
_PROPORTIONAL = re.compile(r"^Pss:\s+(\d+) kB", re.MULTILINE)
_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)

STAGES = ("queue", "encode", "dense", "lexical", "evidence")

REQUESTS = Counter(
    "episode_search_requests", "Requests answered, by route and status.", ["route", "status"]
)
REQUEST_SECONDS = Histogram(
    "episode_search_request_seconds",
    "Seconds from the head of a request to the end of its answer.",
    ["route"],
    buckets=_SECONDS,
)
_STAGE_SECONDS = Histogram(
    "episode_search_stage_seconds",
    "Seconds of each stage of a batch; for queue, seconds that a question waited.",
    ["stage"],
    buckets=_SECONDS,
)
_BATCH_QUESTIONS = Histogram(
    "episode_search_batch_questions", "Questions in a batch.", buckets=(1, 2, 4, 8, 16, 32)
)
_CACHE_LOOKUPS = Counter(
    "episode_search_cache_lookups", "Cache lookups, by cache and outcome.", ["cache", "found"]
)
_REFUSED = Counter("episode_search_refused", "Requests refused, by reason.", ["reason"])
_SNAPSHOTS = Counter("episode_search_snapshots", "Snapshots opened or refused.", ["outcome"])

# Created at import, so that each is looked up once and is exposed as 0 from the start.
_STAGES = {name: _STAGE_SECONDS.labels(name) for name in STAGES}
_LOOKUPS = {
    (cache, found): _CACHE_LOOKUPS.labels(cache, "yes" if found else "no")
    for cache in ("answers", "vectors")
    for found in (True, False)
}
_REASONS = {reason: _REFUSED.labels(reason) for reason in ("queue", "deadline", "rate", "key")}
_OUTCOMES = {outcome: _SNAPSHOTS.labels(outcome) for outcome in ("opened", "refused")}


def passed(seconds: Mapping[str, float], waited: Sequence[float]) -> None:
    """Record a batch: its seconds by stage, and the seconds that each of its questions waited."""
    _BATCH_QUESTIONS.observe(len(waited))
    for stage, passed in seconds.items():
        _STAGES[stage].observe(passed)
    for queued in waited:
        _STAGES["queue"].observe(queued)


def looked_up(cache: str, *, found: bool) -> None:
    _LOOKUPS[cache, found].inc()


def refused(reason: str) -> None:
    _REASONS[reason].inc()


def snapshot_was(outcome: str) -> None:
    _OUTCOMES[outcome].inc()


class _Now(Collector):
    """Gauges whose values are read at each scrape."""

    def __init__(self, snapshot: Snapshot | None, problem: str | None) -> None:
        self._snapshot = snapshot
        self._problem = problem

    def collect(self) -> Iterator[GaugeMetricFamily]:
        yield GaugeMetricFamily(
            "episode_search_resident_memory_bytes",
            "Memory of all workers; shared pages are counted once.",
            _resident_bytes(),
        )
        yield GaugeMetricFamily(
            "episode_search_snapshot_problem",
            "1 while the published snapshot cannot be served, else 0.",
            float(self._problem is not None),
        )
        if self._snapshot:
            yield from _in_force(self._snapshot)


def _in_force(snapshot: Snapshot) -> Iterator[GaugeMetricFamily]:
    in_force = GaugeMetricFamily(
        "episode_search_snapshot_in_force", "The snapshot in force.", labels=["snapshot"]
    )
    in_force.add_metric([snapshot.id], 1)
    yield in_force
    yield GaugeMetricFamily(
        "episode_search_snapshot_age_seconds",
        "Seconds since the snapshot in force was built.",
        time.time() - snapshot.manifest.built_at.timestamp(),
    )
    yield GaugeMetricFamily(
        "episode_search_snapshot_episodes",
        "Episodes of the snapshot in force.",
        len(snapshot.episodes),
    )
    yield from _failed_feeds(snapshot)


def _failed_feeds(snapshot: Snapshot) -> Iterator[GaugeMetricFamily]:
    failed = snapshot.manifest.corpus.failed_feeds
    yield GaugeMetricFamily(
        "episode_search_failed_feeds", "That could not be read when it was built.", len(failed)
    )
    answered = GaugeMetricFamily(
        "episode_search_failed_feed_answered_timestamp_seconds",
        "When a failed feed was last read.",
        labels=["feed"],
    )
    for feed in failed:
        if feed.answered_at:
            answered.add_metric([feed.place], feed.answered_at.timestamp())
    yield answered


def exposition(snapshot: Snapshot | None, problem: str | None) -> bytes:
    """All metrics in the Prometheus text format."""
    now = CollectorRegistry()
    now.register(_Now(snapshot, problem))
    return generate_latest(_counted()) + generate_latest(now)


def _counted() -> CollectorRegistry:
    if FOLDER not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)
    return registry


def _resident_bytes() -> int:
    return sum(map(_share_of_memory, _processes()))


def _processes() -> set[int]:
    """The ids of the workers, from the names of their counter files."""
    if FOLDER not in os.environ:
        return {os.getpid()}
    files = Path(os.environ[FOLDER]).glob("*.db")
    return {int(file.stem.rpartition("_")[2]) for file in files}


def _share_of_memory(pid: int) -> int:
    """Proportional set size in bytes; 0 for a process that has ended."""
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    return sum(int(kib) * 1024 for kib in _PROPORTIONAL.findall(rollup))
