"""Prints base and adapted encoder side by side: `make evaluate ADAPT=1 CORPUS=… [DATA=…]`.

Titles of held-out podcasts ask for their summaries, among the episodes held out and among all;
parts of one story ask for each other; and judged collections show what is forgotten. Each row is
printed when it is measured.
"""

import argparse
import resource
import sys
from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path

import numpy as np

from indexer.adaptation.adaptation import Adaptation, Trial, told_figures
from indexer.adaptation.adapters import Adapters, Sketch
from indexer.corpus import read_corpus
from indexer.encoder.cpu_count import available_cpus
from indexer.encoder.model import DEFAULT_NAME, resolve_model
from indexer.episode import Episode
from indexer.errors import AdaptationRefused, EpisodeSearchError
from indexer.snapshot import ADAPTERS
from indexer.storage.episode_store import id_hash
from service.evaluation.collection import Collection, read_beir
from service.evaluation.metrics import Estimate
from tests.evaluation.adapted import held_out
from tests.evaluation.adapted.rows import Row, confidence_rows, ranking_rows, similar_rows
from tests.evaluation.adapted.sides import Encoders

_MINUTES, _MEBIBYTES = 10, 4096  # of a training, at most


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    folder: Path = options.snapshots / "evaluation"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        adaptation = _adaptation(options)
        for corpus in options.corpus:
            _compare(corpus, options.judged, folder, adaptation)
    except (EpisodeSearchError, OSError) as error:
        print(f"error: {str(error).rstrip('.')}.", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.evaluation.adapted", description=__doc__)
    parser.add_argument("--corpus", type=Path, nargs="+", required=True)
    parser.add_argument("--judged", type=Path, nargs="+", default=[], help="in BEIR layout")
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


def _compare(corpus: Path, judged: Sequence[Path], folder: Path, adaptation: Adaptation) -> None:
    """Train with a corpus, or take what was trained with it, and print the rows."""
    episodes = list(read_corpus([corpus], lambda _: None))
    print(f"\n{corpus.stem}: {len(episodes):,} episodes", flush=True)
    try:
        trial = adaptation.trial(episodes, _sketch(episodes))
    except AdaptationRefused as reason:
        print(f"the base goes on: {reason}")
        return
    _tell_training(trial)
    encoders = Encoders.of(trial, adaptation)
    place = folder / f"{corpus.stem}-adapted"
    place.mkdir(exist_ok=True)
    titles = held_out.titles(trial.held_out, place)
    _print_titles(titles, encoders, place)
    for directory in judged:
        collection = read_beir(directory)
        sides = encoders.indexed(collection, folder / f"{collection.name}-adapted")
        _print(collection.name, collection, ranking_rows(sides, collection))
    _print_stories(held_out.stories(episodes, trial.held_out, place), trial, encoders, place)
    _print_among_all(held_out.among_all(titles, episodes, place), encoders, place)


def _print_titles(titles: Collection, encoders: Encoders, place: Path) -> None:
    sides = encoders.indexed(titles, place)
    name = f"{titles.name}, among {len(sides.base.episodes):,} episodes"
    rows = (ranking_rows(sides, titles, "+15%", "+6%"), confidence_rows(sides, titles))
    _print(name, titles, chain.from_iterable(rows))


def _print_stories(stories: Collection, trial: Trial, encoders: Encoders, place: Path) -> None:
    if not stories.queries:
        return
    sides = encoders.indexed(stories, place)
    name = f"similar, parts of one story, among {len(sides.base.episodes):,} episodes"
    _print(name, stories, similar_rows(sides, stories, "+3%"))
    unknown = held_out.asked_by(stories, trial.held_out)
    _print(f"{name}, held out", unknown, similar_rows(sides, unknown, "+3%"))


def _print_among_all(titles: Collection, encoders: Encoders, place: Path) -> None:
    sides = encoders.indexed(titles, place)
    name = f"{titles.name}, among {len(sides.base.episodes):,} episodes"
    _print(name, titles, ranking_rows(sides, titles, served="+4%"))


def _sketch(episodes: Iterable[Episode]) -> Sketch:
    return Sketch.of(np.array([id_hash(each.episode_id) for each in episodes], np.uint64))


def _tell_training(trial: Trial) -> None:
    adaptation = trial.verdict.adaptation
    print(
        f"trained with {adaptation.pairs:,} pairs, {adaptation.steps} steps in "
        f"{adaptation.seconds:,.0f} s (wanted: {60 * _MINUTES})"
    )
    if trial.is_new:
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
        print(f"memory of the process, at most {most:,} MiB (wanted: {_MEBIBYTES:,})")
    print(f"gate: {trial.verdict.refused or 'taken'}; {told_figures(adaptation)}", flush=True)


def _print(name: str, collection: Collection, rows: Iterable[Row]) -> None:
    """A table of rows, each when it is measured; nothing if none is."""
    for number, row in enumerate(rows):
        if not number:
            print(f"\n{name}: {len(collection.queries):,} questions, in brackets the middle 95%")
            print(f"{'':20}{'base':>21}{'adapted':>21}{'difference':>24}{'':>8}  wanted")
        share = row.difference.mean / row.base.mean if row.base.mean else 0.0
        print(
            f"{row.name:20}{_told(row.base):>21}{_told(row.adapted):>21}"
            f"{_signed(row.difference):>24}{share:>+8.1%}  {row.wanted}",
            flush=True,
        )


def _told(value: Estimate) -> str:
    return f"{value.mean:.3f} [{value.low:.3f} {value.high:.3f}]"


def _signed(value: Estimate) -> str:
    return f"{value.mean:+.3f} [{value.low:+.3f} {value.high:+.3f}]"


if __name__ == "__main__":
    sys.exit(main())
