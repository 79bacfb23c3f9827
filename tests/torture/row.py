"""One row of the reliability table, and what fills it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from indexer.encoder.artifact import Artifact


@dataclass(frozen=True)
class Ground:
    """What a torture stands on."""

    directory: Path  # its own, empty, removed afterwards
    artifact: Artifact  # the encoder of the snapshots it builds


@dataclass(frozen=True)
class Row:
    test: str
    wanted: str
    measured: str
    held: bool  # all that was wanted, but:
    in_time: bool = True  # speed, and what takes its time to show; a test does not assert these
    figures: Mapping[str, float] = field(default_factory=dict)  # as measured, by name


# How much: 1 is what the table wants (100 swaps, 60 seconds, 5,000 cases), a test takes less.
Torture = Callable[[Ground, float], Row]


def table(rows: Sequence[Row]) -> str:
    """Markdown."""
    lines = ["| test | wanted | measured | held |", "| --- | --- | --- | --- |"]
    lines += [f"| {row.test} | {row.wanted} | {row.measured} | {_verdict(row)} |" for row in rows]
    return "\n".join(lines)


def _verdict(row: Row) -> str:
    if not row.held:
        return "NO"
    return "yes" if row.in_time else "NOT IN TIME"
