"""Fetching addresses from a real HTTP server on this machine."""

import gzip
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from indexer.corpus import Rejection, read_corpus
from indexer.corpus.fetching.fetcher import Fetcher
from indexer.corpus.fetching.public_addresses import is_public
from indexer.episode import Episode

FEED = b"""<rss version="2.0"><channel><title>Sounds</title><item><title>Jazz</title>
<link>/jazz</link><description>Jazz on guitar.</description></item></channel></rss>"""

PACKED_TWICE = gzip.compress(gzip.compress(b" " * (50 << 20), 1))

Answer = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    answers: dict[str, Answer]
    conditions: list[str | None]

    def do_GET(self) -> None:
        self.conditions.append(self.headers["If-None-Match"])
        self.answers.get(self.path, gone)(self)

    def log_message(self, *_: object) -> None:
        pass

    def answer(self, body: bytes, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def gone(handler: Handler) -> None:
    handler.answer(b"", 404)


def feed(handler: Handler) -> None:
    handler.answer(FEED)


def packed(handler: Handler) -> None:
    handler.answer(gzip.compress(FEED), Content_Encoding="gzip")


def marked(handler: Handler) -> None:
    if handler.headers["If-None-Match"] == '"one"':
        handler.answer(b"", 304)
    else:
        handler.answer(FEED, ETag='"one"')


def redirect_to(address: str) -> Answer:
    return lambda handler: handler.answer(b"", 302, Location=address)


def endless(handler: Handler) -> None:
    handler.send_response(200)
    handler.end_headers()
    try:
        while True:
            handler.wfile.write(b" " * 65_536)
    except OSError:
        pass


def dripping(handler: Handler) -> None:
    handler.send_response(200)
    handler.end_headers()
    try:
        for _ in range(200):
            handler.wfile.write(b" ")
            time.sleep(0.02)
    except OSError:
        pass


def bomb(handler: Handler) -> None:
    handler.answer(PACKED_TWICE, Content_Encoding="gzip, gzip")


def together(name: str) -> Answer:
    """Answers only when the other feeds have been requested too."""

    def answer(handler: Handler) -> None:
        ALL_ASKED.wait(timeout=10)
        handler.answer(FEED.replace(b"Jazz", name.encode()))

    return answer


ALL_ASKED = threading.Barrier(3)
ANSWERS: dict[str, Answer] = {
    **{f"/{name}": together(name) for name in ("soil", "rome", "moon")},
    "/feed": feed,
    "/packed": packed,
    "/marked": marked,
    "/moved": redirect_to("/feed"),
    "/loop": redirect_to("/loop"),
    "/file": redirect_to("file:///etc/hostname"),
    "/endless": endless,
    "/dripping": dripping,
    "/bomb": bomb,
    "/page": lambda handler: handler.answer(b"<html></html>"),
    "/list.opml": lambda handler: handler.answer(
        b'<opml><outline xmlUrl="/feed"/><outline xmlUrl="/etc/hostname"/></opml>'
    ),
}


@pytest.fixture
def site() -> Iterator[str]:
    Handler.answers, Handler.conditions = ANSWERS, []
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def fetcher(tmp_path: Path) -> Fetcher:
    return Fetcher(tmp_path / "feeds", allow_private=True, most_bytes=1 << 20, seconds=1.0)


def read(*sources: str | Path, fetcher: Fetcher) -> tuple[list[Episode], list[Rejection]]:
    rejections: list[Rejection] = []
    return list(read_corpus(sources, rejections.append, fetcher)), rejections


@pytest.mark.parametrize("path", ["/feed", "/packed", "/moved", "/list.opml"])
def test_an_address_is_read_like_a_file(site: str, fetcher: Fetcher, path: str) -> None:
    [jazz], _ = read(site + path, fetcher=fetcher)
    assert [jazz.summary, jazz.link] == ["Jazz on guitar.", f"{site}/jazz"]


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/gone", "answers 404 Not Found"),
        ("/loop", "redirects more than 5 times"),
        ("/file", "could not be fetched"),
        ("/endless", "is larger than 1 MiB"),
        ("/dripping", "did not answer within 1 seconds"),
        ("/bomb", "comes packed"),
        ("/page", "is a web page and no feed"),
    ],
)
def test_a_dead_feed_is_reported_with_its_address(
    site: str, fetcher: Fetcher, path: str, reason: str
) -> None:
    episodes, [rejection] = read(site + path, fetcher=fetcher)
    assert episodes == []
    assert str(rejection).startswith(f"{site}{path}: {reason}")
    assert not [file for file in fetcher.directory.iterdir() if not file.suffix]


def test_a_dead_feed_does_not_stop_the_others(site: str, fetcher: Fetcher, tmp_path: Path) -> None:
    paths = ("/gone", "/dripping", "/moved", "/loop")
    outlines = "".join(f'<outline xmlUrl="{site}{path}"/>' for path in paths)
    (tmp_path / "list.opml").write_text(f"<opml><body>{outlines}</body></opml>")
    episodes, rejections = read(tmp_path / "list.opml", fetcher=fetcher)
    assert [episode.title for episode in episodes] == ["Jazz"]
    assert len(rejections) == 3


def test_several_are_fetched_at_once_and_read_in_the_order_given(
    site: str, fetcher: Fetcher, tmp_path: Path
) -> None:
    names = ["soil", "rome", "moon"]
    other_host = site.replace("127.0.0.1", "localhost")
    addresses = [f"{site}/soil", f"{site}/rome", f"{other_host}/moon"]
    fetcher = replace(fetcher, seconds=10.0)
    episodes, rejections = read(*addresses, fetcher=fetcher)
    assert [[episode.title for episode in episodes], rejections] == [names, []]

    outlines = "".join(f'<outline xmlUrl="{address}"/>' for address in reversed(addresses))
    (tmp_path / "list.opml").write_text(f"<opml><body>{outlines}</body></opml>")
    episodes, _ = read(tmp_path / "list.opml", fetcher=fetcher)
    assert [episode.title for episode in episodes] == [*reversed(names)]


def test_a_feed_that_is_listed_twice_is_fetched_once(
    site: str, fetcher: Fetcher, tmp_path: Path
) -> None:
    (tmp_path / "list.opml").write_text(f'<opml><outline xmlUrl="{site}/feed"/></opml>')
    read(f"{site}/feed", f"{site}/feed", tmp_path / "list.opml", fetcher=fetcher)
    assert len(Handler.conditions) == 1


def test_a_fetched_list_cannot_name_local_files(site: str, fetcher: Fetcher) -> None:
    _, [rejection] = read(f"{site}/list.opml", fetcher=fetcher)
    assert str(rejection).startswith(f"{site}/etc/hostname: answers 404")


def test_an_unchanged_feed_is_not_downloaded_again(site: str, fetcher: Fetcher) -> None:
    for _ in range(2):
        episodes, rejections = read(f"{site}/marked", fetcher=fetcher)
        assert [len(episodes), rejections] == [1, []]
    assert Handler.conditions == [None, '"one"']


def test_a_private_address_is_not_fetched(site: str, tmp_path: Path) -> None:
    port = site.rpartition(":")[2]
    for host in ("127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433", "0"):
        episodes, [rejection] = read(
            f"http://{host}:{port}/feed", fetcher=Fetcher(tmp_path / "feeds")
        )
        assert episodes == []
        assert "could not be fetched" in rejection.reason
    assert Handler.conditions == []


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
        ("127.0.0.1", False),
        ("10.0.0.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("224.0.0.1", False),
        ("0.0.0.0", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:10.0.0.1", False),
        ("2002:7f00:1::", False),
        ("64:ff9b::a00:1", False),
        ("64:ff9b::5db8:d70e", True),
    ],
)
def test_which_addresses_are_public(address: str, public: bool) -> None:
    assert is_public(address) is public


def test_a_name_cannot_change_its_address_after_the_check(
    site: str, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name is resolved once, and the connection goes to the checked address."""
    asked: list[str] = []

    async def getaddrinfo(_: object, host: str, port: int, **__: object) -> list[object]:
        asked.append(host)
        return [(2, 1, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr("asyncio.base_events.BaseEventLoop.getaddrinfo", getaddrinfo)
    port = site.rpartition(":")[2]
    [jazz], _ = read(f"http://feeds.example:{port}/moved", fetcher=fetcher)
    assert jazz.link == f"http://feeds.example:{port}/jazz"
    assert asked.count("feeds.example") == 2, "once, and once for the redirect"
