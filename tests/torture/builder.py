"""Builds in a separate process, forked from a server that has imported the indexer."""

import multiprocessing
from multiprocessing.context import ForkServerProcess

from indexer.snapshot import current_name
from tests.torture.editions import FIRST, SECOND, Editions

_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(["tests.torture.editions"])


def start_build(editions: Editions) -> ForkServerProcess:
    """Start a build of the edition that is not in force."""
    in_force = editions.edition(current_name(editions.root))
    other = SECOND if in_force == FIRST else FIRST
    builder = _processes.Process(target=editions.build, args=[other])
    builder.start()
    return builder
