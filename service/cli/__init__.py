"""The command `episode-search`: runs the indexer, the service, or a search in the terminal.

`app` declares the commands, `answers` gets JSON from a running service or a local snapshot,
`tables` prints it as tables, and `failures` are the exit codes and what is told with them.
"""

import signal
import sys

_INTERRUPTED = 128 + signal.SIGINT


def main() -> None:
    """The console script. Ctrl-C ends it with a word, also while its modules are imported."""
    signal.signal(signal.SIGINT, _interrupt)
    from service.cli.app import run

    run()


def _interrupt(*_: object) -> None:
    print("Interrupted.", file=sys.stderr)
    sys.exit(_INTERRUPTED)
