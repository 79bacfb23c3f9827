"""Two editions of one corpus, so that every answer shows what it was taken from.

Each episode says its edition. The second is the first from back to front, so an index of one that
was read with the episodes of the other would find the wrong ones.
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
_KEPT = 3  # snapshots, as by default
_LEAST_ALIKE = 0.5  # of the hits: the company that a question is encoded in moves a few


@dataclass(frozen=True)
class Editions:
    """What both answer when they are left alone: the ids that each question finds."""

    root: Path
    artifact: Artifact
    corpora: dict[str, Path]
    snapshots: dict[str, str]
    answers: dict[str, dict[str, frozenset[str]]]

    def questions(self) -> Iterator[str]:
        """Without end."""
        return cycle(self.answers[FIRST])

    def edition(self, snapshot: str) -> str:
        """What a snapshot is of, whenever it was built."""
        return next(e for e, name in self.snapshots.items() if name[16:33] == snapshot[16:33])

    def is_mixed(self, question: str, answer: Any) -> bool:
        """Whether any of it is not of the snapshot that it names."""
        episodes = [hit["episode"] for hit in answer["hits"]]
        edition = self.edition(answer["snapshot"])
        meant = self.answers[edition][question]
        alike = len(meant.intersection(episode["id"] for episode in episodes))
        return any(e["edition"] != edition for e in episodes) or alike < _LEAST_ALIKE * len(meant)

    def switch(self, edition: str) -> None:
        """To the snapshot that was published first."""
        switch(self.root, self.snapshots[edition])

    def build(self, edition: str) -> str:
        """Publish it anew, and prune. Its name."""
        threads = available_cpus()
        outcome = build(
            [self.corpora[edition]], self.root, self.artifact, BuildOptions(threads=threads)
        )
        prune(self.root, _KEPT)
        return outcome.manifest.snapshot_id


def publish(ground: Ground, count: int) -> Editions:
    """The first is left in force."""
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
    """Of what is in force."""
    retriever = Retriever(Snapshot.current(root), QuestionCache(0))
    found = retriever.search([Question(question, _HITS) for question in questions])
    return {
        question: frozenset(json.loads(hit.episode)["id"] for hit in answer.hits)
        for question, answer in zip(questions, found, strict=True)
    }
