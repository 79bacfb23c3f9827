"""Keeps the snapshot in force open; swaps it by replacing one reference.

A question keeps the retriever that it started with, so an answer never mixes two snapshots. The old
snapshot is unmapped when the last question that uses it ends.
"""

import asyncio
import logging
from pathlib import Path
from threading import Lock

from indexer.errors import EngineUnavailable, EpisodeSearchError, NoSnapshot, StoreError
from indexer.index.engine.engine import Engine
from indexer.ranking.calibration import GOOD_MATCH
from indexer.snapshot import Depth, Snapshot
from indexer.snapshot.snapshot_store import Published
from service.search.question_cache import MAX_BYTES, QuestionCache
from service.search.retriever import Retriever
from service.snapshots.backoff import Backoff
from service.snapshots.places import Directory, Place
from service.snapshots.self_test import self_test
from service.telemetry import metrics

_log = logging.getLogger("uvicorn.error")


class SnapshotReader:
    def __init__(
        self,
        place: Path | Place,
        cache: QuestionCache,
        cached_answers: int = 0,
        verified: Depth = "sampled",
        max_cached_bytes: int = MAX_BYTES,
        engine: Engine | None = None,
        good_match: float = GOOD_MATCH,
    ) -> None:
        """`engine` has the vectors, and says which snapshot is in force."""
        self.engine = engine
        self._good_match = good_match
        self._unavailable: EngineUnavailable | None = None
        self._place = Directory(place) if isinstance(place, Path) else place
        self._verified = verified
        self._cache = cache
        self._cached_answers = cached_answers
        self._max_cached_bytes = max_cached_bytes
        self._retriever: Retriever | None = None
        self._serving: str | None = None  # the name of the open snapshot's directory
        self._refused: Published | None = None
        self._refreshing = Lock()
        self._backoff = Backoff()
        self.problem: str | None = None  # why the newest snapshot is not in force

    @property
    def retriever(self) -> Retriever:
        """The retriever of the open snapshot. Raises NoSnapshot."""
        if self._retriever is None:
            raise NoSnapshot(self.problem or f"Nothing is published in {self._place} yet.")
        return self._retriever

    @property
    def snapshot(self) -> Snapshot | None:
        return self._retriever.snapshot if self._retriever else None

    def refuse_unavailable(self) -> None:
        """Raises EngineUnavailable if the engine did not answer when it was last asked."""
        if self._unavailable:
            raise self._unavailable

    def refresh(self, *, at_once: bool = False) -> None:
        """Open the published snapshot, unless it is open already or was refused.

        A damaged snapshot stays refused. After another failure, such as too many open files, it is
        tried again after growing pauses, or now if `at_once`.
        """
        with self._refreshing:
            if at_once:
                self._backoff.reset()
            self._refresh()

    def _refresh(self) -> None:
        try:
            published = self._place.current(self.engine)
            self._unavailable = None
            if published.name == self._serving:
                self._refused = self.problem = None
                self._backoff.reset()
            elif published != self._refused and self._backoff.is_over:
                self._open(published)
        except EngineUnavailable as error:  # it is asked again without a pause
            self._unavailable = error
            self._tell(error)
        except NoSnapshot as error:
            self._tell(error)
        except Exception as error:
            self._open_the_last_one()
            self._postpone(error)

    def _open_the_last_one(self) -> None:
        """Rather than answer nothing while a store is away, answer from what it published last."""
        last = self._place.last() if self._retriever is None else None
        if last and self._backoff.is_over:
            try:
                self._open(Published(last))
            except Exception as error:
                _log.warning("%s cannot be opened either: %s", last, error)

    def close(self) -> None:
        """Close the open snapshot; the next refresh opens the one published then."""
        self._retriever = self._serving = None

    async def watch(self, seconds: float) -> None:
        """Refresh every so many seconds until cancelled; a failure is logged and ends nothing."""
        while True:
            await asyncio.sleep(seconds)
            try:
                await asyncio.to_thread(self.refresh)
            except Exception:
                _log.exception("the look for a new snapshot failed")

    def _open(self, published: Published) -> None:
        try:
            retriever = self._opened(published.name)
        except (StoreError, EngineUnavailable):
            raise
        except EpisodeSearchError as error:
            self._refused = published
            self._tell(error)
        else:
            self._retriever = retriever
            self._serving, self._refused, self.problem = published.name, None, None
            self._backoff.reset()
            metrics.snapshot_was("opened")
            episodes = len(retriever.snapshot.episodes)
            _log.info("serving %s: %d episodes", published.name, episodes)

    def _opened(self, name: str) -> Retriever:
        """A retriever over the snapshot, verified and tested."""
        with self._place.holding(name) as directory:
            snapshot = Snapshot(
                directory, before=self.snapshot, verified=self._verified, engine=self.engine
            )
        retriever = Retriever(
            snapshot,
            self._cache,
            cached_answers=self._cached_answers,
            max_cached_bytes=self._max_cached_bytes,
            good_match=self._good_match,
        )
        self_test(retriever)
        return retriever

    def _postpone(self, error: Exception) -> None:
        self._backoff.extend()
        self._tell(error)

    def _tell(self, error: Exception) -> None:
        """Log a problem when it first occurs, not each time it is met again."""
        if str(error) != self.problem:
            _log.warning("%s", error)
            metrics.snapshot_was("refused")
        self.problem = str(error)
