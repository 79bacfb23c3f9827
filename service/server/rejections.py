"""Complete responses to requests that are refused before they are parsed."""

from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Self

from service.api.problem_details import MEDIA_TYPE, OVERLOADED, RETRY_SOON, body_of

MOST_HEAD_BYTES = 32_768  # a long question that exceeds this when percent-encoded needs POST
MOST_PIPELINED = 16  # requests sent before the first of them is answered

Headers = Iterable[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Refusal:
    head: bytes  # without the default headers and the blank line
    body: bytes

    @classmethod
    def of(cls, status: HTTPStatus, detail: str) -> Self:
        body = body_of(status, detail)
        headers = {"content-type": MEDIA_TYPE, "content-length": str(len(body))}
        if status is HTTPStatus.SERVICE_UNAVAILABLE:
            headers |= RETRY_SOON
        lines = [f"HTTP/1.1 {status} {status.phrase}", *map(": ".join, headers.items()), ""]
        return cls("\r\n".join(lines).encode(), body)

    def answer(self, headers: Headers, *, closing: bool, with_body: bool = True) -> bytes:
        """The response; without its body to a HEAD request."""
        lines = [b"%b: %b\r\n" % header for header in headers]
        end = b"connection: close\r\n\r\n" if closing else b"\r\n"
        return b"".join((self.head, *lines, end, self.body if with_body else b""))


NOT_HTTP = Refusal.of(HTTPStatus.BAD_REQUEST, "This is not HTTP.")
TOO_SLOW = Refusal.of(
    HTTPStatus.REQUEST_TIMEOUT, "The request was not complete in time; send it faster."
)
HEAD_TOO_LARGE = Refusal.of(
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    f"Address and headers exceed {MOST_HEAD_BYTES} bytes; send long questions by POST.",
)
TOO_MANY = Refusal.of(
    HTTPStatus.TOO_MANY_REQUESTS,
    f"More than {MOST_PIPELINED} requests were sent at once; wait for their answers.",
)
NO_ROOM = Refusal.of(HTTPStatus.SERVICE_UNAVAILABLE, OVERLOADED)
