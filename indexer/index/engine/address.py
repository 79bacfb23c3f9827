"""The address of an engine: `milvus://host:19530/name` or `milvus+file:path.db/name`."""

import re
from dataclasses import dataclass, field
from urllib.parse import unquote

from indexer.errors import EngineMismatch

FAISS = "faiss"  # no engine: the vectors are in the snapshot
VARIABLE = "EPISODE_SEARCH_INDEX"

_FORM = re.compile(
    r"milvus(?P<tls>\+tls)?://(?:(?P<secret>[^@/]*)@)?(?P<host>[^@/:]+|\[[0-9a-f:]+\])"
    r"(?::(?P<port>\d{1,5}))?/(?P<name>[^/?]*)(?:\?replicas=(?P<replicas>[1-9]\d?))?"
)
_FILE = re.compile(r"milvus\+file:(?P<path>.+\.db)/(?P<name>[^/]*)")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_PORT = 19530


@dataclass(frozen=True)
class EngineAddress:
    uri: str  # as the client library takes it
    name: str  # the alias of the generation in force
    public: str  # the address without its secret and the number of replicas
    secret: str = field(default="", repr=False)  # a token, or user:password
    is_file: bool = False  # of Milvus Lite, which one process has open
    replicas: int = 1  # of what is in memory, each on query nodes of its own


def engine_address(text: str) -> EngineAddress | None:
    """None for FAISS. Raises EngineMismatch if it is no address."""
    if text in ("", FAISS):
        return None
    if found := _FILE.fullmatch(text):
        return EngineAddress(found["path"], _name(found["name"]), text, is_file=True)
    if found := _FORM.fullmatch(text):
        scheme = "https" if found["tls"] else "http"
        place = f"{found['host']}:{found['port'] or _PORT}"
        name = _name(found["name"])
        public = f"milvus{found['tls'] or ''}://{place}/{name}"
        secret, replicas = unquote(found["secret"] or ""), int(found["replicas"] or 1)
        return EngineAddress(f"{scheme}://{place}", name, public, secret, replicas=replicas)
    raise EngineMismatch(
        f"{without_secret(text)!r} is no index; write faiss, milvus://host:19530/name, with "
        "?replicas=2 after it if wanted, or milvus+file:path.db/name."
    )


def without_secret(text: str) -> str:
    return re.sub(r"//[^/]*@", "//…@", text)


def _name(text: str) -> str:
    if _NAME.fullmatch(text):
        return text
    raise EngineMismatch(
        f"{text!r} is no name of an index; take up to 100 letters, digits and underscores."
    )
