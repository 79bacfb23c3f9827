"""Tells in which encoding a table is: Unicode, or the code page of an older Windows program."""

import codecs
import re
from typing import NamedTuple

from indexer.corpus.languages import likeliest
from indexer.corpus.source import Source
from indexer.corpus.unicode_marks import UTF_8, marked_encoding

_CHUNK = 1 << 20
_MOST_READ = 8192  # bytes that a code page is told from
_DAMAGED = re.compile("[\udc80-\udcff]")
_NOT_ASCII = re.compile("[^\0-\x7f]")
_LANGUAGES = {  # that are written in a code page; the most used page first
    "cp1252": "en de fr es it pt nl sv da no nb nn fi is ga ca eu gl",
    "cp1250": "pl cs sk hu sl hr bs ro",
    "cp1251": "ru uk bg sr mk be",
    "cp1253": "el",
    "cp1254": "tr",
    "cp1255": "he",
    "cp1256": "ar fa ur",
    "cp1257": "lt lv et",
}


class Encoding(NamedTuple):
    name: str
    note: str | None = None  # where it is a guess


def encoding_of(source: Source) -> Encoding:
    """The encoding of a text file. Raises Unreadable where it cannot be read."""
    head = source.head()
    if marked := marked_encoding(head):
        return Encoding(marked)
    if wide := _wide(head):
        note = f"has no byte-order mark and is read as {wide.upper()}; save it as UTF-8"
        return Encoding(wide, note)
    return Encoding(UTF_8) if _is_utf_8(source) else _code_page(source)


def _wide(head: bytes) -> str | None:
    """UTF-16 without its mark: every other byte of its ASCII letters is zero."""
    even, odd = head[::2].count(0), head[1::2].count(0)
    if max(even, odd) * 4 < len(head) or min(even, odd) * 8 > max(even, odd):
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _is_utf_8(source: Source) -> bool:
    """Whether most of what is not ASCII is UTF-8; single bytes may be damaged."""
    whole = damaged = 0
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    with source.open() as file:
        while chunk := file.read(_CHUNK):
            if chunk.isascii():
                continue
            text = decoder.decode(chunk)
            escaped = len(_DAMAGED.findall(text))
            damaged += escaped
            whole += len(_NOT_ASCII.findall(text)) - escaped
    return damaged <= whole


def _code_page(source: Source) -> Encoding:
    sample = _telling_lines(source)
    guesses = {}
    for page, languages in _LANGUAGES.items():
        try:
            text = sample.decode(page)
        except UnicodeDecodeError:
            continue
        code, confidence = likeliest(text)
        if code in languages.split():
            guesses[page] = confidence
    best = max(guesses, key=lambda page: guesses[page], default="cp1252")
    shown = best.replace("cp", "Windows-")
    return Encoding(best, f"is not UTF-8 and is read as {shown}, a guess; save it as UTF-8")


def _telling_lines(source: Source) -> bytes:
    """The first lines that are not ASCII."""
    lines, size = [], 0
    with source.open() as file:
        for line in file:
            if not line.isascii():
                lines.append(line)
                size += len(line)
            if size > _MOST_READ:
                break
    return b"".join(lines)
