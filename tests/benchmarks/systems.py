"""The compared systems. Each answers a question with ten whole episodes."""

import sys

from tests.benchmarks.material import Material
from tests.benchmarks.servers import System

SERVED = "as served"
DENSE = "dense only"
BASELINE = "baseline"
HITS = 10  # the default of every system


def ours(material: Material) -> list[System]:
    """This service in its default mode, hybrid, and in dense mode, which the others have."""
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
    """The null server, with answers as long as this service's."""
    arguments = ("{port}", "--bytes", str(answer_bytes))
    return System(
        "null server", (sys.executable, "-m", "tests.benchmarks.null_server", *arguments), "/?q="
    )
