"""The service as it is started for a torture."""

import sys
from pathlib import Path

from tests.benchmarks.servers import System

# Every question costs what a new one does.
FORGETFUL = ("--cached-questions=0", "--cached-answers=0")


def service(root: Path, *options: str) -> System:
    command = (sys.executable, "-m", "service", f"--snapshots={root}", "--port={port}", *options)
    return System("the service", command, "/search?q=")
