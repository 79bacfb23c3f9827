"""Feeds in several documents, and web pages in place of a feed."""

from email.message import Message

import pytest

from tests.http_host import Reply
from tests.indexer.corpus.fetching.conftest import Host, Reader, rss


def link(rel: str, place: str) -> str:
    return f'<atom:link rel="{rel}" href="{place}"/>'


def paged(rel: str = "next") -> dict[str, bytes]:
    return {
        "/feed": rss("birds", ["owls", "larks"], link(rel, "/feed?page=2")),
        "/feed?page=2": rss("birds", ["kites", "wrens"], link(rel, "feed?page=3")),
        "/feed?page=3": rss("birds", ["doves"], link("previous", "/feed?page=2")),
    }


ALL = ["owls", "larks", "kites", "wrens", "doves"]


@pytest.mark.parametrize("rel", ["next", "prev-archive"])
def test_all_pages_are_one_feed(host: Host, read: Reader, rel: str) -> None:
    host.pages.update(paged(rel))
    for _ in range(2):
        found = read(f"{host.address}/feed")
        assert [found.titles, found.told] == [ALL, []]
    assert {fields["podcast"]["feed_url"] for fields in found.records} == {f"{host.address}/feed"}


def test_pages_are_read_without_a_history_too(host: Host, read: Reader) -> None:
    from indexer.corpus import read_corpus

    host.pages.update(paged())
    told: list[object] = []
    found = list(read_corpus([f"{host.address}/feed"], told.append, read.fetcher))
    assert [[each.title for each in found], told] == [ALL, []]


def test_an_atom_feed_has_pages_too(host: Host, read: Reader) -> None:
    def atom(topic: str, extra: str = "") -> bytes:
        entry = f"<entry><id>https://a.example/{topic}</id><title>{topic}</title>"
        entry += f"<summary>All about {topic}.</summary></entry>"
        head = f'<feed xmlns="http://www.w3.org/2005/Atom"><title>a</title>{extra}'
        return f"{head}{entry}</feed>".encode()

    host.pages = {"/feed": atom("owls", '<link rel="next" href="/2"/>'), "/2": atom("kites")}
    assert read(f"{host.address}/feed").titles == ["owls", "kites"]


def test_if_the_first_page_is_unchanged_no_other_page_is_requested(
    host: Host, read: Reader
) -> None:
    host.pages.update(paged())
    read(f"{host.address}/feed")
    host.asked.clear()
    assert read(f"{host.address}/feed").titles == ALL
    assert host.paths == {"/feed": 1}


@pytest.mark.parametrize(("rel", "asked"), [("next", 3), ("prev-archive", 1)])
def test_if_the_first_page_has_changed_others_are_requested_but_not_archives(
    host: Host, read: Reader, rel: str, asked: int
) -> None:
    host.pages.update(paged(rel))
    read(f"{host.address}/feed")
    host.asked.clear()
    host.pages["/feed"] = rss("birds", ["storks", "owls"], link(rel, "/feed?page=2"))
    assert "doves" in read(f"{host.address}/feed").titles
    assert host.paths.total() == asked


def test_a_page_that_fails_marks_no_episode_as_unlisted(host: Host, read: Reader) -> None:
    host.pages.update(paged())
    read(f"{host.address}/feed")
    host.pages["/feed"] = rss("birds", ["storks", "owls"], link("next", "/feed?page=2"))
    host.pages["/feed?page=2"] = (404, b"", {})
    found = read(f"{host.address}/feed")
    assert found.listed == dict.fromkeys(["storks", *ALL], True)
    [told] = found.told
    assert told == (
        f"{host.address}/feed: its page {host.address}/feed?page=2 answers 404 Not Found; "
        "what it listed before is kept"
    )
    host.pages.update(paged())
    assert read(f"{host.address}/feed").listed == {**dict.fromkeys(ALL, True), "storks": False}


def test_pages_in_a_circle_are_read_once(host: Host, read: Reader) -> None:
    host.pages.update(paged())
    host.pages["/feed?page=3"] = rss("birds", ["doves"], link("next", "/feed"))
    found = read(f"{host.address}/feed")
    assert [found.titles, found.told, host.paths.total()] == [ALL, [], 3]


def test_a_feed_whose_pages_never_end_is_read_until_nothing_is_new(
    host: Host, read: Reader
) -> None:
    """Hosts that ignore the number of the page give the same page for ever."""

    def endless(host: Host, _: Message) -> Reply:
        number = host.paths.total()
        return 200, rss("birds", ["owls"], link("next", f"/feed?page={number}")), {}

    host.pages.update({"/feed": endless})
    host.pages.update({f"/feed?page={number}": endless for number in range(1, 50)})
    found = read(f"{host.address}/feed")
    assert [found.titles, host.paths.total()] == [["owls"], 2]


def test_pages_beyond_the_limit_are_not_read_and_that_is_reported(
    host: Host, read: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indexer.corpus.fetching.walk._MOST_PAGES", 2)
    host.pages.update(paged())
    found = read(f"{host.address}/feed")
    assert found.titles == ALL[:4]
    assert found.told == [
        f"{host.address}/feed: has more than 2 pages, and the rest is not read; "
        "what it listed before is kept"
    ]


def test_all_pages_together_are_bounded(host: Host, read: Reader) -> None:
    from dataclasses import replace

    host.pages.update(paged())
    size = len(paged()["/feed"]) + 10
    found = replace(read, fetcher=replace(read.fetcher, most_bytes=size))(f"{host.address}/feed")
    assert found.titles == ALL[:2]
    assert "its pages are larger than" in found.told[0]


def test_a_login_goes_along_to_the_pages(host: Host, read: Reader) -> None:
    host.pages.update(paged())
    host.pages["/feed"] = rss("birds", ALL[:2], link("next", f"{host.address}/feed?page=2"))
    assert read(f"http://ann:pw@127.0.0.1:{host.port}/feed").titles == ALL
    assert all(headers["Authorization"] for _, headers in host.asked)


def web_page(place: str, kind: str = "application/rss+xml") -> bytes:
    head = f'<link rel="alternate" type="{kind}" href="{place}">'
    return f"<!DOCTYPE html><html><head>{head}</head><body>Birds</body></html>".encode()


@pytest.mark.parametrize("kind", ["application/rss+xml", "application/atom+xml"])
def test_a_web_page_leads_to_its_feed_and_that_is_reported(
    host: Host, read: Reader, kind: str
) -> None:
    host.pages = {"/show": web_page("/feed", kind), "/feed": rss("birds", ["owls"])}
    found = read(f"{host.address}/show")
    assert found.titles == ["owls"]
    assert found.told == [
        f"{host.address}/show: is a web page; its feed {host.address}/feed is asked from now on"
    ]
    host.asked.clear()
    again = read(f"{host.address}/show")
    assert [again.titles, again.told, host.paths] == [["owls"], [], {"/feed": 1}]


def test_only_one_step_is_taken_from_a_web_page(host: Host, read: Reader) -> None:
    host.pages = {
        "/show": web_page("/other"),
        "/other": web_page("/feed"),
        "/feed": rss("b", ["o"]),
    }
    found = read(f"{host.address}/show")
    assert [found.titles, host.paths] == [[], {"/show": 1, "/other": 1}]
    assert "is a web page and no feed" in found.told[-1]


def test_a_web_page_in_place_of_a_known_feed_does_not_lead_to_another(
    host: Host, read: Reader
) -> None:
    """The site's feed of news is not what was subscribed to: the last good reading stays."""
    host.pages = {"/feed": rss("birds", ["owls"])}
    read(f"{host.address}/feed")
    host.pages = {"/feed": web_page("/news"), "/news": rss("news", ["weather"])}
    found = read(f"{host.address}/feed")
    assert found.listed == {"owls": True}
    assert "is a web page and no feed" in found.told[-1]


def test_relative_addresses_follow_xml_base(host: Host, read: Reader) -> None:
    item = '<link>ep/{0}</link><enclosure url="{0}.mp3" type="audio/mpeg"/>'
    feed = rss("birds", ["owls"], "<link>about</link>", item)
    feed = feed.replace(b"<channel>", b'<channel xml:base="https://cdn.example/birds/">')
    host.pages = {"/feed": feed, "/inner": feed.replace(b"<item>", b'<item xml:base="new/">')}
    [outer] = read(f"{host.address}/feed").records
    assert [outer["link"], outer["audio_url"], outer["podcast"]["link"]] == [
        "https://cdn.example/birds/ep/owls",
        "https://cdn.example/birds/owls.mp3",
        "https://cdn.example/birds/about",
    ]
    [inner] = read(f"{host.address}/inner").records
    assert inner["audio_url"] == "https://cdn.example/birds/new/owls.mp3"


def test_relative_addresses_of_atom_follow_xml_base(host: Host, read: Reader) -> None:
    host.pages = {
        "/feed": b"""<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://cdn.example/birds/">
        <title>birds</title><entry xml:base="new/"><title>owls</title><summary>Owls.</summary>
        <link href="ep/owls"/><link rel="enclosure" type="audio/mpeg" href="owls.mp3"/>
        </entry></feed>"""
    }
    [owls] = read(f"{host.address}/feed").records
    assert owls["link"] == "https://cdn.example/birds/new/ep/owls"
    assert owls["audio_url"] == "https://cdn.example/birds/new/owls.mp3"


def test_relative_addresses_follow_the_place_of_a_redirect(host: Host, read: Reader) -> None:
    item = '<enclosure url="{0}.mp3" type="audio/mpeg"/>'
    place = {"Location": "/deep/er/feed"}
    host.pages = {"/feed": (302, b"", place), "/deep/er/feed": rss("birds", ["owls"], item=item)}
    [owls] = read(f"{host.address}/feed").records
    assert owls["audio_url"] == f"{host.address}/deep/er/owls.mp3"
