"""Shows progress, as a bar in a terminal and as lines elsewhere; times the stages of a build."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tqdm import tqdm

_SECONDS_BETWEEN_LINES = 10.0

Advance = Callable[[int], object]


@contextmanager
def progress(stage: str, total: int, unit: str = "episodes") -> Iterator[Advance]:
    """Gives a function that advances the progress by a number of units."""
    if sys.stderr.isatty():
        with tqdm(total=total, desc=stage, unit=f" {unit}", unit_scale=True) as bar:
            yield bar.update
    else:
        yield _Lines(stage, total, unit)


class Stages:
    """The seconds that each stage of a build took."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        started = time.monotonic()
        yield
        self.seconds[stage] = time.monotonic() - started


class _Lines:
    def __init__(self, stage: str, total: int, unit: str) -> None:
        self._stage, self._total, self._unit = stage, total, unit
        self._done = 0
        self._started = self._told = time.monotonic()

    def __call__(self, count: int) -> None:
        self._done += count
        now = time.monotonic()
        if now - self._told >= _SECONDS_BETWEEN_LINES:
            self._told = now
            self._tell(self._done / (now - self._started))

    def _tell(self, rate: float) -> None:
        left = (self._total - self._done) / rate if rate else 0.0
        digits = 1 if rate < 10 else 0
        print(
            f"{self._stage}: {self._done:,} of {self._total:,} {self._unit}, {rate:,.{digits}f}/s, "
            f"{left:,.0f} s left",
            file=sys.stderr,
            flush=True,
        )
