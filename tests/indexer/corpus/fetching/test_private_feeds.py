"""Private feeds: their secrets are used and never shown, and a new token begins nothing anew."""

import json
from pathlib import Path

import pytest

from indexer.corpus import FeedHistory
from indexer.corpus.fetching.addresses import lasting_form, public_form
from tests.indexer.corpus.fetching.conftest import Host, Reader, rss

TOKEN = "8f14e45fceea167a5a36dedd4bea2543"  # noqa: S105 - invented
OTHER = "c4ca4238a0b923820dcc509a6f75849b"
AUDIO = '<enclosure url="https://cdn.example/{}.mp3?token-hash=S3cret&amp;id=7" type="audio/mpeg"/>'


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        (f"https://a.example/feed/{TOKEN}.xml", f"https://a.example/feed/{TOKEN}.xml"),
        (f"https://a.example/feed/{TOKEN}.xml#private", "https://a.example/feed/…"),
        (f"https://ann:pw@a.example/feed/{TOKEN}/1", "https://a.example/feed/…/1"),
        ("https://a.example/x7Kq92Lm/rss?show=3&auth=T", "https://a.example/…/rss?show=3"),
        ("https://a.example/rss/my-show?auth=T&show=123", "https://a.example/rss/my-show?show=123"),
        ("https://a.example/feed#private", "https://a.example/feed"),
    ],
)
def test_the_address_of_a_private_feed_is_shown_without_its_secrets(
    address: str, shown: str
) -> None:
    assert public_form(address) == shown


@pytest.mark.parametrize(
    ("address", "lasting"),
    [
        ("https://a.example/1.mp3?id=7&token-time=1700000000", "https://a.example/1.mp3?id=7"),
        ("https://a.example/1.mp3?v=1700000000123", "https://a.example/1.mp3"),
        ("https://a.example/1.mp3?utm_source=rss&_=5", "https://a.example/1.mp3"),
        ("https://a.example/play?id=12345", "https://a.example/play?id=12345"),
    ],
)
def test_what_changes_from_answer_to_answer_is_no_part_of_an_identity(
    address: str, lasting: str
) -> None:
    assert lasting_form(address) == lasting


def private_feeds(host: Host, folder: Path) -> list[str | Path]:
    """Three private feeds, each private in its own way, as sources."""
    item = f"{AUDIO}<link>https://m.example/{TOKEN}/1</link>"
    item += f"<itunes:summary>Listen at http://h.example/a?auth={TOKEN} now.</itunes:summary>"
    paths = {name: f"/{name}/{TOKEN}.xml" for name in ("login", "marked")} | {
        "query": f"/query?auth={TOKEN}"
    }
    for name, path in paths.items():
        host.pages[path] = rss(name, [f"{name} owls"], "<link>/about</link>", item)
    subscriptions = folder / "list.opml"
    outline = f'<outline xmlUrl="{host.address}{paths["marked"]}"/>'
    subscriptions.write_text(f'<opml><outline private="true">{outline}</outline></opml>')
    login = f"http://ann:s3cr3t-pass@127.0.0.1:{host.port}{paths['login']}"
    return [login, f"{host.address}{paths['query']}", subscriptions]


def test_no_secret_of_a_private_feed_is_shown(host: Host, read: Reader, tmp_path: Path) -> None:
    sources = private_feeds(host, tmp_path)
    good = read(*sources)
    assert len(good.records) == 3
    host.pages.clear()
    failed = read(*sources)
    assert len(failed.records) == len(failed.told) == 3
    shown = json.dumps([good.records, failed.records, good.told, failed.told])
    shown += " ".join(map(str, [*good.rounds, *failed.rounds]))
    for secret in (TOKEN, "s3cr3t", "S3cret", "ann:", "T0ken"):
        assert secret not in shown
    for fields in failed.records:
        assert fields["audio_url"].startswith("https://cdn.example/")
        assert fields["audio_url"].endswith(".mp3?id=7")
        assert "link" not in fields, "its path has a token"
        assert fields["podcast"]["link"] == f"{host.address}/about"


def test_no_secret_is_shown_without_a_history(host: Host, read: Reader, tmp_path: Path) -> None:
    from indexer.corpus import read_corpus

    sources, told = private_feeds(host, tmp_path), list[object]()
    episodes = list(read_corpus(sources, told.append, read.fetcher))
    assert [len(episodes), told] == [3, []]
    shown = json.dumps([episode.to_json() for episode in episodes])
    assert not any(secret in shown for secret in (TOKEN, "s3cr3t", "S3cret", "ann:"))


def test_links_of_a_public_feed_stay_as_they_are(host: Host, read: Reader) -> None:
    host.pages = {"/feed": rss("birds", ["owls"], item=AUDIO)}
    [owls] = read(f"{host.address}/feed").records
    assert owls["audio_url"] == "https://cdn.example/owls.mp3?token-hash=S3cret&id=7"


def test_an_episode_is_forgotten_by_the_id_that_is_shown(host: Host, read: Reader) -> None:
    item = f'<enclosure url="https://cdn.example/{TOKEN}/{{}}.mp3" type="audio/mpeg"/>'
    feed = (
        rss("birds", ["owls", "larks"], item=item)
        .replace(b"<guid>", b"<!--")
        .replace(b"</guid>", b"-->")
    )
    host.pages = {"/feed": feed}
    private = f"{host.address}/feed#private"
    [owls, larks] = read(private).records
    assert len({owls["id"], larks["id"]}) == 2
    with FeedHistory(read.directory) as history:
        assert history.forget(owls["id"]) == 1
    assert read(private).records == [larks]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (f"/rss?auth={TOKEN}&show=1", f"/rss?auth={OTHER}&show=1"),
        (f"/rss/{TOKEN}#private", f"/rss/{OTHER}#private"),
    ],
)
@pytest.mark.parametrize("fails_at_first", [False, True])
def test_a_new_token_begins_no_new_history(
    host: Host, read: Reader, old: str, new: str, fails_at_first: bool
) -> None:
    host.pages = {old.partition("#")[0]: rss("birds", ["owls", "larks"])}
    before = read(f"{host.address}{old}")
    host.pages.clear()
    if fails_at_first and "auth" in new:
        assert read(f"{host.address}{new}").titles == ["owls", "larks"]
    host.pages = {new.partition("#")[0]: rss("birds", ["owls", "kites"])}
    for _ in range(2):
        found = read(f"{host.address}{new}")
        assert found.listed == {"owls": True, "kites": True, "larks": False}
    names = {fields["podcast"]["feed_url"] for fields in before.records + found.records}
    assert len(names) == 1


def test_a_feed_that_is_marked_as_private_begins_no_new_history(host: Host, read: Reader) -> None:
    host.pages = {f"/rss/{TOKEN}": rss("birds", ["owls", "larks"])}
    address = f"{host.address}/rss/{TOKEN}"
    read(address)
    host.pages = {f"/rss/{TOKEN}": rss("birds", ["owls"])}
    for each in (f"{address}#private", address):
        assert read(each).listed == {"owls": True, "larks": False}
    host.pages.clear()
    assert read(f"{address}#private").listed == {"owls": True, "larks": False}


def test_two_private_feeds_of_one_host_stay_two(host: Host, read: Reader) -> None:
    host.pages = {
        f"/rss/{TOKEN}": rss("birds", ["owls"]),
        f"/rss/{OTHER}": rss("rocks", ["chalk"]),
    }
    one, other = (f"{host.address}/rss/{token}#private" for token in (TOKEN, OTHER))
    for _ in range(2):
        assert read(one, other).titles == ["owls", "chalk"]
    again = read(f"{host.address}/rss/{TOKEN}#private")
    assert again.titles == ["owls"]
    assert read(other).titles == ["chalk"]


def test_a_podcast_is_known_by_its_guid_at_another_host(host: Host, read: Reader) -> None:
    guid = "<podcast:guid>917393e3-1b1e-5cef-ace4-edaa54e1f810</podcast:guid>"
    host.pages = {"/old": rss("birds", ["owls", "larks"], guid)}
    read(f"{host.address}/old")
    host.pages["/new"] = rss("birds", ["owls"], f"{guid}<link>https://new.example</link>")
    assert read(f"{host.address}/new").listed == {"owls": True, "larks": False}


def test_two_listed_feeds_with_one_guid_stay_two(host: Host, read: Reader) -> None:
    guid = "<podcast:guid>917393e3-1b1e-5cef-ace4-edaa54e1f810</podcast:guid>"
    host.pages = {"/one": rss("birds", ["owls"], guid)}
    read(f"{host.address}/one")
    host.pages["/two"] = rss("birds, longer", ["larks"], guid)
    assert read(f"{host.address}/one", f"{host.address}/two").titles == ["owls", "larks"]
    with FeedHistory(read.directory) as history:
        assert len(history.feeds()) == 2


NO_GUID = """<rss version="2.0"><channel><title>s</title><item><title>{title}</title>
<description>About sundials{more}.</description>{date}
<enclosure url="https://cdn.example/1.mp3?{query}" type="audio/mpeg"/></item></channel></rss>"""


def test_an_item_without_a_guid_is_known_by_its_audio(host: Host, read: Reader) -> None:
    ids = set()
    for number, query in enumerate(("token-time=1700000000", "token-time=1700000001", "ts=99")):
        feed = NO_GUID.format(title=f"Sundials {number}", more=number, query=query, date="")
        host.pages = {"/feed": feed.encode()}
        [item] = read(f"{host.address}/feed").records
        ids.add(item["id"])
    assert ids == {"https://cdn.example/1.mp3"}


def test_an_item_without_a_guid_is_known_by_its_title_and_date(host: Host, read: Reader) -> None:
    date = "<pubDate>Thu, 04 Mar 2021 05:06:07 GMT</pubDate>"
    ids = set()
    for number in range(3):
        feed = NO_GUID.format(title="Sundials", more=number, query=f"file={number}", date=date)
        host.pages = {"/feed": feed.encode()}
        [item] = read(f"{host.address}/feed").records
        ids.add(item["id"])
    assert len(ids) == 1
