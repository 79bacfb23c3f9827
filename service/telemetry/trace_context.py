"""W3C trace context (https://www.w3.org/TR/trace-context/).

The traceparent of a request is continued, or a new one begins; it is in every log line and in the
answer.
"""

import random
import re
from contextvars import ContextVar
from dataclasses import dataclass

HEADER = b"traceparent"
_FORM = re.compile(rb"(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?")
_INVALID = {"0" * 32, "0" * 16}
_random = random.SystemRandom()


@dataclass(frozen=True, slots=True)
class Trace:
    trace_id: str  # of the whole
    span_id: str  # of our part in it
    flags: str
    parent_id: str | None = None

    @classmethod
    def from_header(cls, header: bytes | None, sampled: bool = False) -> "Trace":
        """A part of the caller's trace; of a new one where the header is none or makes no sense.

        `sampled` is whether a new one is for others to collect; the caller's says so itself.
        """
        found = _FORM.fullmatch(header) if header else None
        trace_id, parent_id, flags = (part.decode() for part in found.groups()) if found else _NEW
        if _INVALID & {trace_id, parent_id}:
            return cls(_id(16), _id(8), f"{sampled:02}")
        return cls(trace_id, _id(8), flags, parent_id)

    @property
    def header(self) -> bytes:
        return f"00-{self.trace_id}-{self.span_id}-{self.flags}".encode()


_NEW = ("0" * 32, "0" * 16, "00")
current: ContextVar[Trace | None] = ContextVar("current", default=None)


def _id(size: int) -> str:
    return _random.randbytes(size).hex()
