"""The rounds of a watch: ask what is due, build where something changed, publish, tell."""

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
    """Rounds, one after the other, each by `build` with the feeds that are due."""

    root: Path  # of the snapshots
    history: FeedHistory
    feeds: DueFeeds
    build: Callable[[DueFeeds], Outcome]
    textfile: Textfile | None = None

    def run(self, every: timedelta, stopping: Stopping) -> None:
        """A round `every` so often, until a signal ends it; errors are told, and it goes on."""
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
        """Raises EpisodeSearchError where the round ended in an error."""
        if error := self.round(stopping).error:
            raise EpisodeSearchError(error)

    def round(self, stopping: Stopping) -> Round:
        """Raises Stopped where a signal ends it; what it published stays."""
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
        """Where nothing changed nothing is written, until the watch ends."""
        self.history.write_answers()
        self.feeds.save()

    def _built(self, stopping: Stopping) -> tuple[Outcome | None, Exception | None]:
        try:
            with stopping.interruptible():
                return self.build(self.feeds), None
        except (EpisodeSearchError, OSError, sqlite3.Error) as error:
            return None, error
        except Exception as error:
            stopping.end_if_requested()  # what works for it may have been ended by the same signal
            _log.exception("The round failed; the next one goes on.")
            return None, error
