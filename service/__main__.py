"""Serve: `python -m service`; the settings as options, `--help` lists them."""

import os
import signal
import sys

import uvicorn
from pydantic import ValidationError

# Questions are spread over the batcher's threads, so what they call keeps to the thread it is
# called in. Each library reads its own once, as it is loaded.
ONE_THREAD_A_CALL = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "RAYON_NUM_THREADS": "1",
    "TOKENIZERS_PARALLELISM": "false",
}


def main() -> int:
    os.environ.update(ONE_THREAD_A_CALL)
    from service.settings import Settings, explain  # loads numpy

    try:
        settings = Settings.from_command_line()
    except ValidationError as error:
        print(explain(error), file=sys.stderr)
        return 2
    os.environ.update(settings.to_environment())
    # uvicorn shuts down at a SIGTERM and then raises it again: being told to stop is no failure.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    uvicorn.run(
        "service.app:create_app",
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=settings.workers,
        log_level=settings.log_level,
        access_log=False,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
