"""Lists of feeds at an address, and answers that say for ever that nothing has changed."""

import os
import time

import pytest

from indexer.corpus import FeedHistory
from tests.indexer.corpus.fetching.conftest import Host, Page, Reader, rss


def opml(*feeds: str, end: str = "</body></opml>") -> bytes:
    outlines = "".join(f'<outline xmlUrl="{feed}"/>' for feed in feeds)
    return f"<opml><body>{outlines}{end}".encode()


@pytest.fixture
def listed(host: Host, read: Reader) -> str:
    """The address of a list of two feeds that was read once."""
    host.pages = {
        "/list.opml": opml("/birds", "/rocks"),
        "/birds": rss("birds", ["owls"]),
        "/rocks": rss("rocks", ["chalk"]),
    }
    address = f"{host.address}/list.opml"
    assert read(address).titles == ["owls", "chalk"]
    return address


@pytest.mark.parametrize(
    "answer",
    [
        (404, b"", {}),
        (500, b"", {}),
        b"",
        b"<!doctype html><html><body>We are back soon</body></html>",
        opml(),
        opml("/birds", end=""),
    ],
)
def test_a_list_that_fails_keeps_its_last_feeds(
    host: Host, read: Reader, listed: str, answer: Page
) -> None:
    host.pages |= {"/list.opml": answer, "/birds": rss("birds", ["kites"])}
    for _ in range(2):
        found = read(listed)
        assert found.listed == {"kites": True, "owls": False, "chalk": True}
        [told] = found.told
        assert told.startswith(f"{listed}: ")
        assert "; the feeds read from it on 2" in told


def test_a_feed_taken_out_of_a_list_at_an_address_is_removed(
    host: Host, read: Reader, listed: str
) -> None:
    host.pages["/list.opml"] = opml("/birds")
    assert read(listed).titles == ["owls"]


def test_a_list_that_is_gone_or_forgotten_is_no_longer_used(
    host: Host, read: Reader, listed: str
) -> None:
    with FeedHistory(read.directory) as history:
        assert history.forget(listed) == 2
    host.pages["/list.opml"] = (404, b"", {})
    assert read(listed).titles == []
    host.pages["/list.opml"] = opml("/birds")
    assert read(listed).titles == ["owls"]
    host.pages["/list.opml"] = (410, b"", {})
    for _ in range(2):
        assert read(listed).titles == []


def test_after_a_week_a_feed_is_fetched_whatever_its_etag(host: Host, read: Reader) -> None:
    marked = {"ETag": '"for ever"'}
    host.pages = {
        "/feed": lambda _, headers: (
            (304, b"", {}) if headers["If-None-Match"] else (200, rss("birds", ["owls"]), marked)
        )
    }
    address = f"{host.address}/feed"
    for _ in range(3):
        read(address)
    assert [headers["If-None-Match"] for _, headers in host.asked] == [None, *['"for ever"'] * 2]
    for body in read.directory.glob("*.body"):
        os.utime(body, times=(time.time() - 8 * 24 * 3600,) * 2)
    host.asked.clear()
    for _ in range(2):
        read(address)
    assert [headers["If-None-Match"] for _, headers in host.asked] == [None, '"for ever"']
