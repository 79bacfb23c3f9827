"""Starts the service: `python -m service`; `--help` lists the settings."""

import os
import signal
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
METRICS_DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"  # prometheus_client reads it when it is imported


def main() -> int:
    os.environ.update(ONE_THREAD_A_CALL)
    from service.settings import Settings, explain

    try:
        settings = Settings.from_command_line()
    except ValidationError as error:
        print(explain(error), file=sys.stderr)
        return 2
    with metrics_directory.metrics_directory() as folder:
        os.environ[METRICS_DIRECTORY] = str(folder)
        return answer(settings)


def answer(settings: "Settings") -> int:
    """Listen and serve until a signal; returns the exit code."""
    from service.serve import serve
    from service.server.workers import listen

    try:
        sockets = listen(settings.host, settings.port, settings.processes)
    except OSError as error:
        address = f"{settings.host}:{settings.port}"
        reason = os.strerror(error.errno) if error.errno else error
        print(
            f"Cannot listen on {address}: {reason}; choose another --port or --host.",
            file=sys.stderr,
        )
        return 1
    # uvicorn shuts down at either signal and then raises it again; the exit code should be 0.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    serve(settings, sockets)
    return 0


if __name__ == "__main__":
    sys.exit(main())
