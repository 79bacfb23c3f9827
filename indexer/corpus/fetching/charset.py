"""Converts documents to UTF-8 whose character set only the HTTP header names."""

import codecs
import re
from email.message import Message
from pathlib import Path

_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, b"\x1f\x8b", b"PAR1")
_DECLARED = re.compile(rb"\s*<\?xml[^>]*\bencoding\s*=", re.IGNORECASE)
_LENGTH_OF_DECLARATION = 256


def as_utf8(file: Path, content_type: str) -> None:
    """Rewrite the file from the header's character set, unless the document names its own.

    Valid UTF-8 stays as it is, because many servers name one character set for all documents.
    """
    codec = _codec(content_type)
    if codec is None:
        return
    with file.open("rb") as document:
        head = document.read(_LENGTH_OF_DECLARATION)
    if head.startswith(_MARKS) or _DECLARED.match(head):
        return
    content = file.read_bytes()
    if _holds_ascii(codec) and _is_utf8(content):
        return
    file.write_bytes(codec.decode(content, "replace")[0].encode())


def _codec(content_type: str) -> codecs.CodecInfo | None:
    """The codec that the header names; None for none, an unknown one or UTF-8."""
    header = Message()
    header["Content-Type"] = content_type
    name = header.get_content_charset()
    try:
        codec = codecs.lookup(name) if name else None
    except (LookupError, ValueError):
        return None
    return codec if codec and codec.name != "utf-8" and _is_text(codec) else None


def _is_text(codec: codecs.CodecInfo) -> bool:
    return bool(getattr(codec, "_is_text_encoding", True))


def _holds_ascii(codec: codecs.CodecInfo) -> bool:
    """Whether other letters show as bytes beyond ASCII: not in UTF-16, nor in ISO-2022-JP."""
    return codec.encode("<")[0] == b"<" and not codec.name.startswith(("iso2022", "utf-7", "hz"))


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True
