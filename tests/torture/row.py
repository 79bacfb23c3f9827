"""A row of the reliability table, and what a torture needs to fill it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from indexer.encoder.artifact import Artifact


@dataclass(frozen=True)
class Ground:
    """The directory and the encoder that a torture uses."""

    directory: Path  # empty, used by this torture only, removed afterwards
    artifact: Artifact  # the encoder of its snapshots


@dataclass(frozen=True)
class Row:
    test: str
    wanted: str
    measured: str
    held: bool  # whether every requirement but those of `in_time` was met
    in_time: bool = True  # requirements on speed and drift, which tests do not assert
    figures: Mapping[str, float] = field(default_factory=dict)  # measured values by name


# The dose is the amount: 1 as in the table (100 swaps, 60 seconds, 5,000 cases), less in tests.
Torture = Callable[[Ground, float], Row]


def table(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table."""
    lines = ["| test | wanted | measured | held |", "| --- | --- | --- | --- |"]
    lines += [f"| {row.test} | {row.wanted} | {row.measured} | {_verdict(row)} |" for row in rows]
    return "\n".join(lines)


def _verdict(row: Row) -> str:
    if not row.held:
        return "NO"
    return "yes" if row.in_time else "NOT IN TIME"
