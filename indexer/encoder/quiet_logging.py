"""Silences the advice that exporters log for their own developers."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet(logger_name: str | None = None) -> Iterator[None]:
    """Errors only, from one logger or, without a name, from the root."""
    logger = logging.getLogger(logger_name)
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)
