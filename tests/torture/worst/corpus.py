"""Episodes that make requests costly: few podcasts, long texts, reruns, one long story."""

import json
from collections.abc import Iterator
from typing import Any

from indexer.build import BuildOptions, build
from indexer.corpus.records.record import MOST_SUMMARY_CHARACTERS
from indexer.encoder.cpu_count import available_cpus
from tests.benchmarks.scale.corpora import Corpora
from tests.benchmarks.scale.given import GivenEncoder
from tests.fakes import WORDS
from tests.torture.row import Ground

FEWEST = 200  # episodes, with all that requests name
PODCASTS = 8
LONG = 20  # episodes with the longest texts
COMMON_TAG, RARE_TAG = "everything", "one in a thousand"
_SHORTEST_LONG = 0.05  # of the longest text there may be
_OTHERS = 50  # episodes a rerun, and a part of the story
_STORY = "The long story"
_RERUN_WITHIN = 3  # times each


def long_characters(dose: float) -> int:
    """Of the longest texts: as many as there may be, where nothing is small."""
    return round(MOST_SUMMARY_CHARACTERS * min(1.0, max(_SHORTEST_LONG, dose)))


def publish(ground: Ground, count: int, longest: int) -> None:
    """A snapshot in the folder `snapshots` of the ground, its vectors given where they fit."""
    corpus = ground.directory / "corpus.jsonl"
    with corpus.open("w") as file:
        file.writelines(json.dumps(fields) + "\n" for fields in episodes(count, longest))
    fits = ground.artifact.record.dimension == GivenEncoder.dimension
    options = BuildOptions(embedder=GivenEncoder() if fits else None, threads=available_cpus())
    build([corpus], ground.directory / "snapshots", ground.artifact, options)


def episodes(count: int, longest: int) -> Iterator[dict[str, Any]]:
    """Fields of `count` episodes, the first with texts of `longest` characters."""
    told: dict[str, Any] = {}
    for number, fields in enumerate(Corpora().episodes(count)):
        fields["summary"] += f" {WORDS[number % len(WORDS)]} {WORDS[number**2 % len(WORDS)]}."
        fields["podcast"] = {"title": f"Show {number % PODCASTS}"}
        fields["tags"] += [COMMON_TAG, *[RARE_TAG] * (number % 1000 == 0)]
        if number < LONG:
            fields["summary"] = _repeated(fields["summary"], longest)
        elif number % _OTHERS == 0:
            fields |= {"title": f"{_STORY}, part {number}", "podcast": {"title": "Show 0"}}
        elif number % _OTHERS == 1:
            told = fields
        elif number % _OTHERS <= 1 + _RERUN_WITHIN and told:
            fields |= {name: told[name] for name in ("title", "summary")}
            fields["title"] += f" (rerun {number})"
        yield fields


def _repeated(summary: str, characters: int) -> str:
    """No sentence twice."""
    times = -(-characters // len(summary))
    return " ".join(f"{summary[:-1]} {number}." for number in range(times))[:characters]
