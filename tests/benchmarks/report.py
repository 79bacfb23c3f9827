"""The medians as Markdown tables, and all figures as JSON."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from statistics import mean, median
from typing import Any

from tests.benchmarks.ratios import Got, ratios
from tests.benchmarks.rounds import CROWD, PHASES, Round
from tests.benchmarks.server_run import Loaded
from tests.benchmarks.stages import Stages

_NOTHING = "–"
_QUIET = 0.1  # processors
_NOT_QUIET = (
    "THE MACHINE WAS NOT QUIET: these figures are no measurement. Torch suffers most from company, "
    "since its threads wait for each other in a spin, so ratios against it come out too high."
)


def tables(facts: Mapping[str, Any], rounds: Sequence[Round]) -> str:
    return "\n\n".join(
        (
            _caption(facts, rounds),
            _loads(rounds),
            _runs(rounds),
            _limits(rounds),
            _stages(facts["stages"]),
            _ratios(ratios(rounds)),
        )
    )


def as_json(facts: Mapping[str, Any], rounds: Sequence[Round]) -> dict[str, Any]:
    """The facts, the figures of the tables, and each round."""
    return {
        **facts,
        "stages": asdict(facts["stages"]),
        "processors_taken_by_others": _others(rounds),
        "systems": {name: _medians(name, rounds) for name in rounds[0].runs},
        "limits": {
            "load_generator_requests_per_second": median(one.generator.rate for one in rounds),
            "encoder_questions_per_second": median(one.encoder for one in rounds),
            "encoder_documents_per_second": median(one.documents for one in rounds),
            "reference_documents_per_second": median(one.reference_documents for one in rounds),
        },
        "ratios": [asdict(got) | {"met": got.met} for got in ratios(rounds)],
        "rounds": [asdict(one) for one in rounds],
    }


def _medians(name: str, rounds: Sequence[Round]) -> dict[str, Any]:
    runs = [one.runs[name] for one in rounds]
    return {
        "resident_mib": median(run.resident_mib for run in runs),
        "first_answer_seconds": median(run.first.seconds for run in runs),
        "loads": {
            phase.name: {
                "requests_per_second": median(one.answers.rate for one in loaded),
                "p50_ms": median(one.answers.p50_ms for one in loaded),
                "p99_ms": median(one.answers.p99_ms for one in loaded),
                "cpu_ms_per_answer": median(one.cpu_ms_an_answer for one in loaded),
            }
            for phase in PHASES
            if (loaded := [run.phases[phase.name] for run in runs])
        },
    }


def _caption(facts: Mapping[str, Any], rounds: Sequence[Round]) -> str:
    machine = facts["machine"]
    others = _others(rounds)
    caption = (
        f"{facts['episodes']:,} episodes; {machine['cpu']}, {machine['cores']} cores, "
        f"{machine['memory_mib']:,} MiB; commit {facts['commit']}; {facts['date']}; "
        f"rounds: {len(rounds)}, {facts['seconds_a_load']:g} s a load; medians, least and most in "
        f"brackets. Others took {others:.2f} processors on average."
    )
    return caption if others < _QUIET else f"{caption}\n\n{_NOT_QUIET}"


def _others(rounds: Sequence[Round]) -> float:
    return mean(
        loaded.others
        for one in rounds
        for run in one.runs.values()
        for loaded in run.phases.values()
    )


def _loads(rounds: Sequence[Round]) -> str:
    rows = [["system", "clients", "questions", "requests/s", "p50 ms", "p99 ms", "CPU ms/answer"]]
    for name in rounds[0].runs:
        for phase in PHASES:
            loaded = [one.runs[name].phases[phase.name] for one in rounds]
            kind = "repeated" if phase.repeated else "distinct"
            rows.append([name, str(phase.clients), kind, *_figures(loaded)])
    return table(rows, left=(0, 2))


def _figures(loaded: Sequence[Loaded]) -> Iterator[str]:
    yield _spread([one.answers.rate for one in loaded], "{:,.0f}")
    yield f"{median(one.answers.p50_ms for one in loaded):,.2f}"
    yield f"{median(one.answers.p99_ms for one in loaded):,.1f}"
    yield f"{median(one.cpu_ms_an_answer for one in loaded):,.2f}"


def _runs(rounds: Sequence[Round]) -> str:
    rows = [["system", "resident MiB under load", "start to first answer, s"]]
    for name in rounds[0].runs:
        runs = [one.runs[name] for one in rounds]
        memory = _spread([run.resident_mib for run in runs], "{:,.0f}")
        rows.append([name, memory, _spread([run.first.seconds for run in runs], "{:.2f}")])
    return table(rows, left=(0,))


def _limits(rounds: Sequence[Round]) -> str:
    rows = [
        ["limit", "a second"],
        [
            f"load generator against a server without work, {CROWD.clients} clients",
            _spread([one.generator.rate for one in rounds], "{:,.0f}"),
        ],
        [
            "bare encoder, questions in full batches on every core",
            _spread([one.encoder for one in rounds], "{:,.0f}"),
        ],
        [
            "summaries by the encoder as a build uses it",
            _spread([one.documents for one in rounds], "{:,.0f}"),
        ],
        [
            "summaries by SentenceTransformer.encode",
            _spread([one.reference_documents for one in rounds], "{:,.0f}"),
        ],
    ]
    return table(rows, left=(0,))


def _stages(stages: Stages) -> str:
    rows = [["stage of an answer, in batches of 8 in one thread", "ms"]]
    rows += [[name, f"{ms:.3f}"] for name, ms in stages.ms.items()]
    rows.append(["processor time of all", f"{stages.processor_ms:.3f}"])
    rows.append(["memory allocated at the peak, KiB", f"{stages.kib:.0f}"])
    return table(rows, left=(0,))


def _ratios(got: Sequence[Got]) -> str:
    rows = [["ratio", "wanted", "dense only", "as served", "met"]]
    for one in got:
        values = (
            _NOTHING if value is None else f"{value:.2f}" for value in (one.dense, one.served)
        )
        rows.append([one.what, f"{one.least:g}", *values, one.met])
    return table(rows, left=(0, 4))


def _spread(values: Sequence[float], form: str) -> str:
    return f"{form} ({form}–{form})".format(median(values), min(values), max(values))


def table(rows: Sequence[Sequence[str]], left: Sequence[int]) -> str:
    """A Markdown table with aligned columns, also readable in a terminal."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["| " + " | ".join(_aligned(cells, widths, left)) + " |" for cells in rows]
    rule = "|".join(
        "-" * (width + 2) if column in left else "-" * (width + 1) + ":"
        for column, width in enumerate(widths)
    )
    return "\n".join([lines[0], f"|{rule}|", *lines[1:]])


def _aligned(cells: Sequence[str], widths: Sequence[int], left: Sequence[int]) -> Iterator[str]:
    for column, (cell, width) in enumerate(zip(cells, widths, strict=True)):
        yield cell.ljust(width) if column in left else cell.rjust(width)
