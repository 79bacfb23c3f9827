"""Tests a newly opened snapshot: its own episodes must be found by their texts."""

import math

from indexer.episode import embedding_text
from indexer.errors import SnapshotDamaged
from service.search.query import Answer, Question
from service.search.retriever import Retriever

_PROBES = 4
_DEEP = 10


def self_test(retriever: Retriever) -> None:
    """Raises SnapshotDamaged if none of four episodes is found by its own text.

    A single episode may be missed because many others have the same text, so only missing all of
    them is a fault. Scores that are not finite are a fault too.
    """
    episodes = retriever.snapshot.episodes
    rows = range(0, len(episodes), max(1, len(episodes) // _PROBES))[:_PROBES]
    asked = [episodes.episode(row) for row in rows]
    answers = retriever.search([Question(embedding_text(each), _DEEP) for each in asked])
    expected = [episodes.record(row) for row in rows]
    if not any(map(_has, answers, expected)) or not all(map(_is_sound, answers)):
        raise SnapshotDamaged(
            f"{retriever.snapshot.id}: does not find its own episodes; build the snapshot again."
        )


def _has(answer: Answer, episode: bytes) -> bool:
    return any(hit.episode == episode for hit in answer.hits)


def _is_sound(answer: Answer) -> bool:
    return all(math.isfinite(hit.score) and 0 <= hit.relevance <= 1 for hit in answer.hits)
