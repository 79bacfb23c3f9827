"""Starts the service: `python -m service`; `--help` lists the settings."""

import os
import signal
import sys
from typing import TYPE_CHECKING

from pydantic import ValidationError

from service.telemetry import metrics_directory

if TYPE_CHECKING:
    from service.settings import Settings

# Questions are spread over processes and the batcher's threads, so what they call keeps to the
# thread it is called in. Each library reads its own once, as it is loaded.
ONE_THREAD_A_CALL = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "RAYON_NUM_THREADS": "1",
    "TOKENIZERS_PARALLELISM": "false",
}
COUNTED_TOGETHER_IN = "PROMETHEUS_MULTIPROC_DIR"  # by the processes of one service; read as above


def main() -> int:
    os.environ.update(ONE_THREAD_A_CALL)
    from service.settings import Settings, explain

    try:
        settings = Settings.from_command_line()
    except ValidationError as error:
        print(explain(error), file=sys.stderr)
        return 2
    with metrics_directory.metrics_directory() as folder:
        os.environ[COUNTED_TOGETHER_IN] = str(folder)
        return answer(settings)


def answer(settings: "Settings") -> int:
    from service.serve import serve
    from service.server.workers import listen

    try:
        sockets = listen(settings.host, settings.port, settings.processes)
    except OSError as error:
        address = f"{settings.host}:{settings.port}"
        print(f"{address} cannot be listened on: {error.strerror}.", file=sys.stderr)
        return 1
    # uvicorn shuts down at a SIGTERM and then raises it again: being told to stop is no failure.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    serve(settings, sockets)
    return 0


if __name__ == "__main__":
    sys.exit(main())
