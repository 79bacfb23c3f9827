"""What caches may keep of an answer: its ETag, Cache-Control, and whether it is packed.

The ETag is made of the snapshot, the address and the encoding. A client that sends the current tag
gets 304, and nothing is computed.
"""

from hashlib import blake2b
from http import HTTPStatus

from fastapi import Request, Response

REVALIDATED = "no-cache"  # kept, and asked for again each time


def accepts_gzip(request: Request) -> bool:
    """Whether Accept-Encoding allows gzip, by its name or by *, with a weight above 0."""
    weights = {}
    for each in request.headers.get("Accept-Encoding", "").lower().split(","):
        coding, _, weight = each.partition(";")
        weights[coding.strip()] = weight.strip().replace(" ", "")
    weight = weights.get("gzip", weights.get("*", "q=0"))
    return weight.removeprefix("q=").strip("0.") != "" or weight == ""


def tag_of(request: Request, snapshot_id: str, encoding: str = "") -> str:
    """A strong ETag, different for each address and encoding of a snapshot."""
    address = blake2b(f"{request.url} {encoding}".encode(), digest_size=8).hexdigest()
    return f'"{snapshot_id}-{address}"'


def matches(request: Request, tag: str) -> bool:
    """Whether If-None-Match names the tag, by weak comparison (RFC 9110)."""
    known = request.headers.get("If-None-Match", "").split(",")
    return any(each.strip().removeprefix("W/") in (tag, "*") for each in known)


def not_modified(request: Request, tag: str, kept: str = REVALIDATED) -> Response:
    return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=caching(request, tag, kept))


def caching(request: Request, tag: str, kept: str = REVALIDATED) -> dict[str, str]:
    """The headers for caching; shared caches may store only answers that need no key."""
    scope = "private" if request.scope.get("key") else "public"
    return {
        "ETag": tag,
        "Cache-Control": f"{scope}, {kept}",
        "Vary": "Accept-Encoding, Authorization",
    }
