"""The command line of the indexer in a process of its own, with the encoder of a torture."""

import multiprocessing
import os
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from unittest.mock import patch

from indexer.__main__ import main as run_indexer
from indexer.commands import publishing
from indexer.encoder.artifact import Artifact

ALWAYS_DUE = ("--shortest", "0s", "--longest", "0s")  # of a watch

_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(["tests.torture.indexer"])


def start_indexer(
    artifact: Artifact, *arguments: str, output: Path = Path(os.devnull)
) -> ForkServerProcess:
    """Its standard output goes to the file, and so does what it writes to standard error."""
    process = _processes.Process(target=_run, args=[artifact, arguments, output])
    process.start()
    return process


def _run(artifact: Artifact, arguments: tuple[str, ...], output: Path) -> None:
    patch.object(publishing, "resolve_model", lambda *_: None).start()
    patch.object(publishing, "prepare", lambda *_: artifact).start()
    file = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(file, 1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    raise SystemExit(run_indexer(list(arguments)))
