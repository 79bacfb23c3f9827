"""Prints how many times in show notes are found, and how well moments answer questions."""

import argparse
from pathlib import Path

from tests.evaluation.moments.times import compare


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.evaluation.moments", description=__doc__)
    parser.add_argument("data", type=Path, help="folder with syntax_notes.jsonl")
    parser.add_argument("--snapshots", type=Path, default=Path(".snapshots"))
    options = parser.parse_args()
    found = compare(options.data / "syntax_notes.jsonl")
    print(f"times in notes: precision {found.precision:.4f}, recall {found.recall:.4f}")
    print(f"  {found.right:,} right, {found.wrong:,} wrong, {found.missed:,} missed")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
