"""Runs every torture and prints what was required and measured; exits with 1 if one fails."""

import argparse
import json
import signal
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import NoReturn

from indexer.encoder.artifact import prepare
from indexer.encoder.cpu_count import available_cpus
from indexer.encoder.model import resolve_model
from tests.torture import conformance, damage, feeds, hostile, kills, overload, soak, swaps, watches
from tests.torture.model import examples
from tests.torture.row import Ground, Row, Torture, table
from tests.torture.worst import memory, times

_TERMINATED = 143
TORTURES: Mapping[str, Torture] = {
    "swaps": swaps.run,
    "damage": damage.run,
    "kills": kills.run,
    "watches": watches.run,
    "feeds": feeds.run,
    "overload": overload.run,
    "conformance": conformance.run,
    "hostile": hostile.run,
    "model": examples.run,
    "worst": times.run,
    "memory": memory.run,
    "soak": soak.run,
}
SHORT = [name for name in TORTURES if name != "soak"]


def main() -> int:
    options = _parser().parse_args()
    signal.signal(signal.SIGTERM, _leave)
    artifact = prepare(
        resolve_model(), options.snapshots / "encoders", "int8", threads=available_cpus()
    )
    rows = []
    for name, dose in _wanted(options):
        print(f"{name} …", file=sys.stderr, flush=True)
        with tempfile.TemporaryDirectory(prefix="torture-") as directory:
            rows.append(row := TORTURES[name](Ground(Path(directory), artifact), dose))
        print(f"{name}: {row.measured}", file=sys.stderr, flush=True)
    print(table(rows))
    if options.json:
        options.json.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n")
    return 0 if all(_passed(row) for row in rows) else 1


def _wanted(options: argparse.Namespace) -> list[tuple[str, float]]:
    """The names of the tortures to run, each with its dose."""
    if options.soak:
        return [("soak", options.soak / soak.SECONDS)]
    return [(name, options.dose) for name in options.tortures or SHORT]


def _leave(*_: object) -> NoReturn:
    """Signal handler: exit through every `finally`, so that no server is left running."""
    sys.exit(_TERMINATED)


def _passed(row: Row) -> bool:
    return row.held and row.in_time


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("tortures", nargs="*", metavar="TORTURE", help="all but soak by default")
    parser.add_argument("--dose", type=float, default=1.0, help="of what is wanted (default 1)")
    parser.add_argument("--soak", type=float, metavar="SECONDS", help="that alone, for so long")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures there")
    parser.add_argument("--snapshots", type=Path, default=Path(".snapshots"), metavar="DIR")
    return parser


if __name__ == "__main__":
    sys.exit(main())
