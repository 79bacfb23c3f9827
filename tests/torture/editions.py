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

from indexer.build import build
from indexer.encoder.threads import available_cpus
from indexer.snapshot import Snapshot, switch
from service.question_cache import QuestionCache
from service.retriever import Question, Retriever
from tests.benchmarks import texts
from tests.torture.row import Ground

FIRST, SECOND = EDITIONS = ("first", "second")
_QUESTIONS = 200
_HITS = 10
_LEAST_ALIKE = 0.5  # of the hits: the company that a question is encoded in moves a few


@dataclass(frozen=True)
class Editions:
    """Both published, with the ids that each answers to each question when it is left alone."""

    root: Path
    snapshots: dict[str, str]  # of each edition
    answers: dict[str, dict[str, frozenset[str]]]  # by snapshot and question

    def questions(self) -> Iterator[str]:
        """Without end."""
        return cycle(next(iter(self.answers.values())))

    def is_mixed(self, question: str, answer: Any) -> bool:
        """Whether any of it is not of the snapshot that it names."""
        episodes = [hit["episode"] for hit in answer["hits"]]
        meant = self.answers[answer["snapshot"]][question]
        alike = len(meant.intersection(episode["id"] for episode in episodes))
        named = {self.snapshots[episode["edition"]] for episode in episodes}
        return named != {answer["snapshot"]} or alike < _LEAST_ALIKE * len(meant)

    def switch(self, edition: str) -> None:
        switch(self.root, self.snapshots[edition])


def write_corpus(file: Path, edition: str, count: int) -> list[str]:
    """Its summaries."""
    episodes = [episode | {"edition": edition} for episode in texts.episodes(count)]
    if edition == SECOND:
        episodes.reverse()
    file.write_text("".join(json.dumps(episode) + "\n" for episode in episodes))
    return [episode["summary"] for episode in episodes]


def publish(ground: Ground, count: int) -> Editions:
    """The first is left in force."""
    root = ground.directory / "snapshots"
    corpora = {edition: ground.directory / f"{edition}.jsonl" for edition in EDITIONS}
    summaries = [write_corpus(corpora[edition], edition, count) for edition in EDITIONS]
    questions = list(islice(texts.questions(summaries[0]), _QUESTIONS))
    snapshots, answers = {}, {}
    for edition in (SECOND, FIRST):
        manifest = build(
            [corpora[edition]], root, ground.artifact, threads=available_cpus()
        ).manifest
        snapshots[edition] = manifest.snapshot_id
        answers[manifest.snapshot_id] = _answers(root, questions)
    return Editions(root, snapshots, answers)


def _answers(root: Path, questions: Sequence[str]) -> dict[str, frozenset[str]]:
    """Of what is in force."""
    retriever = Retriever(Snapshot.current(root), QuestionCache(0))
    answers = retriever.search([Question(question, _HITS) for question in questions])
    return {
        question: frozenset(json.loads(hit.episode)["id"] for hit in answer.hits)
        for question, answer in zip(questions, answers, strict=True)
    }
