"""Tables with a row for each size, in Markdown, and a plot."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from indexer.index.vectors.record import IndexRecord
from tests.benchmarks.report import table
from tests.benchmarks.scale.stages import Asked, Built
from tests.benchmarks.scale.whole import Whole

_INDEX = (
    "vectors; found by; made, s; index, s; recall, s; peak building, MiB; bytes a vector; "
    "of them resident; open, s; threads; recall@10; p50 ms; p99 ms; of processor, ms; "
    "in batches of 32, ms; p50 among 1%, ms"
).split("; ")
_SERVED = (
    "episodes; found by; recall@10; bytes an episode; open, s; to the first answer, s; p50 ms; "
    "p99 ms; of processor, ms; over the fewest; encode, ms; dense, ms; lexical, ms; evidence, ms; "
    "resident, MiB; with mapped files, MiB"
).split("; ")
_STAGES = ("encode", "dense", "lexical", "evidence")  # of a request
_MOST_TIMES_SLOWER = 2.0


@dataclass(frozen=True)
class Size:
    episodes: int
    built: Built
    asked: Sequence[Asked]


def tables(facts: dict[str, Any], sizes: Sequence[Size], wholes: Sequence[Whole]) -> str:
    return "\n\n".join([_caption(facts), *_of_indexes(sizes), *_of_services(wholes)])


def as_json(
    facts: dict[str, Any], sizes: Sequence[Size], wholes: Sequence[Whole]
) -> dict[str, Any]:
    return facts | {
        "sizes": [_figures(size) for size in sizes],
        "wholes": [_figures_of_all(whole) for whole in wholes],
    }


def _caption(facts: dict[str, Any]) -> str:
    machine = facts["machine"]
    return (
        f"{machine['cpu']}, {machine['cores']} cores, {machine['memory_mib']:,} MiB; "
        f"commit {facts['commit']}; {facts['date']}; load average before: "
        f"{machine['load_average_before']:g}. One question at a time unless said otherwise."
    )


def _of_indexes(sizes: Sequence[Size]) -> Iterator[str]:
    if sizes:
        rows = [_row(size, asked) for size in sizes for asked in size.asked]
        yield f"The index:\n\n{table([_INDEX, *rows], left=(1,))}"


def _of_services(wholes: Sequence[Whole]) -> Iterator[str]:
    if not wholes:
        return
    rows = [_service(whole, wholes[0]) for whole in wholes]
    yield f"A service, and requests to it:\n\n{table([_SERVED, *rows], left=(1,))}"
    stages = list(wholes[0].published.seconds)
    head = ["episodes", *(f"{stage}, s" for stage in stages), "in all, s", "peak building, MiB"]
    yield "To build what it serves, vectors given:\n\n" + table(
        [head, *(_build(whole, stages) for whole in wholes)], left=()
    )
    times = _p50(wholes[-1]) / _p50(wholes[0])
    yield (
        f"A request takes {times:.2f} times as long at {wholes[-1].episodes:,} episodes as at "
        f"{wholes[0].episodes:,} (wanted from 1,000 to 1,000,000: under {_MOST_TIMES_SLOWER:g})."
    )


def _row(size: Size, asked: Asked) -> list[str]:
    times = (asked.p50, asked.p99, asked.processor, asked.batched, asked.among)
    return [
        f"{size.episodes:,}",
        _found_by(size.built.record),
        *(f"{seconds:.1f}" for seconds in size.built.seconds.values()),
        f"{size.built.peak_mib:,.0f}",
        f"{size.built.disk_bytes / size.episodes:.0f}",
        f"{asked.resident_bytes / size.episodes:.0f}",
        f"{asked.open_seconds:.2f}",
        str(asked.threads),
        f"{asked.recall:.3f}",
        *(f"{milliseconds:.2f}" for milliseconds in times),
    ]


def _service(whole: Whole, fewest: Whole) -> list[str]:
    answers, record = whole.loaded.answers, whole.published.index
    times = (answers.p50_ms, answers.p99_ms, whole.loaded.cpu_ms_an_answer)
    return [
        f"{whole.episodes:,}",
        _found_by(record),
        f"{record.recall_at_10:.3f}",
        f"{whole.published.disk_bytes / whole.episodes:,.0f}",
        f"{whole.open_seconds:.2f}",
        f"{whole.first.seconds:.2f}",
        *(f"{milliseconds:.2f}" for milliseconds in times),
        f"{_p50(whole) / _p50(fewest):.2f}",
        *(f"{whole.stages[stage]:.2f}" for stage in _STAGES),
        f"{whole.anonymous_mib:,.0f}",
        f"{whole.loaded.resident_mib:,.0f}",
    ]


def _build(whole: Whole, stages: Sequence[str]) -> list[str]:
    seconds = whole.published.seconds
    return [
        f"{whole.episodes:,}",
        *(f"{seconds[stage]:.1f}" for stage in stages),
        f"{whole.published.in_all:.1f}",
        f"{whole.published.peak_mib:,.0f}",
    ]


def _p50(whole: Whole) -> float:
    return whole.loaded.answers.p50_ms


def _found_by(record: IndexRecord) -> str:
    if not record.parameters:
        return record.kind
    probes, lists, candidates = (
        record.parameters[name] for name in ("probes", "lists", "candidates")
    )
    return f"codes of {probes} of {lists} lists, {candidates} compared"


def _figures(size: Size) -> dict[str, Any]:
    built = asdict(size.built) | {"record": size.built.record.model_dump()}
    return {"episodes": size.episodes, "built": built, "asked": list(map(asdict, size.asked))}


def _figures_of_all(whole: Whole) -> dict[str, Any]:
    figures = asdict(whole)
    published = figures["published"]
    del published["asked"]
    return figures | {"published": published | {"index": whole.published.index.model_dump()}}


def plot(sizes: Sequence[Size], wholes: Sequence[Whole], file: Path) -> None:
    """Plot against the number of episodes, with logarithmic axes; shares have a linear axis."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(14, 9), layout="constrained")
    panels = [*_panels(_OF_INDEX, sizes), *_panels(_OF_SERVICE, wholes)]
    for axes, (title, counts, values) in zip(figure.subplots(3, 3).flat, panels, strict=False):
        axes.plot(counts, values, marker="o")
        axes.set(xscale="log", xlabel="episodes", title=title)
        axes.set_yscale("linear" if title == "recall@10" else "log")
        axes.grid(alpha=0.3)
    figure.savefig(file, dpi=120)


Panel = tuple[str, list[int], list[Sequence[float]]]


def _panels(
    drawn: Mapping[str, Callable[[Any], Sequence[float]]], measured: Sequence[Size | Whole]
) -> Iterator[Panel]:
    if measured:
        counts = [one.episodes for one in measured]
        yield from ((title, counts, [of(one) for one in measured]) for title, of in drawn.items())


_OF_INDEX: dict[str, Callable[[Size], Sequence[float]]] = {
    "a search, ms: p50 and p99": lambda size: (size.asked[0].p50, size.asked[0].p99),
    "recall@10": lambda size: (size.asked[0].recall,),
    "the index built, s": lambda size: (
        size.built.seconds["index"] + size.built.seconds["recall"],
    ),
    "bytes a vector: on disk, resident": lambda size: (
        size.built.disk_bytes / size.episodes,
        size.asked[0].resident_bytes / size.episodes,
    ),
    "the index opened, s": lambda size: (size.asked[0].open_seconds,),
}
_OF_SERVICE: dict[str, Callable[[Whole], Sequence[float]]] = {
    "a request, ms: p50 and p99": lambda whole: (
        whole.loaded.answers.p50_ms,
        whole.loaded.answers.p99_ms,
    ),
    "a service, MiB: without and with mapped files": lambda whole: (
        whole.anonymous_mib,
        whole.loaded.resident_mib,
    ),
    "a snapshot opened, s": lambda whole: (whole.open_seconds,),
    "a snapshot built, s": lambda whole: (whole.published.in_all,),
}
