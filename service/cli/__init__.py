"""The command `episode-search`: runs the indexer, the service, or a search in the terminal.

`app` declares the commands, `answers` gets JSON from a running service or a local snapshot,
`tables` prints it as tables, and `failures` are the exit codes and what is told with them.
"""

import signal
import sys
from collections.abc import Iterator

INTERRUPTED = 128 + signal.SIGINT
_AGAIN_SECONDS = 0.05


def main() -> None:
    """The console script. Ctrl-C ends it with a word, also while its modules are imported."""
    signal.signal(signal.SIGINT, _interrupt)
    signal.signal(signal.SIGALRM, _interrupt)
    sys.unraisablehook = _interrupt_again
    try:
        from service.cli.app import run

        run()
    except Exception as error:
        # An extension that Ctrl-C stops while it is imported raises an ImportError of its own.
        if any(isinstance(cause, SystemExit) for cause in _causes(error)):
            sys.exit(INTERRUPTED)
        from service.cli.failures import FAILED

        sys.excepthook(type(error), error, error.__traceback__)
        sys.exit(FAILED)


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause = error.__cause__ or error.__context__
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


def _interrupt(*_: object) -> None:
    print("Interrupted.", file=sys.stderr)
    sys.exit(INTERRUPTED)


def _interrupt_again(failed: "sys.UnraisableHookArgs") -> None:
    """Python ignores what is raised while it frees an object; Ctrl-C must not get lost there."""
    if isinstance(failed.exc_value, SystemExit):
        signal.setitimer(signal.ITIMER_REAL, _AGAIN_SECONDS)
    else:
        sys.__unraisablehook__(failed)
