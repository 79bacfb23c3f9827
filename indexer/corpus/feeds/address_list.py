"""Reads lists with the address of a feed on each line, and converts schemes such as feed://."""

import re
from collections.abc import Iterator

from indexer.corpus.records.location import Rejection
from indexer.corpus.source import Source
from indexer.corpus.unicode_marks import decoded

_MOST_MIB = 32
_LEAST_SHARE = 0.6  # of addresses among the lines of a list
_COMMENT = "#"
_FEED_SCHEME = re.compile(r"(?:feed|itpc|pcast|podcast|rss):(?://)?(?=\S)", re.IGNORECASE)
_WEB = re.compile(r"https?:", re.IGNORECASE)
# Behind the address, newsboat has tags and a title, each in quotes.
_ENTRY = re.compile(
    r"((?:https?|feed|itpc|pcast|podcast|rss):\S+\.\S+)((?:\s+\"[^\"]*\")*)", re.IGNORECASE
)


def web_address(address: str) -> str:
    """The http or https address that a scheme such as feed:// stands for; others as they are."""
    scheme = _FEED_SCHEME.match(address)
    if not scheme:
        return address
    rest = address[scheme.end() :]
    return rest if _WEB.match(rest) else f"http://{rest}"


def is_address_list(source: Source) -> bool:
    """Whether most lines of a text are addresses, the first among them."""
    lines = _lines(decoded(source.head()))
    return bool(lines) and _is_entry(lines[0][1]) and _share(lines) > _LEAST_SHARE


def addresses_of(source: Source) -> Iterator[str | Rejection]:
    """The address of each feed, once, in order; a rejection for each line that has none."""
    seen = set()
    for number, line in _lines(decoded(source.read(_MOST_MIB, "divide the list"))):
        entry = _ENTRY.fullmatch(line)
        if not entry:
            reason = "is no address of a feed, as the other lines are; write one, or take it out"
            yield Rejection(source.place(number), reason)
        elif (address := web_address(entry[1])) not in seen:
            seen.add(address)
            yield address


def _lines(text: str) -> list[tuple[int, str]]:
    lines = enumerate(map(str.strip, text.splitlines()), 1)
    return [(number, line) for number, line in lines if line and not line.startswith(_COMMENT)]


def _is_entry(line: str) -> bool:
    return _ENTRY.fullmatch(line) is not None


def _share(lines: list[tuple[int, str]]) -> float:
    return sum(_is_entry(line) for _, line in lines) / len(lines)
