"""Prints how many times in show notes are found, and how well moments answer questions.

A question is the line of a topic, and asks for the second at which it begins. Reworded, it loses
its small words and a third of the others, and the rest is shuffled.
"""

import argparse
from pathlib import Path

from indexer.build import BuildOptions, build
from indexer.encoder.artifact import prepare
from indexer.encoder.cpu_count import available_cpus
from indexer.encoder.model import DEFAULT_NAME, resolve_model
from indexer.snapshot import Snapshot
from service.evaluation.table import print_table
from tests.evaluation.moments.questions import read_questions, rows
from tests.evaluation.moments.times import compare


def main() -> int:
    options = _parser().parse_args()
    notes = options.data / "syntax_notes.jsonl"
    found = compare(notes)
    print(f"times in notes: precision {found.precision:.4f}, recall {found.recall:.4f}")
    print(f"  {found.right:,} right, {found.wrong:,} wrong, {found.missed:,} missed")
    snapshot = _built(notes, options.snapshots)
    questions = read_questions(options.data / "syntax_moments.jsonl")
    print(f"\n{len(questions)} questions; the moment is right within 30 seconds")
    print_table(dict(rows(snapshot, questions)))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.evaluation.moments", description=__doc__)
    parser.add_argument("data", type=Path, help="folder with notes and questions")
    parser.add_argument("--snapshots", type=Path, default=Path(".snapshots"))
    return parser


def _built(notes: Path, snapshots: Path) -> Snapshot:
    cpus = available_cpus()
    artifact = prepare(resolve_model(DEFAULT_NAME), snapshots / "encoders", "int8", cpus)
    root = snapshots / "evaluation" / "moments"
    build([notes], root, artifact, BuildOptions(threads=cpus))
    return Snapshot.current(root, threads=cpus)


if __name__ == "__main__":
    raise SystemExit(main())
