"""Two editions of one corpus, so that every answer shows the snapshot that it comes from.

Each episode names its edition. The second edition has the episodes in reverse order, so reading the
index of one with the episodes of the other gives wrong hits.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from indexer.build import BuildOptions, build
from indexer.encoder.artifact import Artifact
from indexer.encoder.cpu_count import available_cpus
from indexer.snapshot import Snapshot, prune, switch
from service.search.query import Question
from service.search.question_cache import QuestionCache
from service.search.retriever import Retriever
from tests.benchmarks import texts
from tests.torture.row import Ground

FIRST, SECOND = EDITIONS = ("first", "second")
_QUESTIONS = 200
_HITS = 10
_KEPT = 3  # snapshots, the default
_LEAST_ALIKE = 0.5  # of the hits; vectors, and so a few hits, depend on the rest of the batch


@dataclass(frozen=True)
class Editions:
    """Both editions and the ids that each question finds in them without disturbance."""

    root: Path
    artifact: Artifact
    corpora: dict[str, Path]
    snapshots: dict[str, str]
    answers: dict[str, dict[str, frozenset[str]]]

    def questions(self) -> Iterator[str]:
        """The questions in an endless cycle."""
        return cycle(self.answers[FIRST])

    def edition(self, snapshot: str) -> str:
        """The edition of a snapshot."""
        return next(e for e, name in self.snapshots.items() if name[16:33] == snapshot[16:33])

    def is_mixed(self, question: str, answer: Any) -> bool:
        """Whether any hit does not belong to the snapshot that the answer names."""
        episodes = [hit["episode"] for hit in answer["hits"]]
        edition = self.edition(answer["snapshot"])
        meant = self.answers[edition][question]
        alike = len(meant.intersection(episode["id"] for episode in episodes))
        return any(e["edition"] != edition for e in episodes) or alike < _LEAST_ALIKE * len(meant)

    def switch(self, edition: str) -> None:
        """Put the first snapshot of an edition in force."""
        switch(self.root, self.snapshots[edition])

    def build(self, edition: str) -> str:
        """Publish an edition again and prune; returns the name of the snapshot."""
        threads = available_cpus()
        outcome = build(
            [self.corpora[edition]], self.root, self.artifact, BuildOptions(threads=threads)
        )
        prune(self.root, _KEPT)
        return outcome.manifest.snapshot_id


def publish(ground: Ground, count: int) -> Editions:
    """Publish both editions; the first is in force then."""
    corpora = {edition: ground.directory / f"{edition}.jsonl" for edition in EDITIONS}
    editions = Editions(ground.directory / "snapshots", ground.artifact, corpora, {}, {})
    episodes = list(texts.episodes(count))
    summaries = [episode["summary"] for episode in episodes]
    questions = list(islice(texts.questions(summaries), _QUESTIONS))
    for edition, ordered in ((SECOND, episodes[::-1]), (FIRST, episodes)):
        lines = (json.dumps(episode | {"edition": edition}) + "\n" for episode in ordered)
        corpora[edition].write_text("".join(lines))
        editions.snapshots[edition] = editions.build(edition)
        editions.answers[edition] = answers(editions.root, questions)
    return editions


def answers(root: Path, questions: Sequence[str]) -> dict[str, frozenset[str]]:
    """The ids that each question finds in the snapshot in force."""
    retriever = Retriever(Snapshot.current(root), QuestionCache(0))
    found = retriever.search([Question(question, _HITS) for question in questions])
    return {
        question: frozenset(json.loads(hit.episode)["id"] for hit in answer.hits)
        for question, answer in zip(questions, found, strict=True)
    }
