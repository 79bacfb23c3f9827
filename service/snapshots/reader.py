"""Which snapshot answers: the one in force, swapped by replacing one reference.

A question keeps the retriever it began with, so a swap never mixes two snapshots in one answer;
the old one is unmapped when the last question that holds it is done.
"""

import asyncio
import logging
from pathlib import Path
from threading import Lock

from indexer.errors import NoSnapshot
from indexer.snapshot import Depth, Snapshot, current_name
from service.search.question_cache import QuestionCache
from service.search.retriever import Retriever
from service.snapshots.self_test import self_test
from service.telemetry import metrics

_log = logging.getLogger("uvicorn.error")


class SnapshotReader:
    def __init__(
        self,
        root: Path,
        cache: QuestionCache,
        cached_answers: int = 0,
        verified: Depth = "sampled",
    ) -> None:
        self._root = root
        self._verified = verified
        self._cache = cache
        self._cached_answers = cached_answers
        self._retriever: Retriever | None = None
        self._serving: str | None = None  # its directory, whatever its manifest calls it
        self._refused: str | None = None
        self._refreshing = Lock()
        self.problem: str | None = None  # why the newest snapshot is not in force

    @property
    def retriever(self) -> Retriever:
        """Raises NoSnapshot."""
        if self._retriever is None:
            raise NoSnapshot(self.problem or f"Nothing is published in {self._root} yet.")
        return self._retriever

    @property
    def snapshot(self) -> Snapshot | None:
        return self._retriever.snapshot if self._retriever else None

    def refresh(self) -> None:
        """Open what is published, unless it is already open or was already refused."""
        with self._refreshing:
            self._refresh()

    def _refresh(self) -> None:
        try:
            name = current_name(self._root)
            if name == self._serving:
                self._refused = self.problem = None
            elif name != self._refused:
                self._open(name)
        except Exception as error:  # a disk that fails for a moment must not end the watch
            self._refuse(None, error)

    def close(self) -> None:
        """Close what is open; the next refresh opens what is published then."""
        self._retriever = self._serving = None

    async def watch(self, seconds: float) -> None:
        while True:
            await asyncio.sleep(seconds)
            await asyncio.to_thread(self.refresh)

    def _open(self, name: str) -> None:
        try:
            retriever = self._opened(name)
        except Exception as error:
            self._refuse(name, error)
        else:
            self._retriever = retriever
            self._serving, self._refused, self.problem = name, None, None
            metrics.snapshot_was("opened")
            _log.info("serving %s: %d episodes", name, len(retriever.snapshot.episodes))

    def _opened(self, name: str) -> Retriever:
        """Verified as it is opened, and asked before anyone else asks it."""
        snapshot = Snapshot(self._root / name, before=self.snapshot, verified=self._verified)
        retriever = Retriever(snapshot, self._cache, cached_answers=self._cached_answers)
        self_test(retriever)
        return retriever

    def _refuse(self, name: str | None, error: Exception) -> None:
        if str(error) != self.problem:
            _log.warning("%s", error)
            metrics.snapshot_was("refused")
        self._refused, self.problem = name, str(error)
