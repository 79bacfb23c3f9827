"""Exit codes of the command, and failures in a sentence."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer

from indexer.errors import EpisodeSearchError, NoSnapshot
from service.client.errors import NotReachable, Refused

NOTHING_ANSWERS = FAILED = 1
WRONG_USAGE = 2
NOT_REACHABLE = 3


def fail(error: Exception, code: int) -> NoReturn:
    print(f"error: {error}", file=sys.stderr)
    raise typer.Exit(code)


@contextmanager
def reported() -> Iterator[None]:
    """Ends the command with a sentence and its exit code where it fails."""
    try:
        yield
    except BrokenPipeError:
        raise
    except (NotReachable, NoSnapshot) as error:
        fail(error, NOT_REACHABLE)
    except Refused as error:
        fail(error, WRONG_USAGE)
    except (EpisodeSearchError, OSError) as error:
        fail(error, FAILED)


@contextmanager
def quiet_pipe() -> Iterator[None]:
    """Ends without a traceback when the reader of a pipe has closed it."""
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(FAILED)
