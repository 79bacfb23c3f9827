"""Writes metrics of a watch to a file that Prometheus' node_exporter reads."""

import logging
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, write_to_textfile

from indexer.watch.round import Round

_log = logging.getLogger(__name__)

_PREFIX = "episode_search_watch"


class Textfile:
    """The file is replaced atomically after each round."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._registry = CollectorRegistry()
        self._rounds = self._counter("rounds", "Rounds since the watch began.")
        self._errors = self._counter("errors", "Rounds that ended in an error.")
        self._new = self._counter("new_episodes", "Episodes that were new in a snapshot.")
        self._published = self._counter("published", "Snapshots put in force.")
        self._ended = self._gauge("last_round_timestamp_seconds", "When the last round began.")
        self._succeeded = self._gauge(
            "last_success_timestamp_seconds", "When the last round without an error began."
        )
        self._seconds = self._gauge("round_seconds", "How long the last round took.")
        self._feeds = self._gauge("feeds", "Addresses in the corpus.")
        self._asked = self._gauge("feeds_asked", "Addresses that were due in the last round.")
        self._changed = self._gauge("feeds_changed", "Of them, those that had changed.")
        self._failed = self._gauge("feeds_failed", "Of them, those that could not be read.")

    def write(self, done: Round) -> None:
        """Write the metrics; if that fails, log it and continue."""
        self._rounds.inc()
        self._errors.inc(done.error is not None)
        self._new.inc(done.new_episodes)
        self._published.inc(done.published)
        self._ended.set(done.time.timestamp())
        if done.error is None:
            self._succeeded.set(done.time.timestamp())
        self._seconds.set(done.seconds)
        self._feeds.set(done.feeds)
        self._asked.set(done.asked)
        self._changed.set(done.changed)
        self._failed.set(len(done.failures))
        try:
            write_to_textfile(str(self._file), self._registry)
        except OSError as error:
            _log.warning("%s: the metrics could not be written (%s).", self._file, error)

    def _counter(self, name: str, says: str) -> Counter:
        return Counter(f"{_PREFIX}_{name}", says, registry=self._registry)

    def _gauge(self, name: str, says: str) -> Gauge:
        return Gauge(f"{_PREFIX}_{name}", says, registry=self._registry)
