"""What is compared. Each answers a question with the ten nearest episodes, whole."""

import sys

from tests.benchmarks.material import Material
from tests.benchmarks.servers import System

SERVED = "as served"
DENSE = "dense only"
BASELINE = "baseline"
HITS = 10  # what everyone returns unless told otherwise


def ours(material: Material) -> list[System]:
    """As it is served, which fuses words and meaning; and by meaning alone, as the others go."""
    snapshots = ("--snapshots", str(material.snapshots))
    command = (sys.executable, "-m", "service", *snapshots, "--port", "{port}")
    return [
        System(SERVED, command, "/search?q="),
        System(DENSE, command, "/search?mode=dense&q="),
    ]


def baseline(material: Material) -> System:
    paths = (material.corpus, material.model, material.indexes / "baseline.faiss")
    arguments = (*map(str, paths), "{port}")
    return System(
        BASELINE, (sys.executable, "-m", "tests.benchmarks.baseline", *arguments), "/search?q="
    )


def null(answer_bytes: int) -> System:
    """Answers as long as ours, made in advance."""
    arguments = ("{port}", "--bytes", str(answer_bytes))
    return System(
        "null server", (sys.executable, "-m", "tests.benchmarks.null_server", *arguments), "/?q="
    )
