"""Exit codes of the command, and failures in a sentence."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import NoReturn

import typer

from indexer.errors import EpisodeSearchError, NoSnapshot
from service.client.errors import NotReachable, Refused

NOTHING_ANSWERS = 1
WRONG_USAGE = 2
NOT_REACHABLE = 3
TRY_LATER = 4
FAILED = 5
PIPE_CLOSED = 128 + signal.SIGPIPE

# What the service refuses for now; all else below 500 is the caller's to change.
_PASSING = (
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.TOO_EARLY,
    HTTPStatus.TOO_MANY_REQUESTS,
)


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
        passing = error.status in _PASSING or error.status >= HTTPStatus.INTERNAL_SERVER_ERROR
        fail(error, TRY_LATER if passing else WRONG_USAGE)
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
        sys.exit(PIPE_CLOSED)
