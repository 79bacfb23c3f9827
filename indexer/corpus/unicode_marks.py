"""The byte-order marks by which Unicode text says its encoding."""

import codecs

UTF_8 = "utf-8-sig"  # with its mark or without

_MARKS = (  # the longer first: UTF-32 begins as UTF-16 does
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (codecs.BOM_UTF8, UTF_8),
)


def marked_encoding(content: bytes) -> str | None:
    """The encoding that the first bytes state; None where they state none."""
    return next((name for mark, name in _MARKS if content.startswith(mark)), None)


def is_wide(content: bytes) -> bool:
    """Whether the first bytes state UTF-16 or UTF-32."""
    return marked_encoding(content) not in (None, UTF_8)


def decoded(content: bytes) -> str:
    """As the mark says, else as UTF-8; what cannot be decoded is replaced."""
    return content.decode(marked_encoding(content) or UTF_8, "replace")
