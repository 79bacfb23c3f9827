"""Starts the service for a torture and sends it single requests."""

import json
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.benchmarks.servers import HOST, System

# Without caches, so that every question costs as much as a new one.
FORGETFUL = ("--cached-questions=0", "--cached-answers=0")
_LONGEST_SECONDS = 60.0


def service(root: Path, *options: str) -> System:
    command = (sys.executable, "-m", "service", f"--snapshots={root}", "--port={port}", *options)
    return System("the service", command, "/search?q=")


def ask(port: int, target: str) -> Any:
    """The JSON answer to GET `target`. Raises URLError."""
    with urllib.request.urlopen(f"http://{HOST}:{port}{target}", timeout=_LONGEST_SECONDS) as body:
        return json.load(body)


def until(happened: Callable[[], bool]) -> bool:
    """Whether the condition becomes true within a minute."""
    deadline = time.monotonic() + _LONGEST_SECONDS
    while not (done := happened()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return done
