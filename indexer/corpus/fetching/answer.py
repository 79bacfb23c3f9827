"""The answer of an address: its document, or the reason why there is none."""

from dataclasses import dataclass
from pathlib import Path


class NotFetched(Exception):
    """The reason, in half a sentence."""


class EndedForGood(NotFetched):
    """The publisher says that the feed is gone permanently."""


class MayPass(NotFetched):
    """A temporary failure; `pause` is the seconds that the host asks to wait, if it does."""

    def __init__(self, reason: str, pause: float | None = None) -> None:
        super().__init__(reason)
        self.pause = pause


class Ended(str):
    """Why an address was not fetched, if its publisher says that it is gone permanently."""


class NotAsked(str):
    """Why a feed was not requested; its last answer is used."""


@dataclass(frozen=True, slots=True)
class Page:
    """One document: its file, and the address that relative ones in it are resolved against."""

    file: Path
    address: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What an address gave: its document and the pages that continue it."""

    pages: tuple[Page, ...]  # at least one
    moved_to: str | None = None  # the new address, if the publisher names one
    notes: tuple[str, ...] = ()  # half sentences about the address
    whole: bool = True  # False if a page that continues it is missing
    by_web_page: bool = False  # whether the address gave a web page that names the feed
