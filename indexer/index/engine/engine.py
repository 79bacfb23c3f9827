"""What an engine outside this process does for a snapshot, in the terms of this project.

An engine keeps generations. One of them, or none, is published; a generation is written while
nothing answers from it, and then published by one step of the engine.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from indexer.encoder import Vectors
from indexer.index.columns.filters import Attributes, Filters
from indexer.storage.segments import Scores

Ids = NDArray[np.int64]


@dataclass(frozen=True)
class Kind:
    """What the vectors of a generation are; generations of equal kind share what is unchanged."""

    encoder: str  # twelve hexadecimal digits of the encoder and its precision
    dimension: int
    exact: bool  # whether search compares all vectors


class Passages(NamedTuple):
    """A batch of passages to write, with the attributes of their episodes."""

    ids: Ids
    vectors: Vectors  # (n, dimension)
    attributes: Sequence[Attributes]


MOST_HITS = 16_384  # passages that one search finds, as in Milvus


class Clauses(NamedTuple):
    """A batch of the packed clauses of episodes."""

    ids: Ids
    packed: Sequence[bytes]


class Generation(Protocol):
    """One generation, being written or read; safe to share between threads."""

    @property
    def name(self) -> str: ...

    def passage_ids(self) -> Iterator[Ids]: ...

    def clause_ids(self) -> Iterator[Ids]: ...

    def upsert_passages(self, batch: Passages) -> None: ...

    def upsert_clauses(self, batch: Clauses) -> None: ...

    def delete_passages(self, ids: Ids) -> None: ...

    def delete_clauses(self, ids: Ids) -> None: ...

    def settle(self) -> None:
        """Wait until everything written is indexed and can be searched."""
        ...

    def count(self) -> tuple[int, int]:
        """How many passages and packed clauses there are."""
        ...

    def search(
        self, vectors: Vectors, k: int, passing: Filters, effort: int
    ) -> list[tuple[Ids, Scores]]:
        """For each vector, the ids and scores of up to `k` passages that pass, best first."""
        ...

    def vectors(self, ids: Ids) -> Vectors:
        """(n, dimension) float32. Raises EngineUnavailable if one is no longer there."""
        ...

    def clauses(self, ids: Ids) -> list[bytes]:
        """Raises EngineUnavailable if one is no longer there."""
        ...


class Engine(Protocol):
    """Raises EngineUnavailable, or EngineMismatch, wherever it is asked."""

    @property
    def address(self) -> str:
        """Without a secret."""
        ...

    @property
    def most_exact(self) -> int:
        """With more passages than this, a generation is indexed and search is not exact."""
        ...

    def published(self) -> str | None:
        """The name of the generation in force; None if none is."""
        ...

    def generations(self) -> list[str]:
        """The names of all generations, oldest first, also of those that were never published."""
        ...

    def begin(self, kind: Kind, spare: Sequence[str] = ()) -> Generation:
        """A generation to write: the newest of `spare` that is of this kind, or a new one."""
        ...

    def open(self, name: str, kind: Kind) -> Generation:
        """A generation to read. Raises EngineMismatch if it is of another kind or is not there."""
        ...

    def publish(self, name: str) -> None:
        """Put the generation in force, in one step."""
        ...

    def unload(self, name: str) -> None:
        """Take it out of memory, but keep it."""
        ...

    def drop(self, name: str) -> None: ...
