"""Exporters log advice to their own developers; here it would only look like trouble."""

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
