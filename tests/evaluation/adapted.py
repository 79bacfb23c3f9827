"""Prints base and adapted encoder side by side: `make evaluate ADAPT=1 CORPUS=…`."""

import argparse
import sys
from pathlib import Path

from indexer.adaptation.adaptation import Adaptation, told_figures
from indexer.adaptation.adapters import Adapters
from indexer.encoder.cpu_count import available_cpus
from indexer.encoder.model import DEFAULT_NAME, resolve_model
from indexer.errors import EpisodeSearchError
from indexer.snapshot import ADAPTERS
from service.evaluation.adapted import Comparison, compare_adapted
from service.evaluation.metrics import Estimate


def main() -> int:
    options = _parser().parse_args()
    folder: Path = options.snapshots / "evaluation"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        for corpus in options.corpus:
            _print(compare_adapted(corpus, folder, _adaptation(options)))
    except (EpisodeSearchError, OSError) as error:
        print(f"error: {str(error).rstrip('.')}.", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.evaluation.adapted", description=__doc__)
    parser.add_argument("--corpus", type=Path, nargs="+", required=True)
    parser.add_argument("--snapshots", type=Path, default=Path(".snapshots"))
    parser.add_argument("--model", default=DEFAULT_NAME)
    parser.add_argument("--precision", choices=("int8", "fp32"), default="int8")
    parser.add_argument("--adapt-minutes", type=float, default=10.0)
    return parser


def _adaptation(options: argparse.Namespace) -> Adaptation:
    return Adaptation(
        base=resolve_model(options.model),
        adapters=Adapters(options.snapshots / ADAPTERS),
        encoders=options.snapshots / "encoders",
        precision=options.precision,
        device="auto",
        threads=available_cpus(),
        minutes=options.adapt_minutes,
        asked=True,
    )


def _print(comparison: Comparison) -> None:
    trial, adaptation = comparison.trial, comparison.trial.verdict.adaptation
    print(
        f"\n{comparison.collection.name}: {len(trial.held_out):,} episodes, "
        f"{len(comparison.collection.queries):,} titles, {adaptation.pairs:,} pairs, "
        f"{adaptation.steps} steps in {adaptation.seconds:.0f} s; nDCG@10, in brackets the middle "
        "95% of 1,000 resamples"
    )
    print(f"{'':12}{'base':>22}{'adapted':>22}{'gain':>24}")
    for each in comparison.systems:
        base, adapted, gain = map(_told, (each.base, each.adapted, each.gain))
        print(f"{each.system:12}{base:>22}{adapted:>22}{gain:>24}")
    print(f"gate: {trial.verdict.refused or 'taken'}; {told_figures(adaptation)}")


def _told(value: Estimate) -> str:
    return f"{value.mean:.3f} [{value.low:.3f} {value.high:.3f}]"


if __name__ == "__main__":
    sys.exit(main())
