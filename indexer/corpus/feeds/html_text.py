"""Converts markup to plain text and repairs characters that were decoded wrongly."""

import html
import re
from collections.abc import Iterable

from ftfy import TextFixerConfig, fix_text
from selectolax.lexbor import LexborHTMLParser

# Curly quotes, ligatures and full-width letters are intended and stay as they are.
_MENDED = TextFixerConfig(
    unescape_html=False,
    uncurl_quotes=False,
    fix_latin_ligatures=False,
    fix_character_width=False,
    normalization=None,
    explain=False,
)
# Told from a text about the <dialog> tag by an end tag, a break or a tag with attributes.
_MARKUP = re.compile(
    r"</(?:p|div|span|a|b|i|u|em|strong|ul|ol|li|h[1-6]|font|blockquote|table|td|tr|center|pre)\s*>"
    r"|<(?:br|p|hr)\s*/?>|<(?:a|p|br|img|div|span|font|iframe|script|style)\s[^<>]*>|<!--",
    re.IGNORECASE,
)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[\da-fA-F]{1,6}|[a-zA-Z]\w{1,30});")
_UNREAD = ["script", "style", "iframe", "object", "noscript", "template", "head"]
_BLOCKS = "p,div,br,hr,ul,ol,li,tr,table,blockquote,pre,h1,h2,h3,h4,h5,h6,section,article,dt,dd"
_FEWEST_PROSE_WORDS = 5


def plain_text(text: str) -> str:
    """The visible text of `text`, a line for each paragraph."""
    if _MARKUP.search(text):
        text = _without_markup(text)
    if "&" in text:
        text = _ENTITY.sub(lambda entity: html.unescape(entity[0]), text)
    if not text.isascii():
        text = fix_text(text, _MENDED)
    return "\n".join(line for line in map(_squeezed, text.split("\n")) if line)


def plain_line(text: str) -> str:
    return " ".join(plain_text(text).split("\n"))


def fullest(texts: Iterable[str]) -> str:
    """The text with the most prose; lists of links and times do not count."""
    return max(texts, key=lambda text: (_prose_words(text), len(text)), default="")


def _without_markup(text: str) -> str:
    tree = LexborHTMLParser(text)
    tree.strip_tags(_UNREAD, recursive=True)
    for block in tree.css(_BLOCKS):
        block.insert_before("\n")
        block.insert_after("\n")
    return tree.body.text() if tree.body else ""


def _squeezed(line: str) -> str:
    return " ".join(line.split())


def _prose_words(text: str) -> int:
    counts = (sum(not _is_link(word) for word in line.split()) for line in text.split("\n"))
    return sum(count for count in counts if count >= _FEWEST_PROSE_WORDS)


def _is_link(word: str) -> bool:
    return "://" in word or "@" in word or word.startswith("www.")
