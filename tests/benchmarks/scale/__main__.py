"""Builds and asks corpora of growing size, and prints the cost of each size.

First the index alone, with synthetic vectors; then everything: synthetic texts, a snapshot built by
the real pipeline, and a service that one client asks over HTTP, each question once.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from indexer.encoder.cpu_count import available_cpus
from indexer.errors import EpisodeSearchError
from indexer.index.vectors.record import WANTED_RECALL
from tests.benchmarks import machine
from tests.benchmarks.errors import BenchmarkFailed
from tests.benchmarks.scale import report, whole
from tests.benchmarks.scale.report import Size
from tests.benchmarks.scale.stages import alone, ask, build
from tests.benchmarks.scale.whole import Whole

_SIZES = (10_000, 100_000, 1_000_000)
_EPISODES = (1_000, 10_000, 100_000)
_MOST_ON_ONE_THREAD = 1_000_000


def main() -> int:
    options = _parser().parse_args()
    options.snapshots.mkdir(parents=True, exist_ok=True)
    facts = {"date": machine.today(), "machine": machine.machine(), "commit": machine.commit()}
    try:
        sizes = [_of_index(options, count) for count in sorted(options.sizes)]
        wholes = [_of_everything(options, count) for count in sorted(options.episodes)]
    except (BenchmarkFailed, EpisodeSearchError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(report.tables(facts, sizes, wholes))
    plotted = options.plot or options.snapshots / "benchmarks" / "scale.png"
    plotted.parent.mkdir(parents=True, exist_ok=True)
    report.plot(sizes, wholes, plotted)
    print(f"\nPlotted in {plotted}.")
    if options.json:
        figures = report.as_json(facts, sizes, wholes)
        options.json.write_text(json.dumps(figures, indent=1) + "\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.scale", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="*", default=_SIZES, metavar="VECTORS")
    parser.add_argument("--episodes", type=int, nargs="*", default=_EPISODES, metavar="EPISODES")
    parser.add_argument("--recall", type=float, default=WANTED_RECALL, help="(default 0.98)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures there")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="a PNG, not in the snapshots")
    parser.add_argument("--snapshots", type=Path, default=Path(".snapshots"), metavar="DIR")
    return parser


def _of_index(options: argparse.Namespace, count: int) -> Size:
    with _place(options) as place:
        built = alone(available_cpus(), build, place, count, options.recall)
        threads = (1,) if count <= _MOST_ON_ONE_THREAD else (1, 2)
        asked = [alone(number, ask, place, built.record, number) for number in threads]
    print(f"the index of {count:,} measured", file=sys.stderr)
    return Size(count, built, asked)


def _of_everything(options: argparse.Namespace, count: int) -> Whole:
    with _place(options) as place:
        measured = whole.measure(place / "published", options.snapshots / "encoders", count)
    print(f"{count:,} episodes measured", file=sys.stderr)
    return measured


@contextmanager
def _place(options: argparse.Namespace) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix=".scale-", dir=options.snapshots.resolve()) as place:
        yield Path(place)


if __name__ == "__main__":
    sys.exit(main())
