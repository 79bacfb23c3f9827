"""Build and ask the index of ever more made-up episodes, and print what each size costs."""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from indexer.encoder.threads import available_cpus
from indexer.manifest import WANTED_RECALL
from tests.benchmarks import machine
from tests.benchmarks.scale import report
from tests.benchmarks.scale.report import Size
from tests.benchmarks.scale.stages import alone, ask, build

_SIZES = (10_000, 100_000, 1_000_000)
_MOST_ON_ONE_THREAD = 1_000_000


def main() -> int:
    options = _parser().parse_args()
    facts = {"date": machine.today(), "machine": machine.machine(), "commit": machine.commit()}
    options.snapshots.mkdir(parents=True, exist_ok=True)
    sizes = []
    for episodes in sorted(options.sizes):
        sizes.append(_measure(options, episodes))
        print(f"{episodes:,} episodes measured", file=sys.stderr)
    print(report.tables(facts, sizes))
    plotted = options.plot or options.snapshots / "benchmarks" / "scale.png"
    plotted.parent.mkdir(parents=True, exist_ok=True)
    report.plot(sizes, plotted)
    print(f"\nPlotted in {plotted}.")
    if options.json:
        options.json.write_text(json.dumps(report.as_json(facts, sizes), indent=1) + "\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.scale", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=_SIZES, metavar="EPISODES")
    parser.add_argument("--recall", type=float, default=WANTED_RECALL, help="(default 0.98)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures there")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="a PNG, not in the snapshots")
    parser.add_argument("--snapshots", type=Path, default=Path(".snapshots"), metavar="DIR")
    return parser


def _measure(options: argparse.Namespace, episodes: int) -> Size:
    with tempfile.TemporaryDirectory(prefix=".scale-", dir=options.snapshots) as directory:
        place = Path(directory)
        built = alone(available_cpus(), build, place, episodes, options.recall)
        threads = (1,) if episodes <= _MOST_ON_ONE_THREAD else (1, 2)
        asked = [alone(count, ask, place, built.record, count) for count in threads]
    return Size(episodes, built, asked)


if __name__ == "__main__":
    sys.exit(main())
