"""What a rebuild reuses from the snapshot in force: parsed records, texts and vectors.

Which sentences are boilerplate depends on all episodes of a podcast, so an episode is reused only
if no episode of its podcast has changed.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexer.corpus.parse_cache import ParseCache
from indexer.index.clause_index import ClauseFiles, ClauseIndex
from indexer.index.columns.filter_columns import Columns
from indexer.index.columns.filters import Filters
from indexer.index.vectors.vector_file import VectorFile
from indexer.storage.episode_store import MISSING, EpisodeStore
from indexer.storage.segments import Positions, Rows, Segments


@dataclass(frozen=True)
class ReusedTexts:
    """Reused passages or clauses of some rows, row by row."""

    before: "PreviousSnapshot"
    positions: Positions
    counts: Positions  # of each row

    def __len__(self) -> int:
        return len(self.positions)


@dataclass(frozen=True)
class PreviousSnapshot:
    episodes: EpisodeStore
    columns: Columns
    passages: Segments
    vector_file: Path  # of passages
    dimension: int
    evidence_files: ClauseFiles
    map_file: Path
    parse_cache: ParseCache

    @cached_property
    def vectors(self) -> VectorFile:
        return VectorFile(self.vector_file, self.dimension)

    @cached_property
    def evidence(self) -> ClauseIndex:
        return ClauseIndex(self.evidence_files)

    @property
    def has_vectors(self) -> bool:
        """Not if an engine has them."""
        return self.vector_file.exists()

    def passages_of(self, rows: Rows) -> ReusedTexts:
        return ReusedTexts(self, *self.passages.gather(rows))

    def clauses_of(self, rows: Rows) -> ReusedTexts:
        return ReusedTexts(self, *self.evidence.segments.gather(rows))

    def map(self) -> bytes:
        return self.map_file.read_bytes()

    def rows_reused(self, episodes: EpisodeStore, same: Rows) -> Rows:
        """(rows,): the row of each episode in this snapshot if it is reused, else MISSING.

        `same` is (rows,): the row of the identical record here, as in `Matches`.
        """
        changed = self._of_podcasts({*_podcasts(episodes, same == MISSING), *self._left(same)})
        # MISSING is -1, so it reads the last row of `changed` and stays MISSING.
        reused: Rows = np.where(changed[same], MISSING, same)
        return reused

    def _left(self, same: Rows) -> Iterator[str]:
        """The podcasts of this snapshot's episodes that no row of `same` names."""
        left = np.ones(len(self.episodes), np.bool_)
        left[same[same != MISSING]] = False
        return _podcasts(self.episodes, left)

    def _of_podcasts(self, podcasts: Iterable[str]) -> NDArray[np.bool_]:
        """(rows,): whether each episode of this snapshot belongs to one of the podcasts."""
        chosen = np.zeros(len(self.episodes), np.bool_)
        for podcast in podcasts:
            chosen[self.columns.rows(Filters(podcast=(podcast,)))] = True
        return chosen


@dataclass(frozen=True)
class Reuse:
    """What there is to reuse, and where in it the new episodes stand."""

    before: PreviousSnapshot
    same: Rows  # (new rows,): word for word; MISSING for others


def _podcasts(episodes: EpisodeStore, chosen: NDArray[np.bool_]) -> Iterator[str]:
    for row in np.flatnonzero(chosen).tolist():
        if podcast := episodes.episode(row).podcast:
            yield from {podcast.identity, podcast.title}
