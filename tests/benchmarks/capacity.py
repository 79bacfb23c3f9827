"""Prints what corpora of many sizes need: python -m tests.benchmarks.capacity

All of it is arithmetic from the measured figures below, which the documents state with the commands
that measure them. --snapshots DIR takes the bytes of an episode from the snapshot in force there.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from math import ceil, log10
from pathlib import Path

from indexer.snapshot import current_name, read_manifest

EPISODES = (100_000, 1_000_000, 10_000_000, 50_000_000, 200_000_000)
PASSAGES = 1_000_000_000
_USABLE = 0.7  # of a machine's memory; the rest is for the system and for files that are read


@dataclass(frozen=True)
class Bytes:
    """Of one episode in a snapshot, without the encoder."""

    vectors: float = 963
    clauses: float = 3_566
    texts: float = 905
    words: float = 601
    bm25: float = 301
    others: float = 438

    @property
    def all(self) -> float:
        return float(sum(getattr(self, field.name) for field in fields(self)))


@dataclass(frozen=True)
class Measured:
    """Of all-MiniLM-L6-v2 with 384 dimensions; from indexer/README.md and tests/README.md."""

    bytes: Bytes = Bytes()
    passages: float = 1.14  # vectors of an episode
    clauses: float = 9.0
    resident: float = 85.0  # bytes of a vector that search keeps in memory, of 1,000,000
    service_mib: float = 358.0
    search_ms: tuple[float, ...] = (0.40, 2.5, 6.9)  # of 100,000 vectors, of a million, of ten
    build_gb: float = 9.0  # of ten million vectors
    build_seconds: float = 400.0
    summaries_a_second: float = 235.0  # on two cores
    passages_an_hour: float = 136.0  # of speech
    bytes_an_hour: float = 60_000.0
    seconds_an_hour: tuple[float, float] = (2.0, 3.4)  # of two cores


@dataclass(frozen=True)
class Assumed:
    dimension: int = 384
    coarse_bytes: float = (
        384 / 12 / 2 + 8
    )  # codes of a passage, four bits for 12 numbers, and its id
    links: int = 16  # of HNSW for each vector, both ways
    price: float = 0.05  # of a core for an hour
    machine_gb: float = 64.0
    cores: int = 16
    largest_measured: int = 10_000_000


def of_snapshot(root: Path) -> tuple[Bytes, float, float]:
    """Bytes of an episode, its passages and its clauses, of the snapshot in force."""
    manifest = read_manifest(root / current_name(root))
    count, dimension = manifest.corpus.episodes, manifest.encoder.dimension
    sizes = {name: record.bytes for name, record in manifest.files.items()}

    def share(*beginnings: str) -> float:
        return sum(size for name, size in sizes.items() if name.startswith(beginnings)) / count

    named = {
        "vectors": share("vectors.", "codes."),
        "clauses": share("evidence"),
        "texts": share("episode"),
        "words": share("word_"),
        "bm25": share("lexical/"),
    }
    others = share("") - share("encoder/", "reranker/") - sum(named.values())
    passages = sizes.get("vectors.f16", 0) / (2 * dimension) / count
    clauses = sizes.get("evidence_codes.npy", 0) / dimension / count
    return Bytes(**named, others=others), passages, clauses


def episodes_table(measured: Measured, assumed: Assumed) -> list[str]:
    rows = [_row(count, measured, assumed) for count in EPISODES]
    heads = (
        "episodes",
        "disk, GB",
        "memory to search, GB",
        f"services of {assumed.machine_gb:g} GB",
        "vector search, ms",
        "memory to build, GB",
        "core-hours to embed",
        "their price",
        f"hours on {assumed.cores} cores",
        "memory of Milvus, GB",
    )
    return _table(heads, rows)


def _row(count: int, measured: Measured, assumed: Assumed) -> tuple[str, ...]:
    vectors = count * measured.passages
    memory = vectors * measured.resident / 1e9 + measured.service_mib * 2**20 / 1e9
    hours = count / measured.summaries_a_second * 2 / 3600
    graph = vectors * (4 * assumed.dimension + 2 * assumed.links * 4) / 1e9
    beyond = "" if vectors <= assumed.largest_measured * 1.2 else " *"
    return (
        f"{count:,}",
        _short(count * measured.bytes.all / 1e9),
        _short(memory),
        f"{ceil(memory / (_USABLE * assumed.machine_gb))}",
        f"{_short(search_ms(vectors, measured))}{beyond}",
        _short(vectors / 1e7 * measured.build_gb),
        _short(hours),
        _short(hours * assumed.price),
        _short(hours / assumed.cores),
        _short(graph),
    )


def search_ms(vectors: float, measured: Measured) -> float:
    """On the lines through the measured points, in logarithms; beyond, along the last one."""
    known = measured.search_ms
    decade = min(max(log10(vectors / 1e5), 0.0), 10.0)
    first = min(int(decade), len(known) - 2)
    return float(known[first] * (known[first + 1] / known[first]) ** (decade - first))


def passages_table(measured: Measured, assumed: Assumed) -> list[str]:
    speech = PASSAGES / measured.passages_an_hour
    least, most = (speech * seconds * 2 / 3600 for seconds in measured.seconds_an_hour)
    codes = PASSAGES * assumed.coarse_bytes / 1e9
    graph = PASSAGES * (4 * assumed.dimension + 2 * assumed.links * 4) / 1e9
    return _table(
        ("a billion passages", ""),
        [
            ("hours of speech", f"{speech / 1e6:.1f} million"),
            (
                "disk",
                f"{speech * measured.bytes_an_hour / 1e9:,.0f} GB",
            ),
            ("core-hours to divide and embed", f"{least:,.0f} to {most:,.0f}"),
            ("their price", f"{least * assumed.price:,.0f} to {most * assumed.price:,.0f}"),
            ("days on ten machines", _days(least, most, 10 * assumed.cores)),
            ("memory to search, by their coarse codes", f"{codes:,.0f} GB"),
            ("memory, if they were in Milvus as episodes are", f"{graph:,.0f} GB"),
            (
                f"machines of {assumed.machine_gb:g} GB for that",
                f"{_machines(codes, assumed)} or {_machines(graph, assumed)}",
            ),
        ],
    )


def _days(least: float, most: float, cores: int) -> str:
    return f"{least / cores / 24:.1f} to {most / cores / 24:.1f}"


def _machines(gigabytes: float, assumed: Assumed) -> int:
    return ceil(gigabytes / (_USABLE * assumed.machine_gb))


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [heads, ["---"] * len(heads), *rows]
    return [f"| {' | '.join(line)} |" for line in lines]


def _short(number: float) -> str:
    return f"{number:,.0f}" if number >= 10 else f"{number:.2g}"


def tables(measured: Measured, assumed: Assumed) -> str:
    return "\n".join([*episodes_table(measured, assumed), "", *passages_table(measured, assumed)])


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.capacity")
    parser.add_argument("--snapshots", type=Path, help="measure the bytes of this corpus instead")
    parser.add_argument("--price", type=float, default=Assumed.price, help="of a core for an hour")
    parser.add_argument("--machine-gb", type=float, default=Assumed.machine_gb, help="its memory")
    options = parser.parse_args()
    measured = Measured()
    if options.snapshots:
        of_one, passages, clauses = of_snapshot(options.snapshots)
        measured = replace(measured, bytes=of_one, passages=passages, clauses=clauses)
        print(f"{of_one.all:,.0f} bytes an episode: {of_one}; {passages:.2f} passages, ", end="")
        print(f"{clauses:.1f} clauses\n")
    assumed = replace(Assumed(), price=options.price, machine_gb=options.machine_gb)
    print(tables(measured, assumed))


if __name__ == "__main__":
    main()
