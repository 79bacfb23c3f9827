"""Starts the service: `python -m service`; `--help` lists the settings."""

import os
import signal
import socket
import sys
from typing import TYPE_CHECKING

from pydantic import ValidationError

from service.telemetry import metrics_directory

if TYPE_CHECKING:
    from service.settings import Settings

# Questions already run in several processes and threads, so libraries must not start threads of
# their own. Each library reads its variable once, when it is imported.
ONE_THREAD_A_CALL = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "RAYON_NUM_THREADS": "1",
    "TOKENIZERS_PARALLELISM": "false",
}
WRONG_SETTINGS = 2  # as an exit code
METRICS_DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"  # prometheus_client reads it when it is imported


def main() -> int:
    os.environ.update(ONE_THREAD_A_CALL)
    settings = _settings()
    if not settings:
        return WRONG_SETTINGS
    with metrics_directory.metrics_directory() as folder:
        os.environ[METRICS_DIRECTORY] = str(folder)
        return answer(settings)


def check_start() -> int:
    """The exit code of a start that would fail, which says why; 0 if none would."""
    settings = _settings()
    if not settings:
        return WRONG_SETTINGS
    return 1 if _sockets(settings, 0) is None else 0


def _settings() -> "Settings | None":
    """The settings; None if one is wrong, which is printed."""
    from service.settings import Settings, explain

    try:
        return Settings.from_command_line()
    except ValidationError as error:
        print(explain(error), file=sys.stderr)
        return None


def _sockets(settings: "Settings", count: int) -> list[socket.socket] | None:
    """So many sockets that listen; None if the address cannot be listened on, which is printed."""
    from service.server.workers import listen

    try:
        return listen(settings.host, settings.port, count)
    except OSError as error:
        address = f"{settings.host}:{settings.port}"
        reason = os.strerror(error.errno) if error.errno else error
        print(
            f"Cannot listen on {address}: {reason}; choose another --port or --host.",
            file=sys.stderr,
        )
        return None


def answer(settings: "Settings") -> int:
    """Listen and serve until a signal; returns the exit code."""
    from service.serve import serve

    sockets = _sockets(settings, settings.processes)
    if sockets is None:
        return 1
    # uvicorn shuts down at either signal and then raises it again; the exit code should be 0.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    serve(settings, sockets)
    return 0


if __name__ == "__main__":
    sys.exit(main())
