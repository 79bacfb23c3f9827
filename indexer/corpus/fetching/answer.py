"""What an address gave, or why it gave nothing."""

from dataclasses import dataclass
from pathlib import Path


class NotFetched(Exception):
    """The reason, in half a sentence."""


class EndedForGood(NotFetched):
    """The publisher says that the feed is gone and does not come back."""


class MayPass(NotFetched):
    """A failure that may pass; `pause` is how many seconds the host asks to wait, if it does."""

    def __init__(self, reason: str, pause: float | None = None) -> None:
        super().__init__(reason)
        self.pause = pause


class Ended(str):
    """Why an address was not fetched, where its publisher says that it is gone for good."""


class NotAsked(str):
    """Why a feed was not asked; what was read from it last is in force."""


@dataclass(frozen=True, slots=True)
class Page:
    """One document: its file, and the address that relative ones in it are resolved against."""

    file: Path
    address: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What an address gave: its document and the pages that continue it."""

    pages: tuple[Page, ...]  # at least one
    moved_to: str | None = None  # where the publisher says that it is from now on
    notes: tuple[str, ...] = ()  # half sentences about the address
    whole: bool = True  # False where a page that continues it is missing
    by_web_page: bool = False  # whether the address gave a web page that names the feed
