"""Answers to what has not become a request: whole, and made before they are needed."""

from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Self

from service.problems import MEDIA_TYPE, RETRY_SOON, body_of

Headers = Iterable[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Refusal:
    head: bytes  # without the headers that every answer has
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
        """To a HEAD without its body."""
        lines = [b"%b: %b\r\n" % header for header in headers]
        end = b"connection: close\r\n\r\n" if closing else b"\r\n"
        return b"".join((self.head, *lines, end, self.body if with_body else b""))
