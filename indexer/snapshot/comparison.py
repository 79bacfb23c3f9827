"""Compares the answers of two snapshots, and gates publishing by their difference."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from indexer.errors import TooMuchChurn
from indexer.index.engine.engine import Engine
from indexer.ranking.calibration.query_runner import QueryRunner
from indexer.ranking.calibration.synthetic_queries import reproducible
from indexer.snapshot import Snapshot
from indexer.storage.episode_store import Changes, EpisodeStore

_DEPTH = 10
_PERSISTENCE = 0.9  # probability that a reader goes on to the next hit (Webber et al. 2010)
_SAMPLED = 200
_WORDS_ASKED = 8  # of the summary, where an episode has no title
_TOLD = 5  # questions that are printed


class Moved(NamedTuple):
    question: str
    churn: float


@dataclass(frozen=True)
class Comparison:
    changes: Changes  # of the episodes, by id
    moved: list[Moved]  # all questions, the largest churn first

    @property
    def churn(self) -> float:
        """Mean over the questions: 0 if all hits are the same in the same order, 1 if none is."""
        return sum(moved.churn for moved in self.moved) / max(1, len(self.moved))

    def __str__(self) -> str:
        lines = [
            f"questions  {len(self.moved):,}, of which "
            f"{sum(moved.churn > 0 for moved in self.moved):,} have other hits",
            f"churn      {self.churn:.3f} (0: the same first {_DEPTH}; 1: others)",
            f"episodes   {self.changes.new:,} new, {self.changes.changed:,} changed, "
            f"{self.changes.removed:,} lost",
        ]
        most = (moved for moved in self.moved[:_TOLD] if moved.churn)
        return "\n".join([*lines, *(f"  {moved.churn:.2f}  {moved.question}" for moved in most)])


@dataclass(frozen=True)
class Gate:
    """The condition for putting a new snapshot in force."""

    most_churn: float
    questions: Sequence[str] = ()  # if empty, titles of sampled episodes are asked

    def let_pass(self, old: Path, new: Path, engine: Engine | None = None) -> None:
        """Raises TooMuchChurn; the new snapshot then stays published, but not in force."""
        comparison = compare(
            Snapshot(old, engine=engine), Snapshot(new, engine=engine), self.questions
        )
        if comparison.churn > self.most_churn:
            raise TooMuchChurn(
                f"{new}: its churn is {comparison.churn:.3f}, more than {self.most_churn:g}, so "
                f"it was not put in force; look at make diff, and take it by "
                f"python -m indexer rollback --to {new.name}."
            )


def compare(old: Snapshot, new: Snapshot, questions: Sequence[str] = ()) -> Comparison:
    questions = questions or sampled_questions(old.episodes)
    hits = zip(questions, _first_hits(old, questions), _first_hits(new, questions), strict=True)
    moved = [Moved(question, churn(before, after)) for question, before, after in hits]
    changes = new.episodes.matches_in(old.episodes).changes
    return Comparison(changes, sorted(moved, key=lambda m: -m.churn))


def churn(before: Sequence[str], after: Sequence[str]) -> float:
    """1 - rank-biased overlap of two lists of ids (Webber et al. 2010), to the longer one's end."""
    depths = range(1, max(len(before), len(after)) + 1)
    weights = [_PERSISTENCE**depth for depth in depths]
    shared = [
        weight * len({*before[:depth]} & {*after[:depth]}) / depth
        for depth, weight in zip(depths, weights, strict=True)
    ]
    return 1 - sum(shared) / sum(weights) if weights else 0.0


def sampled_questions(episodes: EpisodeStore) -> list[str]:
    """Titles of up to 200 episodes, always the same sample of the same store."""
    rows = reproducible().sample(range(len(episodes)), min(_SAMPLED, len(episodes)))
    asked = (episodes.episode(row) for row in rows)
    return [e.title or " ".join(e.summary.split()[:_WORDS_ASKED]) for e in asked]


def read_questions(file: Path) -> list[str]:
    """Questions of a file: one on each line, or the field `text` of each line of a .jsonl file."""
    lines = [line for line in file.read_text().splitlines() if line.strip()]
    return [json.loads(line)["text"] for line in lines] if file.suffix == ".jsonl" else lines


def _first_hits(snapshot: Snapshot, questions: Sequence[str]) -> list[list[str]]:
    asker = QueryRunner(snapshot.ranker(), snapshot.encoder)
    return [
        [snapshot.episodes.episode(row).episode_id for row in run.ranked.rows[:_DEPTH].tolist()]
        for run in asker.run(questions)
    ]
