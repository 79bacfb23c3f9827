"""Times the stages of an answer: queue, encode, dense, lexical, evidence.

A batch is timed in the thread that answers it, a request in the task that waits for the answer.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

Seconds = dict[str, float]

_recording: ContextVar[Seconds | None] = ContextVar("recording", default=None)


@contextmanager
def recorded() -> Iterator[Seconds]:
    """Collects the seconds of each stage within the block."""
    seconds: Seconds = {}
    before = _recording.set(seconds)
    try:
        yield seconds
    finally:
        _recording.reset(before)


@contextmanager
def stage(name: str) -> Iterator[None]:
    started = time.perf_counter()
    try:
        yield
    finally:
        record({name: time.perf_counter() - started})


def record(seconds: Mapping[str, float]) -> None:
    recording = _recording.get()
    if recording is not None:
        for name, passed in seconds.items():
            recording[name] = recording.get(name, 0.0) + passed
