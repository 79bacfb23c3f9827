"""A row a size, for a terminal and a README alike; and a plot of them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks.report import table
from tests.benchmarks.scale.stages import Asked, Built

_HEAD = (
    "episodes; found by; made, s; index, s; recall, s; peak building, MiB; bytes an episode; "
    "of them resident; open, s; threads; recall@10; p50 ms; p99 ms; of processor, ms; "
    "in batches of 32, ms; p50 among 1%, ms"
).split("; ")


@dataclass(frozen=True)
class Size:
    episodes: int
    built: Built
    asked: Sequence[Asked]


def tables(facts: dict[str, Any], sizes: Sequence[Size]) -> str:
    machine = facts["machine"]
    caption = (
        f"{machine['cpu']}, {machine['cores']} cores, {machine['memory_mib']:,} MiB; "
        f"commit {facts['commit']}; {facts['date']}; load average before: "
        f"{machine['load_average_before']:g}. One question at a time unless said otherwise."
    )
    rows = [_row(size, asked) for size in sizes for asked in size.asked]
    return f"{caption}\n\n{table([_HEAD, *rows], left=(1,))}"


def as_json(facts: dict[str, Any], sizes: Sequence[Size]) -> dict[str, Any]:
    return facts | {"sizes": [_figures(size) for size in sizes]}


def _figures(size: Size) -> dict[str, Any]:
    built = asdict(size.built) | {"record": size.built.record.model_dump()}
    return {"episodes": size.episodes, "built": built, "asked": list(map(asdict, size.asked))}


def _row(size: Size, asked: Asked) -> list[str]:
    return [
        f"{size.episodes:,}",
        _found_by(size.built),
        *(f"{seconds:.1f}" for seconds in size.built.seconds.values()),
        f"{size.built.peak_mib:,.0f}",
        f"{size.built.disk_bytes / size.episodes:.0f}",
        f"{asked.resident_bytes / size.episodes:.0f}",
        f"{asked.open_seconds:.2f}",
        str(asked.threads),
        f"{asked.recall:.3f}",
        *(
            f"{ms:.2f}"
            for ms in (asked.p50, asked.p99, asked.processor, asked.batched, asked.among)
        ),
    ]


def _found_by(built: Built) -> str:
    parameters = built.record.parameters
    if not parameters:
        return built.record.kind
    probes, lists, candidates = (parameters[name] for name in ("probes", "lists", "candidates"))
    return f"codes of {probes} of {lists} lists, {candidates} compared"


def plot(sizes: Sequence[Size], file: Path) -> None:
    from matplotlib.figure import Figure

    episodes = [size.episodes for size in sizes]
    panels = {
        "p50 of a search, ms": [size.asked[0].p50 for size in sizes],
        "p99 of a search, ms": [size.asked[0].p99 for size in sizes],
        "recall@10": [size.asked[0].recall for size in sizes],
        "to build the index, s": [
            size.built.seconds["index"] + size.built.seconds["recall"] for size in sizes
        ],
        "on disk, bytes an episode": [size.built.disk_bytes / size.episodes for size in sizes],
        "to open, s": [size.asked[0].open_seconds for size in sizes],
    }
    figure = Figure(figsize=(11, 6), layout="constrained")
    for axes, (name, values) in zip(figure.subplots(2, 3).flat, panels.items(), strict=True):
        axes.plot(episodes, values, marker="o")
        axes.set(xscale="log", xlabel="episodes", title=name)
        axes.set_yscale("linear" if name == "recall@10" else "log")
        axes.grid(alpha=0.3)
    figure.savefig(file, dpi=120)
