"""The last document of an address, kept from one build to the next with its marks."""

import filecmp
import json
import time
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from indexer.corpus.fetching.answer import Page
from indexer.corpus.fetching.charset import as_utf8
from indexer.corpus.fetching.feed_links import FeedLinks, links_of
from indexer.episode import Json

_CONDITIONS = {"etag": "If-None-Match", "last-modified": "If-Modified-Since"}
_TRUSTED_SECONDS = 7 * 24 * 3600.0


class KeptPage:
    """A document in the folder `directory`, found by its address."""

    def __init__(self, directory: Path, address: str) -> None:
        name = sha256(address.encode()).hexdigest()[:32]
        self.file = directory / f"{name}.body"
        self._marks = directory / f"{name}.json"
        self._address = address

    @property
    def page(self) -> Page:
        return Page(self.file, str(self._known().get("address") or self._address))

    @property
    def links(self) -> FeedLinks:
        return FeedLinks(**self._known().get("links", {}))

    @property
    def size(self) -> int:
        return self.file.stat().st_size

    @property
    def walked(self) -> bool:
        """Whether the pages that continue this very document are kept as well."""
        return bool(self._known().get("walked"))

    @walked.setter
    def walked(self, walked: bool) -> None:
        if walked != self.walked:
            self._write(self._known() | {"walked": walked})

    def is_fresh(self) -> bool:
        """Whether it came within a week: some hosts say for ever that nothing has changed."""
        known = self._known()
        return bool(known) and time.time() - self.file.stat().st_mtime < _TRUSTED_SECONDS

    def conditions(self) -> dict[str, str]:
        """The headers that ask for a change only; none once the document is a week old."""
        marks = self._known() if self.is_fresh() else {}
        return {_CONDITIONS[name]: marks[name] for name in _CONDITIONS if name in marks}

    def replace(self, body: Path, headers: Mapping[str, str], address: str) -> None:
        """Keep another document; one that says the same leaves all as it is for a week."""
        as_utf8(body, headers.get("content-type", ""))
        marks: dict[str, Json] = {name: headers[name] for name in _CONDITIONS if name in headers}
        if self.is_fresh() and filecmp.cmp(body, self.file, shallow=False):
            body.unlink()
            known = {
                name: value for name, value in self._known().items() if name not in _CONDITIONS
            }
            self._write(known | marks)
            return
        # Without its marks a body is fetched anew; with another's it would never be.
        self._marks.unlink(missing_ok=True)
        body.replace(self.file)
        links = links_of(Page(self.file, address)).to_json()
        self._write(marks | {"address": address, "links": links})

    def _write(self, marks: dict[str, Json]) -> None:
        if marks != self._known():
            self._marks.write_text(json.dumps(marks))

    def _known(self) -> dict[str, Json]:
        if not self.file.is_file():
            return {}
        try:
            marks: dict[str, Json] = json.loads(self._marks.read_bytes())
        except (OSError, ValueError):
            return {}
        return marks
