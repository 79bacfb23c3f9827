"""Which web pages of other origins may send requests and read the answers."""

from typing import Any

METHODS = ("GET", "HEAD", "POST")
ACCEPTED = ("Authorization", "X-Request-Timeout", "X-Request-Id", "X-Snapshot", "traceparent")
EXPOSED = ("ETag", "Link", "Retry-After", "X-Request-Id", "traceparent")

Headers = tuple[tuple[bytes, bytes], ...]
_READABLE = (b"access-control-expose-headers", ", ".join(EXPOSED).encode())


class CrossOrigin:
    def __init__(self, origins: str) -> None:
        """`origins` are separated by commas; * is any."""
        self._origins = [origin.strip() for origin in origins.split(",")]
        self._known = {origin.encode() for origin in self._origins}
        self._any = b"*" in self._known

    def for_middleware(self) -> dict[str, Any]:
        """What CORSMiddleware is told, which adds the headers to the application's answers."""
        return {
            "allow_origins": self._origins,
            "allow_methods": METHODS,
            "allow_headers": ACCEPTED,
            "expose_headers": EXPOSED,
        }

    def headers(self, origin: bytes | None) -> Headers:
        """The same headers for an answer that does not pass the middleware."""
        if origin is None:
            return ()
        if self._any:
            return (b"access-control-allow-origin", b"*"), _READABLE
        if origin not in self._known:
            return ()
        return (b"access-control-allow-origin", origin), (b"vary", b"Origin"), _READABLE
