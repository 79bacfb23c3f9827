"""The id of a request, which its answer and the log have: the client's own, or its trace's."""

import re
from collections.abc import Iterable, Mapping

from service.telemetry import trace_context
from service.telemetry.trace_context import Trace

HEADER = b"x-request-id"
_VALID = re.compile(rb"[\w.:/+=-]{1,128}")

Headers = Iterable[tuple[bytes, bytes]]


def given_id(headers: Headers) -> bytes | None:
    """What the client calls the request, if that may stand in a header and a log."""
    given = next((value for name, value in headers if name == HEADER), b"")
    return given if _VALID.fullmatch(given) else None


def id_of(headers: Mapping[bytes, bytes]) -> bytes:
    """The id of a request that is refused before it is observed."""
    if HEADER in headers and _VALID.fullmatch(headers[HEADER]):
        return headers[HEADER]
    if told := headers.get(trace_context.HEADER):
        return Trace.from_header(told).trace_id.encode()
    return trace_context.new_trace_id().encode()
