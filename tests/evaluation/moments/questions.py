"""Asks for the second at which a topic begins, and measures how often it is found."""

import json
import random
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from indexer.ranking.ranker import Mode
from indexer.snapshot import Snapshot
from service.evaluation.metrics import Estimate, estimate
from service.search.query import Question
from service.search.question_cache import QuestionCache
from service.search.retriever import Retriever

NEAR_S = 30.0
MOST_SECONDS = 60.0  # for one row

_SEED = 7
_FEWEST_TO_FORGET = 4  # words, of which a third is forgotten
_SMALL = frozenset(
    "a an the of to in on at for and or is are be was were do does did you your i we it its with "
    "what how why when which who can should would will that this about from as by".split()
)


@dataclass(frozen=True)
class Asked:
    query: str
    episode_id: str
    start_s: float


def read_questions(file: Path) -> list[Asked]:
    rows = map(json.loads, file.read_text().splitlines())
    return [Asked(row["query"], row["id"], float(row["start_s"])) for row in rows]


def reworded(asked: Asked) -> Asked:
    """As from an imprecise memory: without small words and a third of the others, shuffled."""
    rng = random.Random(f"{_SEED} {asked.query}")
    words = [word for word in re.findall(r"[\w.#+]+", asked.query) if word.lower() not in _SMALL]
    rng.shuffle(words)
    kept = words[: -(-2 * len(words) // 3)] if len(words) >= _FEWEST_TO_FORGET else words
    query = f"the part about {' '.join(kept)}" if kept else asked.query
    return Asked(query, asked.episode_id, asked.start_s)


def measure(
    snapshot: Snapshot, questions: Sequence[Asked], mode: Mode, near_s: float = NEAR_S
) -> dict[str, Estimate]:
    """The shares of questions whose episode is first, in the first three, whose moment is found."""
    retriever = Retriever(snapshot, QuestionCache(len(questions)))
    found: dict[str, list[float]] = {"episode first": [], "in first three": [], "moment": []}
    started = time.monotonic()
    for asked in questions:
        if time.monotonic() - started > MOST_SECONDS:
            print(f"only {len(found['moment'])} of {len(questions)} questions in a minute")
            break
        (answer,) = retriever.search([Question(asked.query, 10, mode=mode)])
        ids = [json.loads(hit.episode)["id"] for hit in answer.hits]
        found["episode first"].append(asked.episode_id in ids[:1])
        found["in first three"].append(asked.episode_id in ids[:3])
        moments = [hit.moments for hit in answer.hits if _is_of(hit.episode, asked)]
        near = (
            abs(each.start_s - asked.start_s) <= near_s for each in chain.from_iterable(moments)
        )
        found["moment"].append(any(near))
    return {name: estimate(values) for name, values in found.items()}


def _is_of(episode: bytes, asked: Asked) -> bool:
    return bool(json.loads(episode)["id"] == asked.episode_id)


def rows(
    snapshot: Snapshot, questions: Sequence[Asked], near_s: float = NEAR_S
) -> Iterator[tuple[str, dict[str, Estimate]]]:
    forms: tuple[tuple[str, Callable[[Asked], Asked]], ...] = (
        ("as written", lambda asked: asked),
        ("reworded", reworded),
    )
    modes: tuple[Mode, ...] = ("hybrid", "dense", "lexical")
    for form, reword in forms:
        worded = [reword(asked) for asked in questions]
        for mode in modes:
            yield f"{form}, {mode}", measure(snapshot, worded, mode, near_s)
