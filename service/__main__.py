"""Serve: `python -m service`; the settings as options, `--help` lists them."""

import os
import sys

import uvicorn
from pydantic import ValidationError

from service.settings import Settings, explain


def main() -> int:
    try:
        settings = Settings.from_command_line()
    except ValidationError as error:
        print(explain(error), file=sys.stderr)
        return 2
    os.environ.update(settings.to_environment())
    limit_threads(settings.threads_a_worker)
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


def limit_threads(threads: int) -> None:
    """Before any of them is loaded, since OpenMP and rayon read this once.

    ONNX Runtime takes its number when the snapshot is opened.
    """
    os.environ["OMP_NUM_THREADS"] = str(threads)
    os.environ["OPENBLAS_NUM_THREADS"] = str(threads)
    os.environ["RAYON_NUM_THREADS"] = str(threads)


if __name__ == "__main__":
    sys.exit(main())
