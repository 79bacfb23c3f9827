"""Runs the rounds of a watch: fetch what is due, build if something changed, publish, report."""

import json
import logging
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from indexer.build import Outcome
from indexer.corpus import FeedHistory
from indexer.errors import EpisodeSearchError, TooManyLost, TooMuchChurn
from indexer.snapshot import current_name
from indexer.watch.due_feeds import DueFeeds
from indexer.watch.round import Round
from indexer.watch.stopping import Stopped, Stopping
from indexer.watch.textfile import Textfile

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Watch:
    """Runs rounds one after the other; each calls `build` with the feeds that are due."""

    root: Path  # of the snapshots
    history: FeedHistory
    feeds: DueFeeds
    build: Callable[[DueFeeds], Outcome]
    textfile: Textfile | None = None

    def run(self, every: timedelta, stopping: Stopping) -> None:
        """Run a round at every interval until a signal; errors are reported and do not end it."""
        try:
            while True:
                started = time.monotonic()
                self.round(stopping)
                pause = every.total_seconds() - (time.monotonic() - started)
                with stopping.interruptible():
                    time.sleep(max(0.0, pause))
        except Stopped:
            pass

    def round_once(self, stopping: Stopping) -> None:
        """Run one round. Raises EpisodeSearchError if it ended in an error."""
        if error := self.round(stopping).error:
            raise EpisodeSearchError(error)

    def round(self, stopping: Stopping) -> Round:
        """Raises Stopped at a signal; a snapshot that was published stays in force."""
        started = time.monotonic()
        self.history.rounds.clear()
        self.feeds.begin(now := datetime.now(UTC))
        outcome, error = self._built(stopping)
        self.feeds.plan(read=error is None or isinstance(error, TooManyLost | TooMuchChurn))
        changed = sum(each.is_changed for each in self.history.rounds)
        published = outcome is not None and outcome.published
        if changed or published:
            self.save()
        done = Round(
            time=now,
            feeds=self.feeds.named,
            asked=self.feeds.asked,
            changed=changed,
            failures=self.feeds.failures(),
            new_episodes=outcome.changes.new if outcome else 0,
            seconds=time.monotonic() - started,
            snapshot=current_name(self.root),
            published=published,
            error=str(error) if error else None,
        )
        print(json.dumps(done.to_json(), ensure_ascii=False), flush=True)
        if self.textfile:
            self.textfile.write(done)
        return done

    def save(self) -> None:
        """Plans are not written if nothing changed, except when the watch ends."""
        self.history.write_answers()
        self.feeds.save()

    def _built(self, stopping: Stopping) -> tuple[Outcome | None, Exception | None]:
        try:
            with stopping.interruptible():
                return self.build(self.feeds), None
        except (EpisodeSearchError, OSError, sqlite3.Error) as error:
            return None, error
        except Exception as error:
            stopping.end_if_requested()  # the same signal may have ended its worker processes
            _log.exception("The round failed; the next one goes on.")
            return None, error
