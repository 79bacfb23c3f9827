"""Feeds that move: by a redirect, by their own word, in a circle."""

from pathlib import Path

import pytest

from indexer.corpus import FeedHistory
from tests.indexer.corpus.fetching.conftest import Host, Reader, moved, rss


@pytest.mark.parametrize("status", [301, 308])
def test_a_permanent_redirect_moves_the_feed_and_is_reported_once(
    host: Host, read: Reader, status: int
) -> None:
    old, new = f"{host.address}/old", f"{host.address}/new"
    host.pages = {"/old": rss("birds", ["owls", "larks"])}
    read(old)
    host.pages = {"/old": moved("/new", status), "/new": rss("birds", ["owls", "kites"])}
    first = read(old)
    assert first.listed == {"owls": True, "kites": True, "larks": False}
    assert first.told == [f"{old}: has moved to {new}, which is asked from now on"]
    assert {fields["podcast"]["feed_url"] for fields in first.records} == {new}

    host.asked.clear()
    second = read(old)
    assert [second.listed, second.told] == [first.listed, []]
    assert host.paths == {"/new": 1}


def test_both_addresses_name_the_feed_once(host: Host, read: Reader) -> None:
    old, new = f"{host.address}/old", f"{host.address}/new"
    host.pages = {"/old": moved("/new"), "/new": rss("birds", ["owls", "larks"])}
    read(old)
    host.pages["/new"] = rss("birds", ["larks"])
    for sources in ([new], [old, new], [new, old], [old]):
        found = read(*sources)
        assert found.listed == {"larks": True, "owls": False}
    with FeedHistory(read.directory) as history:
        assert history.forget(old) == 2


def test_a_podcast_keeps_its_id_where_it_moves(host: Host, read: Reader) -> None:
    host.pages = {"/old": rss("birds", ["owls", "larks"])}
    before = read(f"{host.address}/old")
    host.pages = {"/old": moved("/new"), "/new": rss("birds", ["owls"])}
    after = read(f"{host.address}/old")
    assert len({fields["podcast"]["id"] for fields in before.records + after.records}) == 1


def test_two_feeds_become_one_without_a_loss(host: Host, read: Reader) -> None:
    old, new = f"{host.address}/old", f"{host.address}/new"
    host.pages = {"/old": rss("birds", ["owls", "larks"]), "/new": rss("birds", ["larks"])}
    read(old, new)
    host.pages["/old"] = moved("/new")
    for _ in range(2):
        assert read(old, new).listed == {"larks": True, "owls": False}


@pytest.mark.parametrize("status", [302, 307])
def test_a_passing_redirect_moves_nothing(host: Host, read: Reader, status: int) -> None:
    host.pages = {"/old": moved("/new", status), "/new": rss("birds", ["owls"])}
    for _ in range(2):
        assert read(f"{host.address}/old").told == []
    assert host.paths == {"/old": 2, "/new": 2}


def test_a_redirect_to_a_web_page_moves_nothing(host: Host, read: Reader) -> None:
    old = f"{host.address}/old"
    host.pages = {"/old": rss("birds", ["owls"])}
    read(old)
    host.pages = {"/old": moved("/parked"), "/parked": b"<html><body>For sale</body></html>"}
    found = read(old)
    assert [found.titles, len(found.told)] == [["owls"], 1]
    assert found.told[0].startswith(f"{old}: is a web page and no feed")
    host.pages = {"/old": rss("birds", ["owls", "kites"])}
    assert read(old).titles == ["owls", "kites"]


def test_a_new_place_that_fails_is_looked_for_at_the_old_one(host: Host, read: Reader) -> None:
    old = f"{host.address}/old"
    host.pages = {"/old": moved("/new"), "/new": rss("birds", ["owls"])}
    read(old)
    host.pages = {"/old": moved("/newer"), "/newer": rss("birds", ["owls", "kites"])}
    assert read(old).titles == ["owls", "kites"]
    host.asked.clear()
    read(old)
    assert host.paths == {"/newer": 1}


def test_a_loop_of_redirects_keeps_the_last_good_reading(host: Host, read: Reader) -> None:
    old = f"{host.address}/old"
    host.pages = {"/old": rss("birds", ["owls"])}
    read(old)
    host.pages = {"/old": moved("/new"), "/new": moved("/old")}
    for _ in range(2):
        found = read(old)
        assert found.titles == ["owls"]
        [told] = found.told
        assert told.startswith(
            f"{old}: redirects more than 5 times; the episodes read from it on 2"
        )


def test_a_login_goes_along_to_the_new_place_at_the_same_host(host: Host, read: Reader) -> None:
    host.pages = {"/old": moved(f"{host.address}/new"), "/new": rss("birds", ["owls"])}
    for _ in range(2):
        assert read(f"http://ann:pw@127.0.0.1:{host.port}/old").titles == ["owls"]
    assert [(path, bool(headers["Authorization"])) for path, headers in host.asked] == [
        ("/old", True),
        ("/new", True),
        ("/new", True),
    ]


def test_a_signed_address_is_no_new_place(host: Host, read: Reader) -> None:
    signed = "/new?X-Amz-Signature=abc"
    host.pages = {"/old": moved(signed), signed: rss("birds", ["owls"])}
    for _ in range(2):
        assert read(f"{host.address}/old").told == []
    assert host.paths["/old"] == 2


NEW_PLACE = "<itunes:new-feed-url> {} </itunes:new-feed-url>"


def test_a_feed_that_names_its_new_place_moves_there(host: Host, read: Reader) -> None:
    old, new = f"{host.address}/old", f"{host.address}/new"
    channel = NEW_PLACE.format(new)
    host.pages = {
        "/old": rss("birds", ["owls"], channel),
        "/new": rss("birds", ["owls", "kites"], channel),
    }
    first = read(old)
    assert first.titles == ["owls", "kites"]
    assert first.told == [f"{old}: has moved to {new}, which is asked from now on"]
    host.asked.clear()
    assert [read(old).told, host.paths] == [[], {"/new": 1}]


@pytest.mark.parametrize("answer", [(404, b"", {}), b"<html></html>", rss("birds", [])])
def test_a_new_address_that_is_not_a_feed_is_reported_and_the_old_one_is_read(
    host: Host, read: Reader, answer: bytes
) -> None:
    old, new = f"{host.address}/old", f"{host.address}/new"
    host.pages = {"/old": rss("birds", ["owls"], NEW_PLACE.format(new)), "/new": answer}
    for _ in range(2):
        found = read(old)
        assert found.titles == ["owls"]
        [told] = found.told
        assert told.startswith(f"{old}: names {new} as its new address, ")


def test_two_feeds_that_name_each_other_do_not_move(host: Host, read: Reader) -> None:
    one, other = f"{host.address}/one", f"{host.address}/other"
    host.pages = {
        "/one": rss("birds", ["owls"], NEW_PLACE.format(other)),
        "/other": rss("birds", ["owls"], NEW_PLACE.format(one)),
    }
    for _ in range(2):
        found = read(one)
        assert found.titles == ["owls"]
        assert found.told == [
            f"{one}: names {other} as its new address, which names another in its turn"
        ]


def test_an_address_in_a_list_still_names_the_moved_feed(
    host: Host, read: Reader, tmp_path: Path
) -> None:
    subscriptions = tmp_path / "list.opml"
    subscriptions.write_text(f'<opml><outline xmlUrl="{host.address}/old"/></opml>')
    host.pages = {"/old": moved("/new"), "/new": rss("birds", ["owls"])}
    for _ in range(2):
        assert read(subscriptions).titles == ["owls"]
    assert host.paths == {"/old": 1, "/new": 2}
