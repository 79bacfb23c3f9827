"""W3C trace context (https://www.w3.org/TR/trace-context/).

A request continues the trace of its traceparent header, or starts a new one. The ids are in every
log line and in the answer.
"""

import os
import random
import re
from contextvars import ContextVar
from dataclasses import dataclass

HEADER = b"traceparent"
_FORM = re.compile(rb"(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?")
_INVALID = {"0" * 32, "0" * 16}
# Ids are no secrets, and asking the system for each costs more than the rest of the trace.
_random = random.Random()  # noqa: S311 - an id, not a secret
os.register_at_fork(after_in_child=_random.seed)


@dataclass(frozen=True, slots=True)
class Trace:
    trace_id: str
    span_id: str  # of this service's span
    flags: str
    parent_id: str | None = None

    @classmethod
    def from_header(cls, header: bytes | None, sampled: bool = False) -> "Trace":
        """A span in the client's trace; in a new trace if the header is missing or invalid.

        `sampled` is the flag of a new trace; a continued one keeps the client's flags.
        """
        found = _FORM.fullmatch(header) if header else None
        trace_id, parent_id, flags = (part.decode() for part in found.groups()) if found else _NEW
        if _INVALID & {trace_id, parent_id}:
            return cls(new_trace_id(), _id(8), f"{sampled:02}")
        return cls(trace_id, _id(8), flags, parent_id)

    @property
    def header(self) -> bytes:
        return f"00-{self.trace_id}-{self.span_id}-{self.flags}".encode()


_NEW = ("0" * 32, "0" * 16, "00")
current: ContextVar[Trace | None] = ContextVar("current", default=None)


def new_trace_id() -> str:
    return _id(16)


def _id(size: int) -> str:
    return _random.randbytes(size).hex()
