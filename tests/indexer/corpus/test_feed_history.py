"""Feeds that break, move and shrink between builds, over real sockets and the command line."""

import json
import stat
from collections.abc import Callable, Iterator
from email.message import Message
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from indexer.__main__ import main
from indexer.corpus import FeedHistory, Record
from indexer.corpus.fetching.addresses import public_form
from indexer.corpus.records.location import Location
from indexer.encoder.artifact import Artifact
from indexer.snapshot import Snapshot
from service.app import create_app
from service.settings import Settings
from tests.http_host import Reply, http_host

Indexer = Callable[..., tuple[int, str, str]]
Site = dict[str, Reply]  # by path
Asked = list[tuple[str, str | None]]
SHOWS = {"birds": ["owls", "larks", "wrens"], "rocks": ["chalk", "slate"], "stars": ["comets"]}


def rss(show: str, topics: list[str], **item: str) -> bytes:
    extra = "".join(f"<{name}>{value}</{name}>" for name, value in item.items())
    items = "".join(
        f"<item><title>About {topic}</title><guid>https://{show}.example/episodes/{topic}</guid>"
        f'<enclosure url="/{topic}.mp3?token=Enclosed" type="audio/mpeg" length="1"/>'
        f"<description>All about {topic} and where they are found.</description>{extra}</item>"
        for topic in topics
    )
    return f'<rss version="2.0"><channel><title>{show}</title>{items}</channel></rss>'.encode()


@pytest.fixture
def site() -> Site:
    return {f"/{show}": (200, rss(show, topics), {}) for show, topics in SHOWS.items()}


@pytest.fixture
def asked() -> Asked:
    """The path and the Authorization header of each request."""
    return []


@pytest.fixture
def host(site: Site, asked: Asked) -> Iterator[str]:
    def respond(path: str, headers: Message) -> Reply:
        asked.append((path, headers["Authorization"]))
        return site.get(path, (404, b"", {}))

    with http_host(respond) as port:
        yield f"127.0.0.1:{port}"


@pytest.fixture
def indexer(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], artifact: Artifact
) -> Indexer:
    monkeypatch.setattr("indexer.commands.publishing.resolve_model", lambda *_: None)
    monkeypatch.setattr("indexer.commands.publishing.prepare", lambda *_: artifact)

    def run(*arguments: object) -> tuple[int, str, str]:
        code = main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return code, out, err

    return run


@pytest.fixture
def built(host: str, root: Path, tmp_path: Path, indexer: Indexer) -> Path:
    """The subscription list of three feeds, which are in the snapshot in force."""
    subscriptions = tmp_path / "list.opml"
    subscribe(subscriptions, *(f"http://{host}/{show}" for show in SHOWS))
    command = ("build", "--corpus", subscriptions, "--out", root, "--allow-private")
    assert indexer(*command)[0] == 0
    return subscriptions


def subscribe(file: Path, *addresses: str) -> None:
    outlines = "".join(f'<outline xmlUrl="{address}"/>' for address in addresses)
    file.write_text(f"<opml><body>{outlines}</body></opml>")


def episodes(root: Path) -> dict[str, bool]:
    """Whether each episode is listed, by the last part of its id."""
    lines = records(root)
    return {each["id"].rpartition("/")[2]: each.get("listed", True) for each in lines}


def records(root: Path) -> list[dict[str, Any]]:
    directory = root / (root / "CURRENT").read_text().strip()
    return [json.loads(line) for line in (directory / "episodes.jsonl").read_text().splitlines()]


@pytest.mark.usefixtures("built")
def test_dead_moved_and_shortened_feeds_keep_their_episodes(
    host: str, site: Site, root: Path, indexer: Indexer
) -> None:
    site["/rocks"] = (503, b"", {})
    site["/new-stars"] = site["/stars"]
    site["/stars"] = (301, b"", {"Location": "/new-stars"})
    site["/birds"] = (200, rss("birds", ["kites", "owls"]), {})
    code, out, err = indexer("reindex", "--out", root)
    assert code == 0
    assert episodes(root) == {
        **dict.fromkeys(("owls", "kites", "chalk", "slate", "comets"), True),
        **dict.fromkeys(("larks", "wrens"), False),
    }
    assert f"note: http://{host}/rocks: answers 503" in err
    assert "the episodes read from it on 2" in err
    assert f"feed       http://{host}/birds: 1 new, 0 changed, 2 no longer listed" in out
    assert f"feed       http://{host}/rocks: failed since 2" in out
    [failed] = Snapshot.current(root).manifest.corpus.failed_feeds
    assert failed.place == f"http://{host}/rocks"

    site["/birds"] = (200, rss("birds", SHOWS["birds"]), {})
    assert indexer("reindex", "--out", root)[0] == 0
    assert episodes(root)["larks"], "what is listed again is told as listed"
    assert not episodes(root)["kites"]


@pytest.mark.usefixtures("built")
def test_a_failed_feed_and_when_it_was_last_read_are_metrics(
    host: str, site: Site, root: Path, indexer: Indexer
) -> None:
    def metrics() -> str:
        with TestClient(create_app(Settings(snapshots=root))) as client:
            return client.get("/metrics").text

    name = "episode_search_failed_feed_answered_timestamp_seconds"
    answered = f'{name}{{feed="http://{host}/rocks"}} '
    assert "episode_search_failed_feeds 0.0" in metrics()
    site["/rocks"] = (404, b"", {})
    site["/birds"] = (200, rss("birds", ["owls", "kites"]), {})
    assert indexer("reindex", "--out", root)[0] == 0
    told = metrics()
    assert "episode_search_failed_feeds 1.0" in told
    [failed] = Snapshot.current(root).manifest.corpus.failed_feeds
    assert failed.answered_at
    [line] = [line for line in told.splitlines() if line.startswith(answered)]
    assert float(line.removeprefix(answered)) == failed.answered_at.timestamp()


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize(
    "answer",
    [
        (404, b"", {}),
        (200, b"", {}),
        (200, b"<html><body>Parked</body></html>", {}),
        (200, rss("rocks", []), {}),
        (200, rss("rocks", ["chalk"])[:60], {}),
        (302, b"", {"Location": "/rocks"}),
        (200, b"x", {"Content-Encoding": "zip"}),
    ],
)
def test_a_feed_that_becomes_unreadable_keeps_its_episodes_and_is_reported_each_time(
    site: Site, root: Path, indexer: Indexer, answer: tuple[int, bytes, dict[str, str]]
) -> None:
    site["/rocks"] = answer
    for _ in range(2):
        code, out, err = indexer("reindex", "--out", root)
        assert [code, err.count("/rocks: "), "failed since" in out] == [0, 1, True]
        assert "0 removed" in out
        assert {"chalk", "slate"} <= episodes(root).keys()


@pytest.mark.usefixtures("built")
def test_episodes_of_a_feed_that_is_gone_are_removed_if_the_loss_is_allowed(
    site: Site, root: Path, indexer: Indexer
) -> None:
    site["/rocks"] = (410, b"", {})
    code, _, err = indexer("reindex", "--out", root)
    assert code == 1
    assert "2 of 6 episodes would disappear, more than the 5% allowed" in err
    assert "chalk" in episodes(root)
    code, _, err = indexer("reindex", "--out", root, "--max-lost", 1)
    assert [code, "chalk" in episodes(root), "410 Gone" in err] == [0, False, True]


def test_a_feed_removed_from_the_list_is_removed(
    built: Path, host: str, root: Path, indexer: Indexer
) -> None:
    subscribe(built, f"http://{host}/birds")
    assert indexer("reindex", "--out", root, "--max-lost", 1)[0] == 0
    assert episodes(root).keys() == set(SHOWS["birds"])


@pytest.mark.usefixtures("built")
def test_an_episode_and_a_feed_can_be_forgotten(
    host: str, site: Site, root: Path, indexer: Indexer
) -> None:
    site["/birds"] = (200, rss("birds", ["owls", "larks"]), {})
    assert indexer("reindex", "--out", root)[0] == 0
    for name, count in (("https://birds.example/episodes/owls", 1), (f"http://{host}/rocks", 2)):
        assert f"forgotten  {count} episodes" in indexer("forget", name, "--out", root)[1]
    site["/rocks"] = (500, b"", {})
    assert indexer("reindex", "--out", root, "--max-lost", 1)[0] == 0
    assert episodes(root) == {"larks": True, "wrens": False, "comets": True}
    code, _, err = indexer("forget", "nothing", "--out", root)
    assert [code, "no episode of a feed has this id" in err] == [1, True]


@pytest.mark.usefixtures("built")
def test_unlisted_episodes_can_be_omitted(site: Site, root: Path, indexer: Indexer) -> None:
    site["/birds"] = (200, rss("birds", ["owls"]), {})
    command = ("reindex", "--out", root, "--max-lost", 1)
    assert indexer(*command, "--keep-episodes", "listed")[0] == 0
    assert episodes(root).keys() == {"owls", "chalk", "slate", "comets"}
    assert indexer(*command)[0] == 0
    assert "larks" not in episodes(root), "reindex remembers how the corpus was built"
    assert indexer(*command, "--keep-episodes", "all")[0] == 0
    assert episodes(root)["larks"] is False


@pytest.mark.usefixtures("built")
def test_an_episode_with_a_new_guid_is_recognised_by_its_audio(
    site: Site, root: Path, indexer: Indexer
) -> None:
    changed = rss("birds", SHOWS["birds"]).replace(b"/episodes/", b"/again/")
    site["/birds"] = (200, changed.replace(b"token=Enclosed", b"token=Other"), {})
    code, out, _ = indexer("reindex", "--out", root)
    assert [code, "0 removed" in out] == [0, True]
    ids = [each["id"] for each in records(root)]
    assert "https://birds.example/episodes/owls" in ids
    assert len(ids) == 6


def test_secrets_in_an_address_are_used_and_never_shown(
    host: str, site: Site, asked: Asked, root: Path, indexer: Indexer
) -> None:
    site["/private?auth=T0ken&page=2"] = (200, rss("birds", SHOWS["birds"]), {})
    address = f"http://ann:s3cr3t@{host}/private?auth=T0ken&page=2"
    told = indexer("build", "--corpus", address, "--out", root, "--allow-private")
    assert told[0] == 0
    assert asked[-1][1], "the password is sent"
    site.clear()
    failed = indexer("reindex", "--out", root)
    assert [failed[0], "answers 404" in failed[2]] == [0, True]
    shown = "".join((*told[1:], *failed[1:]))
    for file in root.rglob("*"):
        if file.is_file() and file.parent.name != "feeds":
            shown += file.read_text(errors="replace")
    for secret in ("s3cr3t", "T0ken"):
        assert secret not in shown
    assert f"http://{host}/private?page=2" in shown
    assert stat.S_IMODE((root / "feeds").stat().st_mode) == 0o700
    assert stat.S_IMODE((root / "feeds" / "history.sqlite").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://a.example/feed.xml", "https://a.example/feed.xml"),
        ("https://ann:pw@a.example/feed?id=3", "https://a.example/feed?id=3"),
        ("https://a.example/feed?id=3&access_token=abc#x", "https://a.example/feed?id=3"),
        ("https://a.example/f?u=8f14e45fceea167a5a36dedd4bea2543", "https://a.example/f"),
        ("https://a.example/f?X-Amz-Signature=ab", "https://a.example/f"),
        ("https://[broken/f?auth=1", "https:…"),
    ],
)
def test_the_public_form_of_an_address(address: str, shown: str) -> None:
    assert public_form(address) == shown


@pytest.fixture
def history(tmp_path: Path) -> Iterator[FeedHistory]:
    with FeedHistory(tmp_path / "feeds") as history:
        yield history


def episode(name: str) -> Record:
    return Record(Location("feed", item=1), {"id": name, "title": name, "summary": f"All {name}."})


def test_feeds_of_a_build_are_stored_in_few_commits(history: FeedHistory) -> None:
    statements: list[str] = []
    history._table.set_trace_callback(statements.append)
    with history.batch():
        for number in range(250):
            history.update(f"https://host.example/{number}", None, [episode("owls")])

    assert [each for each in statements if each == "COMMIT"] == ["COMMIT"] * 3
    assert len(history.feeds()) == 250


def test_an_interrupted_batch_loses_only_what_was_not_committed(history: FeedHistory) -> None:
    def interrupted() -> None:
        with history.batch():
            for number in range(150):
                history.update(f"https://host.example/{number}", None, [episode("owls")])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()

    assert history.feeds() == {f"https://host.example/{number}" for number in range(100)}
    assert all(len(list(history.records(feed))) == 1 for feed in history.feeds())
    history.update("https://host.example/later", None, [episode("larks")])
    assert history.listed("https://host.example/later") == 1
