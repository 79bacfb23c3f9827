"""A build in a process of its own, which is ready for it before it is asked."""

import multiprocessing
from multiprocessing.context import ForkServerProcess

from indexer.snapshot import current_name
from tests.torture.editions import FIRST, SECOND, Editions

_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(["tests.torture.editions"])


def start_build(editions: Editions) -> ForkServerProcess:
    """Of the edition that is not in force."""
    in_force = editions.edition(current_name(editions.root))
    other = SECOND if in_force == FIRST else FIRST
    builder = _processes.Process(target=editions.build, args=[other])
    builder.start()
    return builder
