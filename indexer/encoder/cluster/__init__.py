"""Embeds documents on several machines.

Whole batches are sent, never single texts: an int8 vector depends a little on the other texts of
its batch, so only equal batches have equal vectors. `ray_actors` runs them by Ray.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager

from indexer.encoder import Encoder, Vectors
from indexer.encoder.artifact import Artifact

EncodeAll = Callable[[Iterable[Sequence[str]]], Iterable[Vectors]]
"""The vectors of each batch of documents, in the order of the batches."""

Cluster = Callable[[Artifact, str], AbstractContextManager[EncodeAll]]
"""Workers with the artifact's encoder in this precision, until the context ends."""


def here(encoder: Encoder) -> EncodeAll:
    """Embeds in this process."""

    def encode_all(batches: Iterable[Sequence[str]]) -> Iterator[Vectors]:
        return map(encoder.encode_documents, batches)

    return encode_all
